import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  describeDoubt,
  doubtOf,
  judge,
  trusted,
  type ClockReading,
  type ClockTrust,
} from '../../../../agent/receiver/retention/clock-trust.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2026, 10, 25);

const reading = (wallMs: number, monotonicMs: number, boot: string | null = 'a'): ClockReading => ({
  wallMs,
  boot,
  monotonicMs,
});
const follow = (...readings: readonly ClockReading[]): ClockTrust => {
  const [first = reading(START, 0), ...others] = readings;
  return others.reduce((trust, each) => judge(trust, each), trusted(first));
};
const ahead = { kind: 'ahead' };

test('a clock that goes on with the monotonic time of the machine is trusted, however long nobody looked', () => {
  expect(follow(reading(START, 0), reading(START + 300 * DAY_MS, 300 * DAY_MS)).doubt).toBeNull();
});

test('a clock that was stepped ahead within a boot is doubtful, and stays so however often its time is written down', () => {
  const trust = follow(
    reading(START, 0),
    reading(START + 11 * DAY_MS, DAY_MS),
    reading(START + 12 * DAY_MS, 2 * DAY_MS),
  );
  expect(trust.doubt).toEqual({ kind: 'ahead', byMs: 10 * DAY_MS });
  expect(judge(trust, reading(START + 3 * DAY_MS, 3 * DAY_MS)).doubt).toBeNull();
});

test('steps of less than an hour within a boot do not add up, also where something is entered after each', () => {
  const [one, two] = [reading(START + 50 * 60_000, 1000), reading(START + 100 * 60_000, 2000)];
  expect(follow(reading(START, 0), one).doubt).toBeNull();
  expect(follow(reading(START, 0), one, two).doubt).toMatchObject(ahead);
});

test('over a boot, a day of being off is possible, and more is not', () => {
  expect(follow(reading(START, 900), reading(START + DAY_MS, 5, 'b')).doubt).toBeNull();
  expect(follow(reading(START, 900), reading(START + 2 * DAY_MS, 5, 'b')).doubt).toMatchObject(ahead);
  expect(follow(reading(START, 0, null), reading(START + 2 * DAY_MS, DAY_MS, null)).doubt).toMatchObject(
    ahead,
  );
});

test('a start in 1970 is doubtful until the clock is set, and then the time of being off counts as such', () => {
  const booted = follow(reading(START, 900), reading(1000, 5, 'b'));
  expect(booted.doubt).toMatchObject({ kind: 'behind' });
  expect(judge(booted, reading(START + DAY_MS, HOUR_MS, 'b')).doubt).toBeNull();
  expect(judge(booted, reading(START + 20 * DAY_MS, HOUR_MS, 'b')).doubt).toMatchObject(ahead);
});

test('a clock that fell back by a little is trusted, and its return is no step ahead', () => {
  const back = follow(reading(START, 0), reading(START - 10 * HOUR_MS, HOUR_MS));
  expect(back.doubt).toBeNull();
  expect(judge(back, reading(START + 2 * HOUR_MS, 2 * HOUR_MS)).doubt).toBeNull();
});

test('days of being off do not add up, until somebody outside says the time', () => {
  const boots = Array.from({ length: 5 }, (_, boot) =>
    reading(START + boot * 20 * HOUR_MS, 5, `boot-${boot}`),
  );
  const trust = follow(...boots);
  expect(trust.doubt).toMatchObject(ahead);
  const now = reading(START + 4 * 20 * HOUR_MS + 10, 15, 'boot-4');
  expect(judge(trust, now, now.wallMs - HOUR_MS).doubt).toBeNull();
  expect(judge(trust, now, START + 20 * HOUR_MS).doubt).toMatchObject(ahead);
  // A station whose clock is ahead makes neither this clock behind nor a later one right.
  const far = judge(trust, now, START + 9000 * DAY_MS);
  expect(far.doubt).toBeNull();
  expect(judge(far, reading(START + 300 * DAY_MS, 20, 'boot-4')).doubt).toMatchObject(ahead);
});

test('a word from outside counts for a day, and for a clock that is 10 minutes away from it at most', () => {
  const word = { saidMs: START, monotonicMs: 1000 };
  const at = (passedMs: number, awayMs: number): ReturnType<typeof doubtOf> =>
    doubtOf(word, { wallMs: START + passedMs + awayMs, monotonicMs: 1000 + passedMs });
  for (const awayMs of [0, 10 * 60_000, -10 * 60_000]) expect(at(DAY_MS, awayMs)).toBeNull();
  for (const awayMs of [10 * 60_001, -14 * DAY_MS])
    expect(at(DAY_MS, awayMs)).toEqual({ kind: 'apart', byMs: Math.abs(awayMs) });
  for (const passedMs of [DAY_MS + 1, -1]) expect(at(passedMs, 0)).toEqual({ kind: 'alone', byMs: 0 });
  expect(doubtOf(undefined, { wallMs: START, monotonicMs: 1000 })).toEqual({ kind: 'alone', byMs: 0 });
});

test('a doubt is told in words that say how much', () => {
  expect(describeDoubt({ kind: 'ahead', byMs: 40 * DAY_MS })).toContain('40 days or more ahead');
  expect(describeDoubt({ kind: 'apart', byMs: 11 * 60_000 })).toContain('11 minutes away');
  expect(describeDoubt({ kind: 'alone', byMs: 0 })).toContain('nobody outside');
  expect(describeDoubt({ kind: 'behind', byMs: 30 * HOUR_MS })).toContain('30 hours or more behind');
});

test('whatever a clock does, it is never trusted while it is more than an hour and the unseen time ahead of the true time', () => {
  const move = fc.record({
    passedMs: fc.integer({ min: 0, max: 3 * DAY_MS }),
    offMs: fc.option(fc.integer({ min: 0, max: 30 * DAY_MS }), { nil: undefined }),
    errorMs: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 3 * HOUR_MS }),
      fc.integer({ min: -400 * DAY_MS, max: 400 * DAY_MS }),
    ),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 12 }), (moves) => {
      let trueMs = START;
      let monotonicMs = 0;
      let boot = 0;
      let trust = trusted(reading(START, 0, 'boot-0'));
      for (const { passedMs, offMs, errorMs } of moves) {
        trueMs += passedMs + (offMs ?? 0);
        monotonicMs = offMs === undefined ? monotonicMs + passedMs : passedMs;
        if (offMs !== undefined) boot++;
        const wallMs = trueMs + errorMs;
        trust = judge(trust, reading(wallMs, monotonicMs, `boot-${boot}`));
        // A reboot leaves the time unknown: what was trusted there may be wrong by as much as the machine may have been off.
        const allowedMs = HOUR_MS + (boot > 0 ? DAY_MS + HOUR_MS : 0);
        if (trust.doubt === null) expect(wallMs - trueMs).toBeLessThanOrEqual(allowedMs);
      }
    }),
  );
});
