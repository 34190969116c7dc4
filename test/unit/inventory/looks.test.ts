import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CHANGING_MS,
  clockOfNewest,
  firstLook,
  isChanging,
  isSettled,
  isStill,
  lookAgain,
  LOOK_MS,
  lookAnew,
  OLD_MS,
  SETTLE_MS,
  untilSettledMs,
  untilStillMs,
  type FileClock,
  type Looks,
} from '../../../agent/inventory/looks.ts';

const NOW_MS = Date.UTC(2026, 10, 25, 8);
const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;

interface Dated {
  sizeBytes: number;
  modifiedAt: string | null;
  modifiedStepMs: number;
}

/** A file of that age by a clock that shows NOW_MS. */
function aged(ageMs: number, more: Partial<Dated> = {}): Dated {
  const modifiedAt = new Date(NOW_MS - ageMs).toISOString();
  return { sizeBytes: 7, modifiedAt, modifiedStepMs: 0, ...more };
}

const RIGHT: FileClock = { nowMs: NOW_MS, uncertaintyMs: 0, zoneMinutes: null, isSure: true };
const unseen = { beganMs: 0, endedMs: 100, clock: undefined };

function oldOf(file: Dated, clock: FileClock | undefined): Looks['old'] {
  return firstLook(file, { beganMs: 0, endedMs: 100, clock }).old;
}

describe('old by its own time', () => {
  test('a file is old from 15 minutes on, by the clock that gave it its time, its uncertainty and the step', () => {
    expect(oldOf(aged(OLD_MS), RIGHT)).toBe('sure');
    expect(oldOf(aged(OLD_MS - 1), RIGHT)).toBe('no');
    expect(oldOf(aged(OLD_MS + 499), { ...RIGHT, uncertaintyMs: 500 })).toBe('no');
    expect(oldOf(aged(OLD_MS + 500), { ...RIGHT, uncertaintyMs: 500 })).toBe('sure');
    expect(oldOf(aged(OLD_MS + 1999, { modifiedStepMs: 2000 }), RIGHT)).toBe('no');
  });

  test('no date, one in the future, before 2000 or that is none, a step that is none: not old', () => {
    for (const modifiedAt of [null, '1970-01-01T00:00:00.000Z', '1999-12-31T23:59:59.999Z', 'soon', ''])
      expect(oldOf({ ...aged(0), modifiedAt }, RIGHT), `${modifiedAt}`).toBe('no');
    expect(oldOf(aged(-HOUR_MS), RIGHT)).toBe('no');
    expect(oldOf(aged(HOUR_MS, { modifiedStepMs: NaN }), RIGHT)).toBe('no');
  });

  test('without a clock no file is old', () => {
    expect(oldOf(aged(400 * HOUR_MS), undefined)).toBe('no');
  });

  test('beside a clock with a zone a file is old only if it is in both readings of its time', () => {
    const west = { ...RIGHT, zoneMinutes: -300 };
    expect(oldOf(aged(5 * HOUR_MS), west)).toBe('no');
    expect(oldOf(aged(5 * HOUR_MS + OLD_MS), west)).toBe('sure');
    const east = { ...RIGHT, zoneMinutes: 120 };
    expect(oldOf(aged(OLD_MS), east)).toBe('sure');
    expect(oldOf(aged(-HOUR_MS), east)).toBe('no');
  });

  test('a camera without a clock shows the time of its newest file, which makes others likely old and none surely', () => {
    const files = [aged(0), aged(OLD_MS), aged(OLD_MS - 1), { ...aged(0), modifiedAt: null }];
    const clock = clockOfNewest(files, NOW_MS);
    expect(files.map((file) => oldOf(file, clock))).toEqual(['no', 'likely', 'no', 'no']);
  });

  test('a file from far ahead makes no other one old, nor does one from 1980', () => {
    const ahead = aged(-25 * HOUR_MS);
    expect(clockOfNewest([ahead, aged(OLD_MS)], NOW_MS)?.nowMs).toBe(NOW_MS - OLD_MS);
    expect(clockOfNewest([{ modifiedAt: '1980-01-01T00:00:00.000Z', modifiedStepMs: 0 }], NOW_MS)).toBe(
      undefined,
    );
    expect(clockOfNewest([], NOW_MS)).toBe(undefined);
  });
});

describe('two looks', () => {
  test('the first counts from its end, the second from its begin, and 3 s lie between them', () => {
    const looks = firstLook(aged(0), { beganMs: 0, endedMs: 5000, clock: RIGHT });
    expect([isStill(looks), untilStillMs(looks, 5000)]).toEqual([false, LOOK_MS]);
    expect(isStill(lookAgain(looks, 5000 + LOOK_MS - 1))).toBe(false);
    expect(isStill(lookAgain(looks, 5000 + LOOK_MS))).toBe(true);
    expect(untilStillMs(lookAgain(looks, 5000 + LOOK_MS), 9000)).toBe(undefined);
  });

  test('an old file needs none, neither to be taken nor to be erased; a likely old one does to be erased', () => {
    const sure = firstLook(aged(OLD_MS), { ...unseen, clock: RIGHT });
    expect([isStill(sure), isSettled(sure), untilSettledMs(sure, 100)]).toEqual([true, true, undefined]);
    const likely = firstLook(aged(OLD_MS), { ...unseen, clock: { ...RIGHT, isSure: false } });
    expect([isStill(likely), isSettled(likely), untilSettledMs(likely, 100)]).toEqual([
      true,
      false,
      SETTLE_MS,
    ]);
    expect(isSettled(lookAgain(likely, 100 + SETTLE_MS))).toBe(true);
  });

  test('a file that changed, one that shrank too, and a new one without bytes must stay as they are for 10 s', () => {
    const known = firstLook(aged(0), unseen);
    const at = { beganMs: 3100, endedMs: 3200, clock: RIGHT };
    const changed = [firstLook(aged(0), at, known), firstLook(aged(0, { sizeBytes: 6 }), at, known)];
    for (const looks of [...changed, firstLook(aged(0, { sizeBytes: 0 }), at)]) {
      expect(isStill(lookAgain(looks, 3200 + SETTLE_MS - 1))).toBe(false);
      expect(isStill(lookAgain(looks, 3200 + SETTLE_MS))).toBe(true);
    }
    expect(isChanging(firstLook(aged(0), at, known))).toBe(true);
    expect(isChanging(known)).toBe(false);
  });

  test('a file that changed is not old, whatever its time says', () => {
    const known = firstLook(aged(HOUR_MS), { ...unseen, clock: RIGHT });
    const changed = firstLook(aged(HOUR_MS), { beganMs: 3000, endedMs: 3000, clock: RIGHT }, known);
    expect([changed.old, isStill(changed), isChanging(changed)]).toEqual(['no', false, true]);
  });

  test('an old file without bytes is taken at once', () => {
    expect(isStill(firstLook(aged(OLD_MS, { sizeBytes: 0 }), { ...unseen, clock: RIGHT }))).toBe(true);
  });

  test('what reading found in another state is looked at anew, an old one too', () => {
    const old = firstLook(aged(OLD_MS), { ...unseen, clock: RIGHT });
    const anew = lookAnew(old, 8000);
    expect([isStill(anew), isSettled(anew), untilStillMs(anew, 8000)]).toEqual([false, false, LOOK_MS]);
  });

  test('nobody waits for a file that was not still for 5 minutes, and one that was in between begins anew', () => {
    const first = firstLook(aged(0), unseen);
    const begun = firstLook(aged(0), { beganMs: 3000, endedMs: 3000, clock: undefined }, first);
    let looks = begun;
    for (let at = 13_000; at < 3000 + CHANGING_MS; at += 9000) {
      expect(untilStillMs(looks, at)).toBeGreaterThanOrEqual(0);
      looks = firstLook(aged(0), { beganMs: at, endedMs: at, clock: undefined }, looks);
    }
    expect(untilStillMs(looks, 3000 + CHANGING_MS)).toBe(undefined);
    expect(isChanging(looks)).toBe(true);
    const still = lookAgain(looks, looks.firstMs + SETTLE_MS);
    const again = firstLook(aged(0), { beganMs: 400_000, endedMs: 400_000, clock: undefined }, still);
    expect([again.changesSinceMs, untilStillMs(again, 400_000)]).toEqual([400_000, SETTLE_MS]);
  });

  test('a recorder with any pauses of less than 3 s between its writes is never still before its last one', () => {
    const pauses = fc.array(fc.integer({ min: 1, max: LOOK_MS - 1 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(pauses, fc.integer({ min: 0, max: 2000 }), (between, listingMs) => {
        expect(takenAtMs(between, listingMs)).toBeGreaterThanOrEqual(sum(between));
      }),
    );
  });

  test('one with pauses of less than 10 s is not either, once it was seen to change', () => {
    const pauses = fc.array(fc.integer({ min: 1, max: SETTLE_MS - 1 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: LOOK_MS }), pauses, (first, rest) => {
        const between = [first, ...rest];
        expect(takenAtMs(between, 0)).toBeGreaterThanOrEqual(sum(between));
      }),
    );
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

/** When a docking that only looks takes a file that is written after these pauses; each listing sees it somewhere on its way. */
function takenAtMs(between: readonly number[], listingMs: number): number {
  const writtenMs = between.map((_, at) => sum(between.slice(0, at + 1)));
  const stateAt = (ms: number): number => writtenMs.filter((at) => at <= ms).length;
  let now = 0;
  let state = -1;
  let looks: Looks | undefined;
  for (;;) {
    const beganMs = now;
    const seen = stateAt(beganMs + listingMs / 2);
    now += listingMs;
    if (looks !== undefined && seen === state) looks = lookAgain(looks, beganMs);
    else looks = firstLook(aged(0), { beganMs, endedMs: now, clock: undefined }, looks);
    state = seen;
    if (isStill(looks)) return now;
    now += Math.max(untilStillMs(looks, now) ?? SECOND_MS, 1);
  }
}
