// Lets a pull that was interrupted prove that it goes on in the same content, and keeps none of it: the digest of the original as it stood at
// some places before. What is read again from such a place leads to the same digest, or it is not the same.
import assert from 'node:assert/strict';
import type { Hash } from 'node:crypto';
import { PULL_PIECE_BYTES } from '../../protocol/limits.ts';
import type { ResumeDifference } from './bulk.ts';

/** Between two marks. */
export const MARK_BYTES = 256 * 1024;
/** At least so much is read again, or all of what there is. */
const OVERLAP_BYTES_MIN = PULL_PIECE_BYTES;
/** Those that the overlap takes, and the one that it begins at. */
const MARKS_MAX = OVERLAP_BYTES_MIN / MARK_BYTES + 1;

/** Where a pull that was interrupted at this position reads again from: the last mark that lies far enough back. */
export function resumeFrom(positionBytes: number): number {
  const lastMark = positionBytes - (positionBytes % MARK_BYTES);
  return Math.max(0, lastMark - OVERLAP_BYTES_MIN);
}

/** Follows one hash from its beginning on. */
export class ResumeMarks {
  readonly #hash: Hash;
  #positionBytes = 0;
  /** At multiples of MARK_BYTES, the latest last. */
  readonly #marks: Hash[];

  constructor(hash: Hash) {
    this.#hash = hash;
    this.#marks = [hash.copy()];
  }

  /** Bytes that may be put into the hash before it is told here. */
  get bytesToNext(): number {
    return MARK_BYTES - (this.#positionBytes % MARK_BYTES);
  }

  /** The hash took so many more bytes, at most `bytesToNext`. */
  passed(sizeBytes: number): void {
    this.#positionBytes += sizeBytes;
    if (sizeBytes === 0 || this.#positionBytes % MARK_BYTES !== 0) return;
    this.#marks.push(this.#hash.copy());
    if (this.#marks.length > MARKS_MAX) this.#marks.shift();
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
