// The last plaintext bytes of a sealing, kept so that a pull which was interrupted can prove that it goes on in the same content.
// Pieces are kept by reference; small ones are gathered, so that neither bytes nor pieces grow with the recording.
import { PULL_PIECE_BYTES } from '../../protocol/limits.ts';
import { equalBytes } from '../../protocol/bytes.ts';

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

  /** Whether these are the last bytes of the stream. False where they are more than is kept. */
  matches(bytes: Uint8Array): boolean {
    let end = bytes.length;
    for (const block of [...this.#blocks, this.#gathered.subarray(0, this.#gatheredBytes)].toReversed()) {
      const length = Math.min(end, block.length);
      if (!equalBytes(bytes.subarray(end - length, end), block.subarray(block.length - length))) return false;
      end -= length;
    }
    return end === 0;
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
