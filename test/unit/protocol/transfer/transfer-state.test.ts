import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SessionId } from '../../../../protocol/format/ids.ts';
import { UNIT_BYTES, WINDOW_BYTES_MAX } from '../../../../protocol/format/limits.ts';
import { chunksBytes, unitBytes, unitCount } from '../../../../protocol/documents/manifest.ts';
import {
  NEVER_MS_MAX,
  NEVER_MS_MIN,
  RECEIPT_MS_MAX,
  UNANSWERED_AGAIN_MS_MAX,
  UNANSWERED_MS_MAX,
} from '../../../../protocol/transfer/offers.ts';
import { Sender, SILENCE_MS, type SenderAction } from '../../../../protocol/transfer/transfer-state.ts';
import { UnitSet } from '../../../../protocol/transfer/unit-set.ts';
import {
  budget,
  claim,
  drain,
  have,
  manifestSha256,
  other,
  receiver,
  recording,
  session,
  station,
  subject,
} from '../sender-words.ts';

/** A sender whose only unit is leaving for the receiver that it follows. */
function leavingUnit(): Sender {
  const sender = new Sender(subject(UNIT_BYTES), 0);
  drain(sender, 0);
  sender.claim(claim(1), 0);
  sender.have(have(1, { digests_bytes: 32 }), 0);
  drain(sender, 0);
  sender.leaving(0, 0);
  return sender;
}

test('offers repeat with doubling pauses from one second to a minute until a claim', () => {
  const sender = new Sender(subject(10), 0);
  const at: number[] = [];
  for (let now = 0; now < 300_000; now = Math.max(now + 1, sender.wakeAtMs()))
    if (sender.next(now, budget) !== undefined) at.push(now);
  const pauses = at.slice(1).map((value, index) => value - (at[index] ?? 0));
  expect(pauses.slice(0, 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]);
  expect(Math.max(...pauses)).toBe(60_000);
});

test('no byte is sent before a claim and a have with credit', () => {
  const sender = new Sender(subject(3 * UNIT_BYTES), 0);
  expect(drain(sender, 0).map((action) => action.kind)).toEqual(['offer']);
  sender.have(have(1), 1);
  expect(drain(sender, 1)).toEqual([]);
  expect(sender.claim(claim(1), 2)).toBe(true);
  expect(drain(sender, 2).map((action) => action.kind)).toEqual(['digests']);
  sender.have(have(1), 3);
  expect(drain(sender, 3).map((action) => action.kind)).toEqual(['unit', 'unit', 'unit', 'fin']);
});

test('a claim of another session, manifest or older epoch is not followed', () => {
  const sender = new Sender(subject(10), 0);
  expect(sender.claim(claim(1, { session: 'abcdefghijklmnopqrstuvwxyi' as SessionId }), 0)).toBe(false);
  expect(sender.claim(claim(1, { manifest_sha256: 'b'.repeat(64) }), 0)).toBe(false);
  expect(sender.claim(claim(5), 0)).toBe(true);
  expect(sender.claim(claim(4, { receiver: other }), 0)).toBe(false);
  expect(sender.claim(claim(5, { receiver: other }), 0)).toBe(false);
  expect(sender.claim(claim(6, { receiver: other }), 0)).toBe(true);
  sender.have(have(5), 1);
  expect(drain(sender, 1).some((action) => action.kind === 'unit')).toBe(false);
});

test('what another receiver, epoch or session of ours held says nothing', () => {
  const sender = new Sender(subject(3 * UNIT_BYTES), 0);
  sender.claim(claim(2), 0);
  const all = { digests_bytes: 3 * 32, received: [[0, 3]] as [number, number][] };
  for (const over of [
    { receiver: other },
    { epoch: 1 },
    { epoch: 3 },
    { session: 'abcdefghijklmnopqrstuvwxyi' as SessionId },
  ])
    sender.have(have(2, { ...all, ...over }), 1);
  expect(sender.receivedBytes).toBe(0);
  expect(drain(sender, 1).some((action) => action.kind === 'fin')).toBe(false);
  sender.have(have(2, all), 2);
  expect(sender.receivedBytes).toBe(3 * UNIT_BYTES);
});

test('bytes in flight never exceed credit or window, and a credit of zero is a pause', () => {
  const sender = new Sender(subject(100 * UNIT_BYTES), 0);
  drain(sender, 0);
  sender.claim(claim(1), 0);
  sender.have(have(1, { credit_bytes: 0 }), 0);
  expect(drain(sender, 0).filter((action) => action.kind === 'unit')).toEqual([]);
  sender.have(have(1, { credit_bytes: 4 * UNIT_BYTES + 1 }), 1);
  expect(drain(sender, 1).filter((action) => action.kind === 'unit')).toHaveLength(4);
  sender.have(have(1, { credit_bytes: 4 * UNIT_BYTES, received: [[0, 2]] }), 2);
  expect(
    drain(sender, 2, { ...budget, windowBytes: UNIT_BYTES }).filter((action) => action.kind === 'unit')
      .length,
  ).toBeGreaterThan(0);
  expect(sender.inFlightBytes).toBeLessThanOrEqual(4 * UNIT_BYTES);
});

test('silence ends sending and asks again by an offer; what is held is not sent a second time', () => {
  const sender = new Sender(subject(4 * UNIT_BYTES), 0);
  drain(sender, 0);
  sender.claim(claim(1), 0);
  sender.have(have(1, { received: [[0, 3]] }), 0);
  expect(drain(sender, 0).filter((action) => action.kind === 'unit')).toHaveLength(1);
  expect(drain(sender, SILENCE_MS).map((action) => action.kind)).toEqual(['offer']);
  sender.claim(claim(1), SILENCE_MS + 1);
  sender.have(have(1, { received: [[0, 3]] }), SILENCE_MS + 1);
  const units = drain(sender, SILENCE_MS + 1).filter((action) => action.kind === 'unit');
  expect(units.map((action) => action.kind === 'unit' && action.unit)).toEqual([3]);
});

test('what a receiver lost again is sent again', () => {
  const sender = new Sender(subject(4 * UNIT_BYTES), 0);
  drain(sender, 0);
  sender.claim(claim(1), 0);
  sender.have(have(1), 0);
  drain(sender, 0);
  sender.have(have(1, { received: [[0, 4]] }), 1);
  sender.have(have(1, { received: [[2, 2]] }), 2);
  const units = drain(sender, 2).flatMap((action) => (action.kind === 'unit' ? [action.unit] : []));
  expect(units).toEqual([0, 1]);
});

const refusal = (verb: 'resend' | 'restart' | 'pause' | 'never') =>
  ({
    message: 'refuse',
    station,
    recording,
    receiver,
    session,
    verb,
    reason: 'x',
    retry_after_ms: 5000,
    manifest_sha256: manifestSha256,
  }) as const;

test('who is refused for good again and again offers it after a minute and ever more rarely, once a day in the end', () => {
  const sender = new Sender(subject(10), 0);
  const offeredAt: number[] = [];
  let nowMs = 0;
  for (let count = 0; count < 12; count++) {
    expect(drain(sender, nowMs).map((action) => action.kind)).toEqual(['offer']);
    offeredAt.push(nowMs);
    sender.refuse(refusal('never'), nowMs);
    nowMs = sender.wakeAtMs();
  }
  const pauses = offeredAt.slice(1).map((atMs, at) => atMs - (offeredAt[at] ?? 0));
  expect(pauses.slice(0, 3)).toEqual([NEVER_MS_MIN, 4 * NEVER_MS_MIN, 16 * NEVER_MS_MIN]);
  expect(pauses.slice(-4)).toEqual(Array.from({ length: 4 }, () => NEVER_MS_MAX));
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
  drain(sender, nowMs);
  sender.claim(claim(1), nowMs);
  sender.refuse(refusal('never'), nowMs);
  expect(sender.wakeAtMs() - nowMs).toBe(NEVER_MS_MIN);
});

test('a refusal waits as long as its verb says and is never final', () => {
  for (const [verb, waitMs] of [
    ['resend', 1000],
    ['restart', 1000],
    ['pause', 5000],
    ['never', NEVER_MS_MIN],
  ] as const) {
    const sender = new Sender(subject(10), 0);
    drain(sender, 0);
    sender.refuse(refusal(verb), 0);
    expect(drain(sender, waitMs - 1)).toEqual([]);
    expect(drain(sender, waitMs).map((action) => action.kind)).toEqual(['offer']);
    expect(sender.claim(claim(1), waitMs)).toBe(true);
    expect(sender.standsBack).toBe(false);
  }
});

test('a receipt that does not count makes the next offer later each time, once an hour in the end; only a claim ends it', () => {
  const sender = new Sender(subject(10), 0);
  sender.receiptRefused(0, true);
  expect(sender.standsBack).toBe(false); // it answers nothing
  let nowMs = 0;
  const pauses: number[] = [];
  for (let count = 0; count < 15; count++) {
    expect(drain(sender, nowMs).map((action) => action.kind)).toEqual(['offer']);
    for (let again = 0; again < 3; again++) sender.receiptRefused(nowMs, true); // brokers deliver twice
    sender.connected(nowMs);
    expect(sender.standsBack).toBe(true);
    pauses.push(sender.wakeAtMs() - nowMs);
    nowMs = sender.wakeAtMs();
  }
  expect(pauses.slice(0, 5)).toEqual([1000, 2000, 4000, 8000, 16_000]);
  expect(pauses.slice(-3)).toEqual([RECEIPT_MS_MAX, RECEIPT_MS_MAX, RECEIPT_MS_MAX]);
  drain(sender, nowMs);
  sender.claim(claim(1), nowMs);
  expect(sender.standsBack).toBe(false);
});

test('a receipt that could not be kept is asked for again once a minute in the end', () => {
  const sender = new Sender(subject(10), 0);
  const offeredAt: number[] = [];
  for (let nowMs = 0; nowMs < 600_000; nowMs = sender.wakeAtMs()) {
    expect(drain(sender, nowMs).map((action) => action.kind)).toEqual(['offer']);
    offeredAt.push(nowMs / 1000);
    sender.receiptRefused(nowMs, false);
  }
  expect(offeredAt).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303, 363, 423, 483, 543]);
});

test('a forged receipt ends no waiting for the true store: it is offered soon, and its claim counts', () => {
  const sender = new Sender(subject(10), 0);
  drain(sender, 0);
  sender.receiptRefused(0, true);
  expect(sender.claim(claim(1), 1)).toBe(true);
  expect(sender.standsBack).toBe(false);
});

test('offers of two minutes without an answer are long, of one that stood back before those of a quarter', () => {
  const first = new Sender(subject(10), 0);
  const back = new Sender(subject(10), 0, undefined, first.standingBack);
  for (const [sender, longMs] of [
    [first, UNANSWERED_MS_MAX],
    [back, UNANSWERED_AGAIN_MS_MAX],
  ] as const) {
    for (let nowMs = 0; nowMs < longMs; nowMs += 1000) {
      drain(sender, nowMs);
      expect(sender.isUnanswered(nowMs)).toBe(false);
    }
    expect(sender.isUnanswered(longMs)).toBe(true);
    sender.refuse(refusal('pause'), longMs);
    expect(sender.isUnanswered(longMs + 1000)).toBe(false);
  }
});

test('what is kept of one that stands back is enough to go on: its pauses grow further, and old claims stay old', () => {
  const before = new Sender(subject(10), 0);
  drain(before, 0);
  before.claim(claim(3, { lease_ms: 3_600_000 }), 0);
  before.refuse(refusal('never'), 0);
  drain(before, NEVER_MS_MIN);
  before.refuse(refusal('never'), NEVER_MS_MIN);
  const dueMs = 5 * NEVER_MS_MIN;
  expect(before.offerAtMs).toBe(dueMs);
  const sender = new Sender(subject(10), dueMs, undefined, before.standingBack);
  expect(sender.standsBack).toBe(true);
  expect(drain(sender, dueMs - 1)).toEqual([]);
  expect(drain(sender, dueMs).map((action) => action.kind)).toEqual(['offer']);
  expect(sender.claim(claim(2), dueMs)).toBe(false);
  sender.refuse(refusal('never'), dueMs);
  expect(sender.wakeAtMs() - dueMs).toBe(16 * NEVER_MS_MIN);
  expect(sender.claim(claim(3), dueMs)).toBe(true); // said again by who still holds the lease
  expect(sender.standsBack).toBe(false);
  expect(sender.standingBack).toEqual({
    ...before.standingBack,
    offerAtMs: expect.any(Number),
    neverMs: NEVER_MS_MIN,
    oldUntilMs: dueMs + 60_000,
  });
});

test('a receiver of a lower epoch is followed once the one of a higher epoch was not heard for its lease', () => {
  const sender = new Sender(subject(10), 0);
  drain(sender, 0);
  sender.claim(claim(5, { receiver: other }), 0);
  sender.have(have(5, { receiver: other }), 10_000);
  drain(sender, 10_000 + SILENCE_MS);
  expect(sender.claim(claim(4), 69_999)).toBe(false);
  const back = new Sender(subject(10), 69_999, undefined, sender.standingBack);
  for (const each of [sender, back]) {
    if (each === back) expect(each.claim(claim(4), 69_999)).toBe(false);
    expect(each.claim(claim(4), 70_000)).toBe(true);
    each.have(have(4, { digests_bytes: 32 }), 70_000);
    expect(drain(each, 70_000).some((action) => action.kind === 'unit')).toBe(true);
  }
});

test('a receiver that answers while nothing arrives is a stall, a dead one is not', () => {
  const stalled = new Sender(subject(10), 0);
  const dead = new Sender(subject(10), 0);
  for (const sender of [stalled, dead]) {
    drain(sender, 0);
    sender.claim(claim(1), 0);
    sender.have(have(1, { digests_bytes: 32 }), 0);
  }
  for (let now = 0; now < 12_000; now += 100) {
    drain(stalled, now);
    drain(dead, now);
    if (now % 2000 === 0) stalled.have(have(1, { digests_bytes: 32 }), now);
  }
  expect(stalled.stalled).toBe(true);
  expect(dead.stalled).toBe(false);
});

test('a unit that takes minutes to leave is not sent a second time before it left, and late only as long again after it', () => {
  const sender = new Sender(subject(UNIT_BYTES), 0);
  drain(sender, 0);
  sender.claim(claim(1), 0);
  const alive = (now: number): void => sender.have(have(1, { digests_bytes: 32 }), now);
  alive(0);
  expect(drain(sender, 0).map(({ kind }) => kind)).toContain('unit');
  sender.leaving(0, 0);
  const units = (from: number, to: number): number => {
    let count = 0;
    for (let now = from; now < to; now += 1000) {
      alive(now);
      count += drain(sender, now).filter(({ kind }) => kind === 'unit').length;
    }
    return count;
  };
  expect(units(1000, 50_000)).toBe(0);
  // Another connection, and the same unit is still on its way into it.
  drain(sender, 50_000 + SILENCE_MS);
  sender.claim(claim(2), 66_000);
  sender.have(have(2, { digests_bytes: 32 }), 66_000);
  expect(drain(sender, 66_000).filter(({ kind }) => kind === 'unit')).toEqual([]);
  sender.left({ unit: 0, receiver }, true, 80_000);
  for (let now = 80_000; now < 159_000; now += 1000) {
    sender.have(have(2, { digests_bytes: 32 }), now);
    expect(drain(sender, now).filter(({ kind }) => kind === 'unit')).toEqual([]);
  }
  sender.have(have(2, { digests_bytes: 32 }), 160_000);
  expect(drain(sender, 160_000).filter(({ kind }) => kind === 'unit')).toHaveLength(1);
});

test('a unit that was leaving for another receiver is not gone on with, counts as not sent, and goes to the one that is followed', () => {
  const sender = leavingUnit();
  expect(sender.wants({ unit: 0, receiver })).toBe(true);
  sender.claim(claim(2, { receiver: other }), 100);
  expect(sender.wants({ unit: 0, receiver })).toBe(false);
  expect(sender.wants({ unit: 0, receiver: other })).toBe(true);
  sender.left({ unit: 0, receiver }, true, 200);
  expect(sender.inFlightBytes).toBe(0);
  sender.have(have(2, { receiver: other, digests_bytes: 32 }), 300);
  expect(drain(sender, 300)).toContainEqual({
    kind: 'unit',
    receiver: other,
    unit: 0,
    messageBytesMax: UNIT_BYTES,
  });
});

test('a unit that could not be sent is tried again after a second, not at once and for ever', () => {
  const sender = leavingUnit();
  sender.left({ unit: 0, receiver }, false, 10);
  const isUnit = ({ kind }: SenderAction): boolean => kind === 'unit';
  expect(drain(sender, 1009).filter(isUnit)).toEqual([]);
  expect(drain(sender, 1010).filter(isUnit)).toHaveLength(1);
});

const RESTARTS_MAX = 20;

// A small twin of the receiving end over a channel that drops, doubles and delays, and that restarts and forgets.
test('over a channel that loses, doubles and forgets, everything arrives and fin follows', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 * UNIT_BYTES }),
      fc.infiniteStream(fc.nat(99)),
      fc.integer({ min: 0, max: 60 }),
      (size, chances, loss) => {
        const chance = (): number => chances.next().value ?? 0;
        const sender = new Sender(subject(size), 0);
        const total = unitCount(size);
        let epoch = 0;
        let digests = 0;
        let units = new UnitSet();
        let finished = false;
        let restarts = 0;
        let now = 0;
        for (let step = 0; step < 4000 && !finished; step++) {
          for (const action of drain(sender, now)) {
            if (chance() < loss) continue;
            if (action.kind === 'offer') {
              epoch++;
              sender.claim(claim(epoch), now);
            } else if (action.kind === 'digests') {
              if (action.offset === digests) digests += action.sizeBytes;
              expect(action.offset + action.sizeBytes).toBeLessThanOrEqual(chunksBytes(size));
            } else if (action.kind === 'unit') {
              expect(unitBytes(size, action.unit)).toBeGreaterThan(0);
              if (digests === chunksBytes(size)) units.add(action.unit);
            } else if (units.isFull(total)) {
              finished = true;
            }
          }
          // Anybody who forgets for ever is never full.
          if (restarts < RESTARTS_MAX && chance() < 2) {
            [digests, units] = [0, new UnitSet()];
            restarts++;
          }
          if (chance() >= loss)
            sender.have(have(epoch, { digests_bytes: digests, received: units.ranges() }), now);
          expect(sender.inFlightBytes).toBeLessThanOrEqual(WINDOW_BYTES_MAX);
          now += 500;
        }
        expect(finished).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

test('bytes that are held back are neither lost nor asked for, and offers, claims and fins go on', () => {
  const sender = new Sender(subject(2 * UNIT_BYTES), 0);
  drain(sender, 0);
  sender.claim(claim(1), 1);
  sender.have(have(1, { digests_bytes: 64 }), 2);
  const held = { ...budget, held: 'bytes' as const };
  expect(drain(sender, 3, held)).toEqual([]);
  expect(sender.wakeAtMs('bytes')).toBe(2 + SILENCE_MS);
  expect(drain(sender, 4).map(({ kind }) => kind)).toEqual(['unit', 'unit', 'fin']);
  for (let now = 1000; now < 10_000; now += 1000) {
    sender.have(have(1, { digests_bytes: 64 }), now);
    expect(drain(sender, now, held).map(({ kind }) => kind)).not.toContain('unit');
    expect(sender.wakeAtMs('bytes')).toBeGreaterThan(now);
  }
  expect(sender.stalled).toBe(false);
  expect(drain(sender, 10_000).map(({ kind }) => kind)).toContain('unit'); // a probe: long due
});

test('what is not offered for now is not, and asks for no timer', () => {
  const sender = new Sender(subject(UNIT_BYTES), 0);
  const held = { ...budget, held: 'offers' as const };
  expect(drain(sender, 0, held)).toEqual([]);
  expect(sender.wakeAtMs('offers')).toBe(Number.POSITIVE_INFINITY);
  drain(sender, 1);
  sender.claim(claim(1), 2);
  expect(sender.wakeAtMs('offers')).toBe(2 + SILENCE_MS);
  expect(drain(sender, 2 + SILENCE_MS, held)).toEqual([]);
  expect(sender.wakeAtMs('offers')).toBe(Number.POSITIVE_INFINITY);
  expect(drain(sender, 60_000).map(({ kind }) => kind)).toEqual(['offer']);
});

test('the time for which the station held a unit back is not taken for that of the line', () => {
  const late = (heldMs: number): number => {
    const sender = new Sender(subject(UNIT_BYTES), 0);
    drain(sender, 0);
    sender.claim(claim(1), 1);
    sender.have(have(1, { digests_bytes: 32 }), 2);
    drain(sender, 3);
    sender.leaving(0, 3);
    sender.left({ unit: 0, receiver }, true, 30_003, heldMs);
    sender.have(have(1, { digests_bytes: 32 }), 30_004);
    let now = 30_004;
    while (!drain(sender, now).some(({ kind }) => kind === 'unit')) {
      now += 100;
      if (now % 5000 < 100) sender.have(have(1, { digests_bytes: 32 }), now);
    }
    return now - 30_003;
  };
  expect(late(0)).toBeGreaterThanOrEqual(30_000);
  expect(late(29_500)).toBeLessThan(2000);
});
