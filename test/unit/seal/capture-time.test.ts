import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  captureOf,
  timeThatHolds,
  type DatedEntry,
  type DockingTime,
} from '../../../agent/seal/capture-time.ts';
import type { ClockOffset, PreviousDocking } from '../../../agent/records/previous-docking.ts';
import { instantMs, instantText } from '../../../protocol/format/instants.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;
/** This docking begins, and the one before ended two days ago. */
const DOCKED_MS = Date.UTC(2026, 10, 25, 8);
const ENDED_MS = DOCKED_MS - 2 * DAY_MS;
const MANY = { numRuns: 1000 };
const nothing = { earliest_at: null, latest_at: null, basis: 'clock-unmeasured' };

const never = (): boolean => false;
const offset = (offsetMs: number, uncertaintyMs = 0): ClockOffset => ({ offsetMs, uncertaintyMs });

function entry(claimedMs: number | null, modifiedStepMs = 0, shownAtMs = DOCKED_MS): DatedEntry {
  const modifiedAt = claimedMs === null ? null : instantText(claimedMs);
  return { pathSha256: 'a', shownAtMs, listed: { modifiedAt, modifiedStepMs } };
}

function previous(wish: Partial<PreviousDocking> = {}): PreviousDocking {
  return { endedAtMs: ENDED_MS, clockSynchronised: true, offset: offset(0), mayHaveStayed: never, ...wish };
}

function docking(now: ClockOffset | null, wish: Partial<DockingTime> = {}): DockingTime {
  const reading = now && {
    ...now,
    readAtMs: DOCKED_MS,
    claimedAtMs: DOCKED_MS + now.offsetMs,
    zoneMinutes: null,
  };
  const known = {
    dockedAtMs: DOCKED_MS,
    wallAheadMs: DOCKED_MS,
    clockSynchronised: true,
    clockSet: () => undefined,
    previous: previous(),
  };
  return { ...known, reading, ...wish };
}

/** The interval as numbers relative to the start of this docking. */
function spanOf(capture: ReturnType<typeof captureOf>): [number, number, string] {
  const ms = (text: string | null): number => (instantMs(text ?? '') ?? NaN) - DOCKED_MS;
  return [ms(capture.earliest_at), ms(capture.latest_at), capture.basis];
}

const uncertainty = fc.integer({ min: 0, max: 10_000 });
const someOffset = fc.record({
  offsetMs: fc.integer({ min: -60 * YEAR_MS, max: 60 * YEAR_MS }),
  uncertaintyMs: uncertainty,
});
const step = fc.constantFrom(0, 10, 1000, 2000);
const claim = fc.integer({ min: Date.UTC(1970), max: Date.UTC(2100) });
/** When a listing showed the file first. */
const shownAt = fc.integer({ min: DOCKED_MS, max: DOCKED_MS + 7 * DAY_MS });
const anyDocking = fc
  .record({
    now: fc.option(someOffset),
    before: fc.option(someOffset),
    endedAtMs: fc.option(fc.integer({ min: DOCKED_MS - YEAR_MS, max: DOCKED_MS + YEAR_MS })),
    synchronised: fc.constantFrom(true, false, null),
    synchronisedBefore: fc.constantFrom(true, false, null),
    hasPrevious: fc.boolean(),
    set: fc.option(fc.record({ fromMs: fc.option(shownAt), left: fc.option(someOffset) })),
  })
  .map((some) =>
    docking(some.now, {
      clockSynchronised: some.synchronised,
      clockSet: () =>
        some.set === null
          ? undefined
          : { fromMs: some.set.fromMs, left: some.set.left && { ...some.set.left, atMs: DOCKED_MS } },
      previous: some.hasPrevious
        ? previous({
            endedAtMs: some.endedAtMs,
            clockSynchronised: some.synchronisedBefore,
            offset: some.before,
          })
        : null,
    }),
  );

describe('a correct time that was measured', () => {
  test('is the claim minus the offset, widened by uncertainty and the file’s step', () => {
    const capture = captureOf(entry(DOCKED_MS - DAY_MS, 2000), docking(offset(0, 500)));
    expect(spanOf(capture)).toEqual([-DAY_MS - 2500, -DAY_MS + 2500, 'clock-measured']);
  });

  test('takes all between the offset left last time and the one found now', () => {
    const time = docking(offset(60_000, 500), { previous: previous({ offset: offset(-1000, 100) }) });
    const capture = captureOf(entry(DOCKED_MS - DAY_MS), time);
    expect(spanOf(capture)).toEqual([-DAY_MS - 60_500, -DAY_MS + 1100, 'clock-measured']);
  });

  test('is cut to the two dockings', () => {
    const time = docking(offset(0, HOUR_MS));
    expect(spanOf(captureOf(entry(DOCKED_MS - 1000), time))).toEqual([-HOUR_MS - 1000, 0, 'clock-measured']);
    expect(spanOf(captureOf(entry(ENDED_MS + 1000), time))).toEqual([
      -2 * DAY_MS,
      -2 * DAY_MS + HOUR_MS + 1000,
      'clock-measured',
    ]);
  });

  test('gives way to the two dockings where it is outside of them, or wider', () => {
    const interval = [-2 * DAY_MS, 0, 'docking-interval'];
    for (const claimedMs of [0, Date.UTC(2099), ENDED_MS - 1, DOCKED_MS + 1])
      expect(spanOf(captureOf(entry(claimedMs), docking(offset(0))))).toEqual(interval);
    expect(spanOf(captureOf(entry(DOCKED_MS - DAY_MS), docking(offset(0, YEAR_MS))))).toEqual(interval);
  });
});

describe('a file that a camera made in its bay', () => {
  const SHOWN_MS = DOCKED_MS + 2 * DAY_MS;
  const set = (left: ClockOffset | null) => ({
    clockSet: () => ({ fromMs: DOCKED_MS + HOUR_MS, left: left && { ...left, atMs: DOCKED_MS + HOUR_MS } }),
  });
  const madeMs = SHOWN_MS - HOUR_MS;

  test('was made before the listing that showed it, and not before its camera was docked', () => {
    expect(spanOf(captureOf(entry(madeMs, 0, SHOWN_MS), docking(offset(0, 500))))).toEqual([
      2 * DAY_MS - HOUR_MS - 500,
      2 * DAY_MS - HOUR_MS + 500,
      'clock-measured',
    ]);
    expect(spanOf(captureOf(entry(null, 0, SHOWN_MS), docking(offset(0))))).toEqual([
      -2 * DAY_MS,
      2 * DAY_MS,
      'docking-interval',
    ]);
  });

  test('by a clock that was set meanwhile was made between what both would say', () => {
    const time = docking(offset(3 * DAY_MS, 500), { ...set(offset(0, 500)), previous: null });
    expect(spanOf(captureOf(entry(madeMs, 0, SHOWN_MS), time))).toEqual([
      2 * DAY_MS - HOUR_MS - 3 * DAY_MS - 500,
      2 * DAY_MS - HOUR_MS + 500,
      'clock-measured',
    ]);
  });

  test('that was shown before the clock was set has its time from the one before', () => {
    const time = docking(offset(HOUR_MS, 500), set(offset(0, 500)));
    expect(spanOf(captureOf(entry(DOCKED_MS, 0, DOCKED_MS + 1000), time))).toEqual([
      -HOUR_MS - 500,
      0,
      'clock-measured',
    ]);
  });

  test('is between the dockings where nobody knows what the clock showed by then', () => {
    const capture = captureOf(entry(madeMs, 0, SHOWN_MS), docking(offset(0), set(null)));
    expect(spanOf(capture)).toEqual([-2 * DAY_MS, SHOWN_MS - DOCKED_MS, 'docking-interval']);
  });
});

describe('what cannot be measured', () => {
  test('is between the dockings, whatever the camera claims: an interval of no width would be the surest of all', () => {
    for (const claimedMs of [0, DOCKED_MS - HOUR_MS, Date.UTC(2099)])
      expect(spanOf(captureOf(entry(claimedMs), docking(null)))).toEqual([
        -2 * DAY_MS,
        0,
        'docking-interval',
      ]);
  });

  const cases: Readonly<Record<string, DockingTime | null>> = {
    'nobody looked at the time': null,
    'the clock cannot be read, and no docking came before': docking(null, { previous: null }),
    'the station’s own clock is not synchronised': docking(offset(0), { clockSynchronised: false }),
    'the file may have been there at the previous docking': docking(offset(0), {
      previous: previous({ mayHaveStayed: () => true }),
    }),
    'it lies behind this docking and none came before': docking(offset(-YEAR_MS * 60), { previous: null }),
  };
  for (const [name, time] of Object.entries(cases))
    test(`has no interval where ${name}`, () => expect(captureOf(entry(0), time)).toEqual(nothing));

  test('a file without a time has none, or that of the two dockings', () => {
    expect(captureOf(entry(null), docking(offset(0), { previous: null }))).toEqual(nothing);
    expect(captureOf(entry(null), null)).toEqual(nothing);
    expect(spanOf(captureOf(entry(null), docking(null)))).toEqual([-2 * DAY_MS, 0, 'docking-interval']);
  });

  test('an end that nobody saw, one behind this start, or one of a station without the time bounds nothing', () => {
    for (const wish of [{ endedAtMs: null }, { endedAtMs: DOCKED_MS + 1 }, { clockSynchronised: false }]) {
      const capture = captureOf(entry(ENDED_MS - DAY_MS), docking(offset(0), { previous: previous(wish) }));
      expect(spanOf(capture)).toEqual([-3 * DAY_MS, -3 * DAY_MS, 'clock-measured']);
    }
  });

  test('an offset of a station without the time, or not confirmed, counts for nothing', () => {
    for (const wish of [{ offset: null }, { clockSynchronised: false, offset: offset(HOUR_MS) }]) {
      const capture = captureOf(entry(DOCKED_MS - DAY_MS), docking(offset(0), { previous: previous(wish) }));
      expect(spanOf(capture)).toEqual([-DAY_MS, -DAY_MS, 'clock-measured']);
    }
  });
});

describe('for all clocks and dockings', () => {
  test('an interval is whole, and stays within the bounds that count', () => {
    fc.assert(
      fc.property(anyDocking, fc.option(claim), step, shownAt, (time, claimedMs, stepMs, shownMs) => {
        const capture = captureOf(entry(claimedMs, stepMs, shownMs), time);
        if (capture.basis === 'clock-unmeasured') {
          expect(capture).toEqual(nothing);
          return;
        }
        const [fromMs, toMs] = spanOf(capture);
        expect(fromMs).toBeLessThanOrEqual(toMs);
        expect(toMs).toBeLessThanOrEqual(shownMs - DOCKED_MS);
        const endedAtMs = time.previous?.endedAtMs ?? null;
        const bounds =
          endedAtMs !== null && endedAtMs <= DOCKED_MS && time.previous?.clockSynchronised !== false;
        if (bounds) expect(fromMs).toBeGreaterThanOrEqual(endedAtMs - DOCKED_MS);
        else expect(capture.basis).toBe('clock-measured');
      }),
      MANY,
    );
  });

  test('the true time is inside, however the clock moved between the two offsets', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: ENDED_MS, max: DOCKED_MS }),
        someOffset,
        someOffset,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(1, 10, 1000, 2000),
        fc.constantFrom(Math.floor, Math.round, Math.ceil),
        fc.boolean(),
        (trueMs, now, before, share, stepMs, cut, hasPrevious) => {
          const most = Math.max(now.offsetMs + now.uncertaintyMs, before.offsetMs + before.uncertaintyMs);
          const least = Math.min(now.offsetMs - now.uncertaintyMs, before.offsetMs - before.uncertaintyMs);
          const offNowMs = hasPrevious ? Math.round(least + (most - least) * share) : now.offsetMs;
          const claimedMs = cut((trueMs + offNowMs) / stepMs) * stepMs;
          const time = docking(now, { previous: hasPrevious ? previous({ offset: before }) : null });
          const capture = captureOf(entry(claimedMs, stepMs), time);
          const [fromMs, toMs] = spanOf(capture);
          expect(capture.basis).not.toBe('clock-unmeasured');
          expect(fromMs).toBeLessThanOrEqual(trueMs - DOCKED_MS);
          expect(toMs).toBeGreaterThanOrEqual(trueMs - DOCKED_MS);
        },
      ),
      MANY,
    );
  });

  test('the true time of a file that was made in the bay is inside, whichever of the two clocks gave it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: DOCKED_MS, max: DOCKED_MS + 7 * DAY_MS }),
        someOffset,
        someOffset,
        fc.boolean(),
        fc.boolean(),
        (trueMs, before, after, isSet, byNew) => {
          const left = { ...after, atMs: DOCKED_MS };
          const clockSet = () => (isSet ? { fromMs: DOCKED_MS, left } : undefined);
          const claimedMs = trueMs + (isSet && byNew ? after : before).offsetMs;
          const time = docking(before, { clockSet, previous: previous({ offset: null }) });
          const capture = captureOf(entry(claimedMs, 0, DOCKED_MS + 7 * DAY_MS), time);
          const [fromMs, toMs] = spanOf(capture);
          expect(capture.basis).not.toBe('clock-unmeasured');
          expect(fromMs).toBeLessThanOrEqual(trueMs - DOCKED_MS);
          expect(toMs).toBeGreaterThanOrEqual(trueMs - DOCKED_MS);
        },
      ),
      MANY,
    );
  });

  test('more uncertainty, a coarser step or one more offset never makes a measured interval narrower', () => {
    const more = fc.record({
      now: uncertainty,
      before: uncertainty,
      step: uncertainty,
      second: fc.boolean(),
    });
    fc.assert(
      fc.property(someOffset, someOffset, claim, step, more, (now, before, claimedMs, stepMs, more) => {
        const claimed = claimedMs + now.offsetMs;
        const narrow = captureOf(
          entry(claimed, stepMs),
          docking(now, { previous: previous({ offset: null }) }),
        );
        if (narrow.basis !== 'clock-measured') return;
        const wider = {
          now: offset(now.offsetMs, now.uncertaintyMs + more.now),
          before: more.second ? offset(before.offsetMs, before.uncertaintyMs + more.before) : null,
        };
        const time = docking(wider.now, { previous: previous({ offset: wider.before }) });
        const [fromMs, toMs] = spanOf(captureOf(entry(claimed, stepMs + more.step), time));
        expect(fromMs).toBeLessThanOrEqual(spanOf(narrow)[0]);
        expect(toMs).toBeGreaterThanOrEqual(spanOf(narrow)[1]);
      }),
      MANY,
    );
  });

  test('nonsense of a driver is no error, and no interval is inverted by it', () => {
    const odd = fc.oneof(fc.double(), fc.constantFrom(NaN, -1, Infinity));
    fc.assert(
      fc.property(anyDocking, fc.string(), odd, (time, modifiedAt, modifiedStepMs) => {
        const capture = captureOf(
          { pathSha256: 'a', shownAtMs: DOCKED_MS, listed: { modifiedAt, modifiedStepMs } },
          time,
        );
        const [fromMs, toMs, basis] = spanOf(capture);
        if (basis !== 'clock-unmeasured') expect(fromMs).toBeLessThanOrEqual(toMs);
      }),
      MANY,
    );
  });
});

describe('a docking’s times hold', () => {
  const held = (clock: ManualClock): DockingTime =>
    docking(offset(0), { wallAheadMs: clock.wallMs() - clock.monotonicMs() });

  test('as long as time goes by, however long', async () => {
    const clock = new ManualClock();
    const time = held(clock);
    await clock.advance(10 * DAY_MS);
    clock.jumpWall(1000);
    expect(timeThatHolds(time, clock)).toBe(time);
  });

  test('not behind a step of the station’s clock or a suspend, and nothing holds of nothing', () => {
    for (const jumpMs of [-1001, 1001, 10 * YEAR_MS, -10 * YEAR_MS]) {
      const clock = new ManualClock();
      const time = held(clock);
      clock.jumpWall(jumpMs);
      expect(timeThatHolds(time, clock)).toBeNull();
    }
    expect(timeThatHolds(undefined, new ManualClock())).toBeNull();
  });
});
