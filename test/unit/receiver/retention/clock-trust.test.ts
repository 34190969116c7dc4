import { expect, test } from 'vitest';
import { describeDoubt, doubtOf } from '../../../../agent/receiver/retention/outside-time.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2026, 10, 25);

test('a word from outside counts for a day, and for a clock that is 10 minutes away from it at most', () => {
  const word = { saidMs: START, monotonicMs: 1000 };
  const at = (passedMs: number, awayMs: number): ReturnType<typeof doubtOf> =>
    doubtOf(word, START + passedMs + awayMs, 1000 + passedMs);
  for (const awayMs of [0, 10 * 60_000, -10 * 60_000]) expect(at(DAY_MS, awayMs)).toBeNull();
  for (const awayMs of [10 * 60_001, -14 * DAY_MS])
    expect(at(DAY_MS, awayMs)).toEqual({ kind: 'apart', byMs: Math.abs(awayMs) });
  for (const passedMs of [DAY_MS + 1, -1]) expect(at(passedMs, 0)).toEqual({ kind: 'alone', byMs: 0 });
  expect(doubtOf(undefined, START, 1000)).toEqual({ kind: 'alone', byMs: 0 });
});

test('a doubt is told in words that say how much', () => {
  expect(describeDoubt({ kind: 'apart', byMs: 11 * 60_000 })).toContain('11 minutes away');
  expect(describeDoubt({ kind: 'apart', byMs: 30 * HOUR_MS })).toContain('30 hours away');
  expect(describeDoubt({ kind: 'apart', byMs: 40 * DAY_MS })).toContain('40 days away');
  expect(describeDoubt({ kind: 'alone', byMs: 0 })).toContain('nobody outside');
});
