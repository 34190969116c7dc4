// The line of figures says what a day held: on average, and of troubles also the fewest.
import { expect, test } from 'vitest';
import { UNIT_BYTES } from '../../protocol/format/limits.ts';
import { NEWEST } from './generations.ts';
import { Tally } from './tally.ts';

const seed = { dockings: 8, recordings: 6, bytes: 9 * UNIT_BYTES, troubles: [1, 4], evilActs: 3 };

test('figures are means over the days, and a day without a trouble is not lost in them', () => {
  const tally = new Tally();
  tally.add({ generation: NEWEST }, seed);
  const time = { elapsedMs: 30_000, freshMs: 0, processorMs: 400 };
  expect(tally.line(time)).toBe(
    '1 seeds, 2 station-days, 6 recordings, 3 acts of evil brokers, 0 seeds failed; a day holds 4.0 dockings, 3.0 recordings of 1.5 units and 2.5 troubles on average, 1 trouble at least; 4 station-days a minute, 200 ms of processor time each; of fresh seeds 0, 0 a minute',
  );
  tally.add({ generation: NEWEST }, { ...seed, troubles: [0, 4] });
  expect(tally.line(time)).toContain('2.3 troubles on average, 0 trouble at least');
});

test('days of earlier generations count as days, and say nothing of what the others hold', () => {
  const tally = new Tally();
  tally.add({ generation: NEWEST }, seed);
  tally.add({ generation: 1, isFresh: true }, { ...seed, recordings: 60, troubles: [0, 0] });
  const line = tally.line({ elapsedMs: 60_000, freshMs: 15_000, processorMs: 400 });
  expect(line).toContain('2 seeds, 4 station-days, 66 recordings');
  expect(line).toContain('3.0 recordings of 1.5 units and 2.5 troubles on average, 1 trouble at least');
  expect(line).toContain('4 station-days a minute, 100 ms');
  expect(line).toContain('of fresh seeds 2, 8 a minute');
});
