// What is said of looks at a thread: quantiles, and what is left of lateness without the machine's standstills.
import { describe, expect, it } from 'vitest';
import { common, heldUp, without, type Look } from './held-up.ts';

describe('heldUp', () => {
  it('gives the nearest look that so many are not later than', () => {
    const looks = Array.from({ length: 1000 }, (_, at): Look => [at, 1000 - at]);
    expect(heldUp(looks)).toEqual({ looks: 1000, p50Ms: 500, p99Ms: 990, p999Ms: 999, longestMs: 1000 });
  });

  it('says of nothing that it is not known', () => {
    expect(heldUp([])).toEqual({
      looks: 0,
      p50Ms: Number.NaN,
      p99Ms: Number.NaN,
      p999Ms: Number.NaN,
      longestMs: Number.NaN,
    });
  });
});

describe('without', () => {
  it('takes out what lies between when a look was due and when it came, and no more', () => {
    // due at 90, came at 120
    const look: Look = [120, 30];
    expect(without([[80, 95]], [look])).toEqual([[120, 25]]);
    expect(without([[110, 200]], [look])).toEqual([[120, 20]]);
    expect(
      without(
        [
          [92, 97],
          [100, 110],
        ],
        [look],
      ),
    ).toEqual([[120, 15]]);
    expect(without([[0, 300]], [look])).toEqual([[120, 0]]);
  });

  it('leaves a look alone that no standstill meets', () => {
    expect(without([[0, 90]], [[120, 30]])).toEqual([[120, 30]]);
    expect(without([], [[120, 30]])).toEqual([[120, 30]]);
  });
});

describe('common', () => {
  it('is what all processors share: one of them alone is no standstill', () => {
    expect(
      common([
        [
          [0, 10],
          [20, 30],
        ],
        [
          [5, 25],
          [40, 50],
        ],
      ]),
    ).toEqual([
      [5, 10],
      [20, 25],
    ]);
    expect(common([[[0, 10]], []])).toEqual([]);
  });

  it('of one processor is all of it, and of none nothing', () => {
    expect(common([[[0, 10]]])).toEqual([[0, 10]]);
    expect(common([])).toEqual([]);
  });
});
