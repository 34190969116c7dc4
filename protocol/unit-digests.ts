// The digests of a sealed file's units: what `chunks.bin` holds (SPEC 3.3). Hashes bytes as they pass; reads and writes no file.
import { createHash, type Hash } from 'node:crypto';
import { DIGEST_BYTES, UNIT_BYTES } from './limits.ts';

/** One SHA-256 for every UNIT_BYTES from offset 0; the last unit is what is left, and there is none for nothing. */
export class UnitDigester {
  #hash: Hash = createHash('sha256');
  #unitBytes = 0;
  #digests: Uint8Array[] = [];

  /** Takes the next bytes, in pieces of any length. Nothing is kept by reference. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + UNIT_BYTES - this.#unitBytes);
      this.#hash.update(part);
      this.#unitBytes += part.length;
      at += part.length;
      if (this.#unitBytes === UNIT_BYTES) this.#endUnit();
    }
  }

  /** Bytes of the digests that wait to be taken. */
  get waitingBytes(): number {
    return this.#digests.length * DIGEST_BYTES;
  }

  /** The digests of the units that ended since the last call, one behind the other. */
  take(): Uint8Array {
    const taken = Buffer.concat(this.#digests);
    this.#digests = [];
    return taken;
  }

  /** Ends the last unit and gives the digests that were not taken yet; all of `chunks.bin` where none was. */
  finish(): Uint8Array {
    if (this.#unitBytes > 0) this.#endUnit();
    return this.take();
  }

  #endUnit(): void {
    this.#digests.push(this.#hash.digest());
    this.#hash = createHash('sha256');
    this.#unitBytes = 0;
  }
}
