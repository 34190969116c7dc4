// A file of any size whose bytes are made as they are asked for. They repeat after a prime number of bytes, so that a part which comes from
// another place, such as one 4 GiB away, is told from the right one.
import { createHash } from 'node:crypto';
import type { VirtualFile } from './objects.ts';

const PERIOD_BYTES = 1_000_003;
/** Longest part that is asked for at a time. */
const PART_BYTES = 1024 * 1024;

export class LargeFile implements VirtualFile {
  readonly sizeBytes: number;
  readonly #pattern: Buffer;

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
    this.#pattern = Buffer.alloc(PERIOD_BYTES + PART_BYTES);
    for (let at = 0; at < this.#pattern.length; at++) {
      const place = at % PERIOD_BYTES;
      this.#pattern[at] = place ^ (place >> 8) ^ (place >> 16);
    }
  }

  readonly bytesAt = (offset: number, count: number): Buffer => {
    const from = offset % PERIOD_BYTES;
    return this.#pattern.subarray(from, from + count);
  };

  /** SHA-256 of all of it. */
  digest(): string {
    const hash = createHash('sha256');
    for (let at = 0; at < this.sizeBytes; at += PART_BYTES)
      hash.update(this.bytesAt(at, Math.min(PART_BYTES, this.sizeBytes - at)));
    return hash.digest('hex');
  }
}
