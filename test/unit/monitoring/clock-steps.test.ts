import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ClockSample,
  haveParted,
  STEP_MS_MIN,
  whatHappened,
} from '../../../agent/monitoring/clock-watch.ts';

const YEAR_MS = 365 * 86_400_000;
const before: ClockSample = { wallMs: Date.UTC(2026, 10, 25), monotonicMs: 5000.25, bootMs: 9000 };

/** The sample after so much running, asleep and stepped time. */
function after(runMs: number, asleepMs: number, stepMs: number): ClockSample {
  const wallMs = before.wallMs + runMs + asleepMs + stepMs;
  return { wallMs, monotonicMs: before.monotonicMs + runMs, bootMs: (before.bootMs ?? 0) + runMs + asleepMs };
}

test('time that only goes by is nothing, nor is a step of a second or less', () => {
  for (const [runMs, stepMs] of [
    [0, 0],
    [10 * YEAR_MS, 0],
    [5000, -1000],
    [5000, 1000],
  ] as const) {
    expect(haveParted(before, after(runMs, 0, stepMs))).toBe(false);
    expect(whatHappened(before, after(runMs, 0, stepMs))).toEqual({ stepMs: 0, suspendedMs: 0 });
  }
});

test('a step is told with its sign and size, a suspend is none, and both at once are told apart', () => {
  const ms = fc.integer({ min: -20 * YEAR_MS, max: 20 * YEAR_MS });
  const asleep = fc.oneof(fc.constant(0), fc.integer({ min: STEP_MS_MIN + 1, max: YEAR_MS }));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: YEAR_MS }), asleep, ms, (runMs, asleepMs, stepMs) => {
      const told = Math.abs(stepMs) > STEP_MS_MIN ? stepMs : 0;
      expect(whatHappened(before, after(runMs, asleepMs, stepMs))).toEqual({
        stepMs: told,
        suspendedMs: asleepMs,
      });
    }),
  );
});

test('where nobody tells the time since the start, a suspend counts as a step', () => {
  const now = after(1000, 60_000, 0);
  expect(whatHappened(before, { ...now, bootMs: null })).toEqual({ stepMs: 60_000, suspendedMs: 0 });
  expect(whatHappened({ ...before, bootMs: null }, now)).toEqual({ stepMs: 60_000, suspendedMs: 0 });
});
