// The last plaintext bytes of a sealing, kept so that a pull which was interrupted can prove that it goes on in the same content.
// Pieces are kept by reference; small ones are gathered, so that neither bytes nor pieces grow with the recording.
import { createHash } from 'node:crypto';
import { equalBytes, sha256Hex } from '../../protocol/bytes.ts';
import { PULL_PIECE_BYTES } from '../../protocol/limits.ts';
import type { TailDifference } from './bulk.ts';

/** Pieces below this are copied together. */
const GATHER_BYTES = PULL_PIECE_BYTES / 16;

/** The last PULL_PIECE_BYTES (or a little more) of a stream. Gives each buffer back once it is no longer needed. */
export class PlaintextTail {
  readonly #free: (bytes: Uint8Array<ArrayBuffer>) => void;
  #blocks: Uint8Array<ArrayBuffer>[] = [];
  #blocksBytes = 0;
  #gathered = new Uint8Array(GATHER_BYTES);
  #gatheredBytes = 0;

  constructor(free: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#free = free;
  }

  /** Takes the next bytes with their buffer. */
  push(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length >= GATHER_BYTES) {
      this.#endGathering();
      this.#keep(bytes);
      return;
    }
    if (this.#gatheredBytes + bytes.length > GATHER_BYTES) this.#endGathering();
    this.#gathered.set(bytes, this.#gatheredBytes);
    this.#gatheredBytes += bytes.length;
    this.#free(bytes);
  }

  /** Gives everything back. */
  clear(): void {
    for (const block of this.#blocks) this.#free(block);
    this.#blocks = [];
    this.#blocksBytes = 0;
    this.#gatheredBytes = 0;
  }

  /** Undefined where these are the last bytes of the stream. What is longer than what is kept differs. */
  difference(bytes: Uint8Array): TailDifference | undefined {
    const parts: Uint8Array[] = [];
    let end = bytes.length;
    let isSame = true;
    for (const block of this.#newestFirst()) {
      const length = Math.min(end, block.length);
      const part = block.subarray(block.length - length);
      isSame &&= equalBytes(bytes.subarray(end - length, end), part);
      parts.unshift(part);
      end -= length;
    }
    if (isSame && end === 0) return undefined;
    const taken = createHash('sha256');
    for (const part of parts) taken.update(part);
    return { takenSha256: taken.digest('hex'), againSha256: sha256Hex(bytes) };
  }

  #newestFirst(): Uint8Array[] {
    return [...this.#blocks, this.#gathered.subarray(0, this.#gatheredBytes)].toReversed();
  }

  #endGathering(): void {
    if (this.#gatheredBytes === 0) return;
    this.#keep(this.#gathered.slice(0, this.#gatheredBytes));
    this.#gatheredBytes = 0;
  }

  #keep(block: Uint8Array<ArrayBuffer>): void {
    this.#blocks.push(block);
    this.#blocksBytes += block.length;
    for (let oldest = this.#blocks[0]; oldest !== undefined; oldest = this.#blocks[0]) {
      if (this.#blocksBytes - oldest.length < PULL_PIECE_BYTES) return;
      this.#blocks.shift();
      this.#blocksBytes -= oldest.length;
      this.#free(oldest);
    }
  }
}
