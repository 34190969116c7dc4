// The scan in one pass finds what a search for one mark after the other finds, wherever the marks stand.
import { expect, test } from 'vitest';
import { SeededRandom } from '../fakes/random-seeded.ts';
import { MarkScan } from './mark-scan.ts';
import { MARKS } from './recordings.ts';

test('every mark is found at every place, the first and the last ones too', () => {
  const scan = new MarkScan(MARKS);
  const random = new SeededRandom(1);
  for (const mark of MARKS)
    for (const before of Array.from({ length: 40 }, (_, at) => at)) {
      const bytes = Buffer.concat([random.bytes(before), mark, random.bytes(random.below(40))]);
      expect(scan.in(bytes), `${mark.toString('hex')} behind ${before} bytes`).toEqual([mark]);
      expect(scan.in(bytes.subarray(0, before + mark.length))).toEqual([mark]);
      expect(scan.in(bytes.subarray(0, before + mark.length - 1))).toEqual([]);
    }
});

test('as a search for each: marks in marks, next to each other, nearly there, several of them', () => {
  const marks = ['abc', 'abcabd', 'bca', 'cc', 'aaaa'].map((text) => Buffer.from(text));
  const random = new SeededRandom(2);
  for (const chosen of [marks, marks.filter(({ length }) => length > 2), marks.slice(1, 2)]) {
    const scan = new MarkScan(chosen);
    for (let run = 0; run < 3000; run++) {
      const bytes = Buffer.from(Array.from({ length: random.below(12) }, () => 0x61 + random.below(4)));
      const wanted = chosen.filter((mark) => bytes.includes(mark));
      expect(scan.in(bytes), bytes.toString()).toEqual(wanted);
    }
  }
});

test('a mark of one byte would be found by chance, and is refused', () => {
  expect(() => new MarkScan([Buffer.from('ab'), Buffer.from('a')])).toThrow('at least two bytes');
});
