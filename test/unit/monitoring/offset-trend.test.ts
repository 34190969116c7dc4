import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { offsetTrend, type ClockRecord } from '../../../agent/monitoring/offset-trend.ts';
import { FACTORY_MS, SimulatedClock, type SimulatedClockWish } from '../../../drivers/simulated/clock.ts';
import { instantText } from '../../../protocol/format/instants.ts';
import { timesAsLong } from '../../fakes/growth.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 10, 1, 16);

interface Life extends Partial<SimulatedClockWish> {
  readonly days: number;
  /** The station sets the clock where it is off by more than this. */
  readonly setAboveMs?: number;
  /** What happens to the camera on that day before it is docked. */
  readonly on?: (day: number, clock: SimulatedClock) => void;
}

/** Records of a camera that is docked once a day, as a station that reads and sets its clock would write them. */
function recordsOf({ days, setAboveMs = Infinity, on, ...wish }: Life): ClockRecord[] {
  let passedMs = 0;
  const clock = new SimulatedClock(() => passedMs, {
    shownMs: START_MS,
    resolutionMs: 1000,
    zoneMinutes: 0,
    ...wish,
  });
  const offsetMs = (): number => clock.read().claimedMs - (START_MS + passedMs);
  return Array.from({ length: days }, (_, day) => {
    passedMs = day * DAY_MS + (day % 5) * 700_000;
    on?.(day, clock);
    const at = instantText(START_MS + passedMs);
    const read = { offset_ms: offsetMs(), uncertainty_ms: 1000 };
    const utcMs = START_MS + passedMs;
    const isSet = Math.abs(read.offset_ms) > setAboveMs && clock.set({ utcMs, localMs: utcMs }) === 'set';
    const set = isSet ? { at, offset_ms: offsetMs(), uncertainty_ms: 1000 } : null;
    const camera = { read_at: at, claimed_at: at, zone_minutes: 0, ...read, set };
    return { docked_at: at, clock_synchronised: true, camera_clock: camera };
  });
}

test('a clock that drifts shows by how much, within what its seconds allow, in whatever order its records come', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -200, max: 200 }),
      fc.integer({ min: 3, max: 60 }),
      fc.constantFrom(Infinity, 2000, 30_000),
      (driftPpm, days, setAboveMs) => {
        const trend = offsetTrend(recordsOf({ driftPpm, days, setAboveMs }).toReversed());
        expect(trend.driftPpm).not.toBeNull();
        expect(trend.resets).toBe(0);
        expect(Math.abs((trend.driftPpm ?? NaN) - driftPpm)).toBeLessThanOrEqual(
          (trend.uncertaintyPpm ?? 0) + 0.2,
        );
      },
    ),
  );
});

test('a month of readings tells a drift to a few millionths, although each shows only seconds', () => {
  const trend = offsetTrend(recordsOf({ driftPpm: 20, days: 30 }));
  expect(Math.abs((trend.driftPpm ?? NaN) - 20)).toBeLessThan(1);
  expect(trend.uncertaintyPpm).toBeLessThan(3);
  expect(trend.points).toHaveLength(30);
  expect(trend.points.map(({ atMs }) => atMs)).toEqual(
    trend.points.map(({ atMs }) => atMs).toSorted((a, b) => a - b),
  );
});

test('a battery that died, and somebody who set the clock, are resets and move the drift no more than its seconds do', () => {
  const on = (day: number, clock: SimulatedClock): void => {
    if (day === 10 || day === 20) clock.set({ utcMs: FACTORY_MS, localMs: FACTORY_MS });
    if (day === 25) clock.set({ utcMs: START_MS + 25 * DAY_MS + HOUR_MS, localMs: 0 });
  };
  const trend = offsetTrend(recordsOf({ driftPpm: -40, days: 30, on }));
  expect(trend.resets).toBe(3);
  expect(Math.abs((trend.driftPpm ?? NaN) + 40)).toBeLessThanOrEqual(trend.uncertaintyPpm ?? 0);
});

test('a station’s own setting is no reset, and shows as a point of its own', () => {
  const trend = offsetTrend(recordsOf({ shownMs: FACTORY_MS, driftPpm: 10, days: 20, setAboveMs: 2000 }));
  expect(trend.resets).toBe(0);
  expect(trend.points.filter(({ isSet }) => isSet).length).toBeGreaterThan(0);
  expect(trend.points.filter(({ isSet }) => isSet).every(({ offsetMs }) => Math.abs(offsetMs) <= 1000)).toBe(
    true,
  );
});

test('where nothing was measured, or the station did not know the time, there is no trend', () => {
  const nothing = { points: [], driftPpm: null, uncertaintyPpm: null, resets: 0 };
  expect(offsetTrend([])).toEqual(nothing);
  const [first, ...rest] = recordsOf({ days: 3 });
  expect(offsetTrend(rest.map((record) => ({ ...record, clock_synchronised: false })))).toEqual(nothing);
  expect(offsetTrend(rest.map((record) => ({ ...record, camera_clock: null })))).toEqual(nothing);
  expect(first && offsetTrend([first])).toMatchObject({ driftPpm: null, points: [{ offsetMs: 0 }] });
});

test('two dockings within hours tell no drift', () => {
  const [first] = recordsOf({ days: 1 });
  if (first?.camera_clock == null) throw new Error('no record');
  const later = instantText(START_MS + HOUR_MS);
  const second = {
    ...first,
    docked_at: later,
    camera_clock: { ...first.camera_clock, read_at: later, offset_ms: 900 },
  };
  expect(offsetTrend([first, second]).driftPpm).toBeNull();
});

test('five thousand dockings take ten times as long as five hundred, and not a hundred times', async () => {
  const [few, many] = [500, 5000].map((days) => recordsOf({ driftPpm: 5, days }));
  expect(offsetTrend(many ?? []).driftPpm).toBe(5);
  const times = await timesAsLong(
    () => offsetTrend(few ?? []),
    () => offsetTrend(many ?? []),
  );
  expect(times).toBeLessThan(50);
});
