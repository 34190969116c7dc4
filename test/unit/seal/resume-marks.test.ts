import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { OVERLAP_BYTES, resumeFrom, ResumeMarks } from '../../../agent/seal/seal.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { PULL_PIECE_BYTES } from '../../../protocol/format/limits.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const content = seededRandom(7).bytes(4 * PULL_PIECE_BYTES);

/** A hash that took the first bytes, in parts as `partBytes` allows. */
function marksAt(positionBytes: number, partBytes = Infinity): ResumeMarks {
  const hash = createHash('sha256');
  const marks = new ResumeMarks(hash);
  for (let at = 0; at < positionBytes;) {
    const sizeBytes = Math.min(partBytes, marks.bytesToNext, positionBytes - at);
    hash.update(content.subarray(at, at + sizeBytes));
    marks.passed(sizeBytes);
    at += sizeBytes;
  }
  return marks;
}

describe('a pull that goes on', () => {
  test('reads at least one MiB again and at most a quarter more, or all', () => {
    const positions = [0, 1, OVERLAP_BYTES / 4, PULL_PIECE_BYTES - 1, PULL_PIECE_BYTES, PULL_PIECE_BYTES + 1];
    expect(positions.map((at) => resumeFrom(at))).toEqual([0, 0, 0, 0, 0, 0]);
    for (const position of [1.5, 2, 2.25, 3.9].map((each) => each * PULL_PIECE_BYTES + 77)) {
      const overlap = position - resumeFrom(position);
      expect(overlap).toBeGreaterThanOrEqual(PULL_PIECE_BYTES);
      expect(overlap).toBeLessThan(PULL_PIECE_BYTES + OVERLAP_BYTES / 4);
    }
  });

  test.each([
    1,
    1000,
    OVERLAP_BYTES / 4,
    PULL_PIECE_BYTES,
    2 * PULL_PIECE_BYTES + 12_345,
    4 * PULL_PIECE_BYTES,
  ])('knows what it read, at %i, and tells both digests of anything else', (position) => {
    for (const marks of [marksAt(position), marksAt(position, 70_001)]) {
      const again = Uint8Array.from(content.subarray(resumeFrom(position), position));
      expect(marks.difference(again)).toBeUndefined();
      again[0] = (again[0] ?? 0) ^ 1;
      expect(marks.difference(again)).toEqual({
        takenSha256: sha256Hex(content.subarray(0, position)),
        againSha256: sha256Hex(Buffer.concat([content.subarray(0, resumeFrom(position)), again])),
      });
    }
  });
});
