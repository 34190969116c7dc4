// Quantiles and trend of a report.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { changePerDay, spreadOf } from '../../../../agent/evidence/report/gather.ts';

test('quantiles are values that occurred, in order, and the worst is the largest', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 300 }), (values) => {
      const spread = spreadOf(values);
      expect(values).toContain(spread?.median);
      expect(values).toContain(spread?.p95);
      expect(spread?.worst).toBe(Math.max(...values));
      expect(values.filter((value) => value <= (spread?.p95 ?? -1)).length).toBeGreaterThanOrEqual(
        0.95 * values.length,
      );
      expect(values.filter((value) => value <= (spread?.median ?? -1)).length).toBeGreaterThanOrEqual(
        values.length / 2,
      );
    }),
  );
  expect(spreadOf([])).toBeUndefined();
  expect(spreadOf(Array.from({ length: 100 }, (_, at) => at + 1))).toEqual({
    count: 100,
    median: 50,
    p95: 95,
    worst: 100,
  });
});

test('the trend of a straight line is its slope a day, and of too little there is none', () => {
  const day = 86_400_000;
  const line = [0, 3, 7, 20].map((at) => ({ atMs: at * day, value: 90 - 0.5 * at }));
  expect(changePerDay(line)).toBeCloseTo(-0.5, 10);
  expect(changePerDay(line.slice(0, 2))).toBeUndefined();
  expect(changePerDay([1, 2, 3].map((value) => ({ atMs: day, value })))).toBeUndefined();
});
