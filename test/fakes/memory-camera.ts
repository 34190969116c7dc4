// A camera in memory: files as bytes or as makers of bytes, put, changed, removed and unplugged by anybody who holds it.
import { encodeUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import type { CameraCondition, CameraIdentity, InventoryEntry } from '../../drivers/driver.ts';
import type { SettableClock } from '../../drivers/simulated/clock.ts';

/** Bytes, or something that makes the same ones each time, for files too large for memory. */
export type MemoryContent =
  Uint8Array | { readonly sizeBytes: number; make(): AsyncIterable<Uint8Array> | Iterable<Uint8Array> };

/** How a file looks beside its content; all may be left out. */
export interface MemoryFileLook {
  readonly kind?: InventoryEntry['kind'];
  readonly modifiedAt?: string | null;
  readonly locked?: boolean;
  readonly vendor?: Readonly<Record<string, string>>;
}

export interface MemoryFile {
  readonly path: Uint8Array;
  readonly content: MemoryContent;
  /** Another number with every change, never used again. */
  readonly version: number;
  readonly look: MemoryFileLook;
}

/** What a camera says of itself unless told otherwise. */
export const MEMORY_IDENTITY: CameraIdentity = {
  vendor: 'Simulated',
  model: 'Memory',
  serial: null,
  firmware: '1.0',
};

/** Paths are bytes; a text stands for its UTF-8. A change while a file is read is seen by the reader, as on a real camera. */
export class MemoryCamera {
  readonly identity: CameraIdentity;
  /** undefined: this camera's clock cannot be read. */
  clock: SettableClock | undefined;
  condition: CameraCondition | null = null;
  /** See CameraSession. */
  hasStationTimes = false;
  readonly #files = new Map<string, MemoryFile>();
  #versions = 0;
  #docking = 0;
  #isAttached = true;
  #isProtected = false;

  constructor(identity: CameraIdentity = MEMORY_IDENTITY) {
    this.identity = identity;
  }

  /** Puts a file there, in place of one with the same path. */
  put(path: string | Uint8Array, content: MemoryContent, look: MemoryFileLook = {}): void {
    const bytes = bytesOf(path);
    this.#files.set(keyOf(bytes), { path: bytes, content, version: ++this.#versions, look });
  }

  /** Idempotent. */
  remove(path: string | Uint8Array): void {
    this.#files.delete(keyOf(bytesOf(path)));
  }

  file(path: string | Uint8Array): MemoryFile | undefined {
    return this.#files.get(keyOf(bytesOf(path)));
  }

  /** In byte order of the paths. */
  files(): MemoryFile[] {
    return [...this.#files.values()].sort((a, b) => Buffer.compare(a.path, b.path));
  }

  /** Ends all sessions, as pulling the plug does. */
  detach(): void {
    this.#isAttached = false;
    this.#docking++;
    this.clock?.powerLost?.();
  }

  attach(): void {
    this.#isAttached = true;
  }

  get isAttached(): boolean {
    return this.#isAttached;
  }

  /** Another number after each `detach`: a session of an earlier one stays ended. */
  get docking(): number {
    return this.#docking;
  }

  /** The switch that makes a card read-only. */
  set isProtected(isProtected: boolean) {
    this.#isProtected = isProtected;
  }

  get isProtected(): boolean {
    return this.#isProtected;
  }
}

/** The entry that a listing shows for a file. */
export function memoryEntry(file: MemoryFile): InventoryEntry {
  const { kind = 'file', modifiedAt = null, locked = false, vendor = {} } = file.look;
  const sizeBytes = kind === 'file' ? sizeOf(file.content) : 0;
  return {
    path: file.path,
    kind,
    sizeBytes,
    modifiedAt,
    modifiedStepMs: 1000,
    stamp: `${file.version}`,
    locked,
    vendor,
  };
}

export function sizeOf(content: MemoryContent): number {
  return content instanceof Uint8Array ? content.length : content.sizeBytes;
}

/** Path bytes from a text or as they are. */
export function bytesOf(path: string | Uint8Array): Uint8Array {
  return typeof path === 'string' ? encodeUtf8(path) : path;
}

function keyOf(path: Uint8Array): string {
  return sha256Hex(path);
}
