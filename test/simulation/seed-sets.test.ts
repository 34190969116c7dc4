// Every run repeats the seeds that failed once and the fixed ones before it draws fresh ones.
import { expect, test } from 'vitest';
import { NEWEST } from './generations.ts';
import { keptSeeds, parseSeeds, seedsToRun } from './seed-sets.ts';

test('kept seeds come first, fixed ones behind them, fresh ones for their time only', () => {
  let nowMs = 0;
  const kept = [
    { seed: 77, evil: false, generation: 1 },
    { seed: 78, evil: true, generation: 2 },
  ];
  const jobs = [...seedsToRun(kept, { from: 500, forMs: 3, nowMs: () => nowMs++, evil: true })];
  expect(jobs.slice(0, 2)).toEqual(kept);
  expect(jobs.slice(2, 4).map(({ seed }) => seed)).toEqual([1, 2]);
  expect(jobs.filter(({ seed, evil }) => evil && seed < 10).length).toBeGreaterThan(0);
  expect(jobs.filter(({ seed }) => seed >= 500)).toEqual([
    { seed: 500, evil: false, generation: NEWEST, isFresh: true },
    { seed: 501, evil: true, generation: NEWEST, isFresh: true },
  ]);
});

test('a line of the file is a seed and what it found; anything else is refused, so that no seed is lost by a slip', () => {
  expect(parseSeeds('# head\n12 generation 2  # a tail\n\n34 evil generation 2\n56 generation 1')).toEqual([
    { seed: 12, evil: false, generation: 2 },
    { seed: 34, evil: true, generation: 2 },
    { seed: 56, evil: false, generation: 1 },
  ]);
  for (const line of ['12 34', '12', '12 evil'])
    expect(() => parseSeeds(line)).toThrow(`"${line}" is no seed`);
  expect(keptSeeds()).toContainEqual({ seed: 1456099653, evil: false, generation: 1 });
});
