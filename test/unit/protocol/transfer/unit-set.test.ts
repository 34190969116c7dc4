import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { UnitSet } from '../../../../protocol/transfer/unit-set.ts';

const additions = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 8 })), { maxLength: 40 });

test('a unit set answers like a plain set after any additions', () => {
  fc.assert(
    fc.property(additions, (list) => {
      const set = new UnitSet();
      const twin = new Set<number>();
      for (const [first, count] of list) {
        set.add(first, count);
        for (let unit = first; unit < first + count; unit++) twin.add(unit);
      }
      expect(set.size).toBe(twin.size);
      for (let unit = 0; unit < 80; unit++) expect(set.has(unit)).toBe(twin.has(unit));
      for (let start = 0; start < 80; start++) {
        let missing: number | undefined = start;
        while (missing < 80 && twin.has(missing)) missing++;
        if (missing >= 80) missing = undefined;
        expect(set.firstMissing(start, 80)).toBe(missing);
      }
    }),
  );
});

test('ranges are ascending, never touch, and rebuild the same set', () => {
  fc.assert(
    fc.property(additions, (list) => {
      const set = new UnitSet();
      for (const [first, count] of list) set.add(first, count);
      const ranges = set.ranges();
      for (let at = 1; at < ranges.length; at++) {
        const [before, count] = ranges[at - 1] ?? [0, 0];
        expect(ranges[at]?.[0]).toBeGreaterThan(before + count);
      }
      expect(UnitSet.from(ranges, 1000).ranges()).toEqual(ranges);
    }),
  );
});

test('ranges beyond the last unit are cut', () => {
  expect(
    UnitSet.from(
      [
        [0, 10],
        [20, 5],
      ],
      5,
    ).ranges(),
  ).toEqual([[0, 5]]);
  expect(UnitSet.from([[0, 5]], 5).isFull(5)).toBe(true);
});
