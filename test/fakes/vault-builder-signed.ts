// For the vault builder: a signed document as it lies on disk, and the clock that everything in a built vault is dated by.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SecretKey } from '../../protocol/documents/minisign.ts';
import { fastSigner } from './signer-fast.ts';

/** Writes a document and its signature; makes the folder where it is not there. */
export async function writeSigned(
  path: string,
  bytes: Uint8Array,
  key: SecretKey,
  trustedComment: string,
): Promise<void> {
  const signature = await fastSigner(key).sign(bytes, trustedComment);
  const write = () => Promise.all([writeFile(path, bytes), writeFile(`${path}.minisig`, signature)]);
  await write().catch(async () => {
    await mkdir(dirname(path), { recursive: true });
    await write();
  });
}

/** Wall and monotonic time of a built vault; each look at it is a second later. Tests move it on by hours or days. */
export class BuilderClock {
  #wallMs: number;
  #monotonicMs = 0;
  /** Boot of the machine that makes entries from now on. */
  boot: string | null = null;

  constructor(startMs = Date.UTC(2026, 10, 25, 8)) {
    this.#wallMs = startMs;
  }

  /** The next instant, RFC 3339. */
  now(): string {
    this.advance(1000);
    return new Date(this.#wallMs).toISOString();
  }

  /** When a custody entry is made. */
  stamp(): { readonly at: string; readonly boot: string | null; readonly monotonic_ms: number } {
    return { at: this.now(), boot: this.boot, monotonic_ms: this.#monotonicMs };
  }

  /** Lets ms go by. */
  advance(ms: number): void {
    this.#wallMs += ms;
    this.#monotonicMs += ms;
  }

  /** Goes on to an instant, RFC 3339; to a UTC day (`2026-11-26`): at eight o'clock. Errors: Error where that is behind now. */
  moveTo(at: string): void {
    const toMs = Date.parse(at.length === 10 ? `${at}T08:00:00.000Z` : at);
    if (!(toMs > this.#wallMs))
      throw new Error(`the clock is at ${new Date(this.#wallMs).toISOString()}, behind ${at}`);
    this.advance(toMs - this.#wallMs);
  }
}
