// A pass that only hashes: is what lies on the camera the content that we know? Writes nothing.
import { createHash } from 'node:crypto';
import type { Piece } from '../drivers/driver.ts';
import type { Digesting } from './bulk.ts';

const ZEROS = new Uint8Array(64 * 1024);

/** The Digesting that does the work itself. An unreadable range counts as zeros, as in a sealing. */
export class DigestPass implements Digesting {
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;

  async write(piece: Piece): Promise<void> {
    if (piece.kind === 'bytes') this.#take(piece.bytes);
    else
      for (let left = piece.sizeBytes; left > 0; left -= ZEROS.length)
        this.#take(ZEROS.subarray(0, Math.min(left, ZEROS.length)));
  }

  async finish(): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex') };
  }

  async abort(): Promise<void> {
    // Nothing is open.
  }

  #take(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#sizeBytes += bytes.length;
  }
}
