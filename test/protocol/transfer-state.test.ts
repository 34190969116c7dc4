import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseReceiverId, parseRecordingId, parseStationId, type SessionId } from '../../protocol/ids.ts';
import { UNIT_BYTES, WINDOW_BYTES_MAX } from '../../protocol/limits.ts';
import { chunksBytes, unitBytes, unitCount } from '../../protocol/manifest.ts';
import type { ClaimBody, HaveMessage } from '../../protocol/messages.ts';
import { NEVER_MS, Sender, SILENCE_MS, type SenderAction } from '../../protocol/transfer-state.ts';
import { UnitSet } from '../../protocol/unit-set.ts';

const recording = parseRecordingId('abcdefghijklmnopqrstuvwxya');
const session = 'abcdefghijklmnopqrstuvwxye' as SessionId;
const station = parseStationId('kod-1');
const receiver = parseReceiverId('r-a');
const other = parseReceiverId('r-b');
const manifestSha256 = 'a'.repeat(64);
const budget = { windowBytes: WINDOW_BYTES_MAX, messageBytesMax: UNIT_BYTES };

const subject = (sealedSizeBytes: number) => ({ recording, session, manifestSha256, sealedSizeBytes });
const claim = (epoch: number, over: Partial<ClaimBody> = {}): ClaimBody => ({
  message: 'claim',
  station,
  recording,
  receiver,
  session,
  epoch,
  message_bytes_max: UNIT_BYTES,
  lease_ms: 60_000,
  manifest_sha256: manifestSha256,
  ...over,
});
const have = (epoch: number, over: Partial<HaveMessage> = {}): HaveMessage => ({
  message: 'have',
  receiver,
  session,
  epoch,
  digests_bytes: 0,
  received: [],
  durable: [],
  bad: [],
  credit_bytes: WINDOW_BYTES_MAX,
  ...over,
});

function drain(sender: Sender, now: number, given = budget): SenderAction[] {
  const actions: SenderAction[] = [];
  for (let action = sender.next(now, given); action !== undefined; action = sender.next(now, given))
    actions.push(action);
  return actions;
}

test('offers repeat with doubling pauses from one second to a minute until a claim', () => {
  const sender = new Sender(subject(10), 0);
  const at: number[] = [];
  for (let now = 0; now < 300_000; now = Math.max(now + 1, sender.wakeAtMs))
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

test('a refusal waits as long as its verb says and is never final', () => {
  for (const [verb, waitMs] of [
    ['resend', 1000],
    ['restart', 1000],
    ['pause', 5000],
    ['never', NEVER_MS],
  ] as const) {
    const sender = new Sender(subject(10), 0);
    drain(sender, 0);
    const body = {
      message: 'refuse',
      station,
      recording,
      receiver,
      session,
      verb,
      reason: 'x',
      retry_after_ms: 5000,
      manifest_sha256: manifestSha256,
    } as const;
    sender.refuse(body, 0);
    expect(drain(sender, waitMs - 1)).toEqual([]);
    expect(drain(sender, waitMs).map((action) => action.kind)).toEqual(['offer']);
    expect(sender.claim(claim(1), waitMs)).toBe(true);
    expect(sender.refusal).toBeUndefined();
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
          if (chance() < 2) [digests, units] = [0, new UnitSet()];
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
