// What is sent again, and how often (SPEC 6.5): to a receiver that is away, to one that is merely busy, and of what a broker dropped.
import { expect, test } from 'vitest';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { chunksBytes } from '../../../protocol/documents/manifest.ts';
import { RoundTrip } from '../../../protocol/format/round-trip.ts';
import { Sender } from '../../../protocol/transfer/transfer-state.ts';
import { UnitSet } from '../../../protocol/transfer/unit-set.ts';
import { claim, drain, have, subject } from './sender-words.ts';

const CREDIT = 16;
const STEP_MS = 10;

/** What the receiver of a test does with a unit: when it has taken it, or undefined where it never comes. */
type Fate = (unit: number, nowMs: number) => number | undefined;

/** Sends so many units to a receiver like that, which says what it has every 50 ms; returns the units in the order of sending. */
function sent(
  units: number,
  fate: Fate,
  { untilMs = 600_000, roundTrip = new RoundTrip(), credit = CREDIT } = {},
): number[] {
  const sizeBytes = units * UNIT_BYTES;
  const sender = new Sender(subject(sizeBytes), 0, roundTrip);
  const words = { digests_bytes: chunksBytes(sizeBytes), credit_bytes: credit * UNIT_BYTES };
  const all: number[] = [];
  const held = new UnitSet();
  const taking: { unit: number; atMs: number }[] = [];
  let news = true;
  drain(sender, 0);
  sender.claim(claim(1), 0);
  for (let now = 0; now <= untilMs && !held.isFull(units); now += STEP_MS) {
    for (const { unit, atMs } of taking)
      if (atMs === now) {
        news ||= !held.has(unit);
        held.add(unit);
      }
    if (now % 50 === 0 && (news || now % 10_000 === 0)) {
      sender.have(have(1, { ...words, received: held.ranges() }), now);
      news = false;
    }
    for (const action of drain(sender, now)) {
      if (action.kind !== 'unit') continue;
      all.push(action.unit);
      const atMs = fate(action.unit, now);
      if (atMs !== undefined) taking.push({ unit: action.unit, atMs: Math.max(now + STEP_MS, atMs) });
    }
  }
  return all;
}

/** Takes one unit after the other, each for so long, and drops what it has or is taking. */
function busyFor(eachMs: number): Fate {
  let freeAtMs = 0;
  const seen = new Set<number>();
  return (unit, nowMs) => {
    if (seen.has(unit)) return undefined;
    seen.add(unit);
    freeAtMs = Math.max(freeAtMs, nowMs) + eachMs;
    return freeAtMs;
  };
}

test('a receiver that was away costs what was in flight, and one unit a time-out', () => {
  const [goneAtMs, backAtMs] = [100, 9000];
  const all = sent(100, (_, now) => (now >= goneAtMs && now < backAtMs ? undefined : now + 20));
  expect(new Set(all).size).toBe(100);
  // At 1, 3 and 7 s after the last answer; it is back before the next one.
  expect(all.length - 100).toBe(CREDIT + 3);
});

test('a receiver that is merely busy gets few units twice, however long it takes', () => {
  for (const eachMs of [300, 1500, 4000]) {
    const all = sent(60, busyFor(eachMs));
    expect(all.length - 60, `${eachMs} ms a unit`).toBeLessThanOrEqual(4);
  }
});

test('a receiver that takes seconds for each of many small recordings is waited for after the first ones', () => {
  const roundTrip = new RoundTrip();
  const again = Array.from(
    { length: 20 },
    () => sent(1, (_, now) => now + 4000, { roundTrip, credit: 1 }).length - 1,
  );
  expect(again.slice(0, 3).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(4);
  expect(again.slice(3)).toEqual(again.slice(3).map(() => 0));
});

test('a unit that a broker dropped is sent again once later ones arrived, and nothing with it', () => {
  const seen = new Set<number>();
  const all = sent(100, (unit, now) => {
    const isFirst = !seen.has(unit);
    seen.add(unit);
    return isFirst && [7, 8, 30].includes(unit) ? undefined : now + 20;
  });
  const again = all.filter((unit, at) => all.indexOf(unit) < at);
  expect(again.toSorted((a, b) => a - b)).toEqual([7, 8, 30]);
});

test('units that a receiver checks in another order than they came in are not sent again', () => {
  const all = sent(100, (unit, now) => now + (unit % 3 === 0 ? 200 : 20));
  expect(all).toHaveLength(100);
});

test('waits grow with what answers took, double with each time-out, and have an end', () => {
  const roundTrip = new RoundTrip();
  expect([0, 1, 2, 3, 4, 100].map((count) => roundTrip.waitMs(count))).toEqual([
    1000, 2000, 4000, 8000, 8000, 8000,
  ]);
  for (let count = 0; count < 100; count++) roundTrip.measured(5000);
  expect(roundTrip.waitMs(0)).toBeCloseTo(5000, -1);
  roundTrip.measured(50_000);
  expect(roundTrip.waitMs(0)).toBe(30_000);
  for (let count = 0; count < 200; count++) roundTrip.measured(20);
  expect(roundTrip.waitMs(0)).toBe(1000);
});
