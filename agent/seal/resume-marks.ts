// Lets a pull that was interrupted prove that it goes on in the same content, and keeps none of it: the digest of the original as it stood at
// some places before. What is read again from such a place leads to the same digest, or it is not the same.
import assert from 'node:assert/strict';
import type { Hash } from 'node:crypto';
import { PULL_PIECE_BYTES } from '../../protocol/format/limits.ts';
import type { ResumeDifference } from './bulk.ts';

/** At least so much is read again, or all of what there is; a slow line says less. A multiple of MARKS. */
export const OVERLAP_BYTES = PULL_PIECE_BYTES;
/** Marks that the overlap takes. */
const MARKS = 4;

/** Where a pull that was interrupted at this position reads again from: the last mark that lies far enough back. */
export function resumeFrom(positionBytes: number, overlapBytes: number = OVERLAP_BYTES): number {
  const lastMark = positionBytes - (positionBytes % (overlapBytes / MARKS));
  return Math.max(0, lastMark - overlapBytes);
}

/** Follows one hash from its beginning on. */
export class ResumeMarks {
  readonly #hash: Hash;
  readonly #markBytes: number;
  #positionBytes = 0;
  /** At multiples of `#markBytes`, the latest last; those that the overlap takes, and the one that it begins at. */
  readonly #marks: Hash[];

  constructor(hash: Hash, overlapBytes: number = OVERLAP_BYTES) {
    this.#hash = hash;
    this.#markBytes = overlapBytes / MARKS;
    this.#marks = [hash.copy()];
  }

  /** Bytes that may be put into the hash before it is told here. */
  get bytesToNext(): number {
    return this.#markBytes - (this.#positionBytes % this.#markBytes);
  }

  /** The hash took so many more bytes, at most `bytesToNext`. */
  passed(sizeBytes: number): void {
    this.#positionBytes += sizeBytes;
    if (sizeBytes === 0 || this.#positionBytes % this.#markBytes !== 0) return;
    this.#marks.push(this.#hash.copy());
    if (this.#marks.length > MARKS + 1) this.#marks.shift();
  }

  /** Of what the hash took and these bytes in place of those from `resumeFrom` on; undefined where there is none. */
  difference(bytes: Uint8Array): ResumeDifference | undefined {
    const [oldest] = this.#marks;
    assert(oldest, 'there is a mark from the beginning on');
    const takenSha256 = this.#hash.copy().digest('hex');
    const againSha256 = oldest.copy().update(bytes).digest('hex');
    return againSha256 === takenSha256 ? undefined : { takenSha256, againSha256 };
  }
}
