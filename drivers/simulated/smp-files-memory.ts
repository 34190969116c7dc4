// A serial camera's files in memory: put, changed and removed by whoever holds it.
import { DockError } from '../../protocol/format/errors.ts';
import { inByteOrder, type SmpFile, type SmpFiles } from './smp-files.ts';

/** How a file looks beside its content; what is left out is what a camera without such knowledge tells. */
export interface MemorySmpLook {
  readonly at?: string | null;
  readonly kind?: string | null;
  readonly locked?: boolean;
}

interface Held {
  readonly file: SmpFile;
  readonly bytes: Uint8Array;
}

/** When the first file was recorded unless told otherwise; each further change is a second later. */
const FIRST_AT_MS = Date.UTC(2026, 10, 25, 8);

export class MemorySmpFiles implements SmpFiles {
  readonly #held = new Map<string, Held>();
  /** True: the card is write-protected. */
  isProtected = false;
  #changes = 0;

  /** Puts a file there, in place of one with the same name. */
  put(name: string, bytes: Uint8Array, look: MemorySmpLook = {}): void {
    const seenAt = new Date(FIRST_AT_MS + 1000 * this.#changes++).toISOString().slice(0, 19);
    const { at = seenAt, kind = null, locked = false } = look;
    this.#held.set(name, { file: { name, sizeBytes: bytes.length, at, kind, locked }, bytes });
  }

  bytes(name: string): Uint8Array | undefined {
    return this.#held.get(name)?.bytes;
  }

  clear(): void {
    this.#held.clear();
  }

  async list(): Promise<readonly SmpFile[]> {
    return inByteOrder([...this.#held.values()].map(({ file }) => file));
  }

  async find(name: string): Promise<SmpFile | undefined> {
    return this.#held.get(name)?.file;
  }

  async read(name: string, offset: number, count: number): Promise<Uint8Array> {
    return this.#held.get(name)?.bytes.subarray(offset, offset + count) ?? new Uint8Array();
  }

  async erase(name: string): Promise<void> {
    if (this.isProtected)
      throw new DockError('simulated.protected', 'the card is write-protected', { retry: 'person' });
    this.#held.delete(name);
  }
}
