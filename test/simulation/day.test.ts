// What a station-day is: four dockings, three recordings, and one trouble at least, whatever the seed draws.
import { expect, test } from 'vitest';
import { runSeed } from './run-seed.ts';

/** With the last one all trouble would begin after the dockings: the day waits for it. */
const SEEDS = [201, 202, 344];

test.each(SEEDS)('by seed %i', async (seed) => {
  const lines: string[] = [];
  const found = await runSeed(seed, { days: 1, onLine: (line) => lines.push(line) });
  const counts = { dockings: found.dockings, recordings: found.recordings };
  expect({ ...counts, problems: found.problems }).toEqual({ dockings: 4, recordings: 3, problems: [] });
  const day = lines.slice(
    0,
    lines.findIndex((line) => line.endsWith('all is well from now on')),
  );
  const count = (what: RegExp): number => day.filter((line) => what.test(line)).length;
  expect(count(/^\S+ cam-\d into /)).toBe(4);
  expect(count(/^\S+ cam-\d (records|ends) /)).toBe(3);
  const [troubles = 0, ...others] = found.troubles;
  expect(others).toEqual([]);
  expect(troubles).toBeGreaterThan(0);
  expect(count(/^\S+ trouble: /)).toBe(troubles);
});
