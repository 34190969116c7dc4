import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { DockError } from '../../../protocol/errors.ts';
import type { RecordingId } from '../../../protocol/ids.ts';
import { makeSecretKey } from '../../../protocol/minisign.ts';
import { settle } from '../../fakes/clock-manual.ts';
import { PushRig } from './push-rig.ts';

let rig: PushRig;
beforeEach(async () => {
  rig = new PushRig();
  await rig.clock.advance(0);
});

const offersOf = (recording: RecordingId): number =>
  rig.sent.filter((topic) => topic.endsWith(`/up/offer/${recording}`)).length;

const strangeKey = makeSecretKey({ bytes: (count: number) => randomBytes(count) });
const unitDamaged = (): DockError => new DockError('spool.unit-damaged', 'other bytes', { retry: 'never' });

/** Claimed, its digests held: the unit is read next. */
async function claimed(recording: RecordingId): Promise<void> {
  await settle();
  rig.pusher.take(recording, rig.claim(recording));
  await settle();
  rig.pusher.take(recording, rig.have(false));
}

test('a receipt whose log entry could not be written is told when it comes again', async () => {
  const recording = rig.spool();
  await claimed(recording);
  await settle();
  rig.custody.failWith = new DockError('custody.write-failed', 'the disk takes nothing', { retry: 'later' });
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  expect(rig.receipted).toEqual([]);
  rig.custody.failWith = undefined;
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  expect(rig.receipted).toEqual([recording]);
  expect(rig.custody.of('receipted')).toHaveLength(1);
  expect(rig.custody.covered).toBe(rig.custody.events.length);
});

test('receipts whose log entries could not be written do not keep others from being offered', async () => {
  const stuck = Array.from({ length: 16 }, () => rig.spool());
  const next = rig.spool();
  await settle();
  rig.custody.failWith = new DockError('custody.write-failed', 'the disk takes nothing', { retry: 'later' });
  for (const recording of stuck) rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  rig.custody.failWith = undefined;
  for (const recording of stuck) rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  expect(offersOf(next)).toBe(1);
});

test('a receipt for a recording that waits for its place is told at once and never offered', async () => {
  const first = Array.from({ length: 16 }, () => rig.spool());
  const waiting = rig.spool();
  await settle();
  rig.pusher.take(waiting, rig.receipt(waiting));
  await settle();
  expect(rig.receipted).toEqual([waiting]);
  for (const recording of first) rig.pusher.take(recording, rig.receipt(recording));
  await rig.clock.advance(120_000);
  expect(offersOf(waiting)).toBe(0);
});

test('a recording that is out of the spool although it could not be moved aside is told all the same', async () => {
  const recording = rig.spool();
  rig.onReadUnit = () => Promise.reject(unitDamaged());
  rig.onQuarantine = () =>
    Promise.reject(new DockError('spool.write-failed', 'it could not be moved', { retry: 'later' }));
  await claimed(recording);
  await settle();
  expect(rig.quarantined).toEqual([recording]);
  expect(rig.custody.of('quarantined').map(({ facts }) => facts)).toEqual([
    { name: recording, reason: 'damaged' },
  ]);
});

test('the log says why a recording went to the quarantine, and names no path', async () => {
  const recording = rig.spool();
  rig.onReadUnit = () =>
    Promise.reject(Object.assign(new Error("EIO: i/o error, read '/var/spool/x'"), { code: 'EIO' }));
  await claimed(recording);
  await settle();
  expect(rig.custody.of('quarantined').map(({ facts }) => facts)).toEqual([
    { name: recording, reason: 'unreadable: EIO' },
  ]);
});

test('a unit that cannot be read any more once the receipt is here puts nothing into the quarantine', async () => {
  const recording = rig.spool();
  let fail: (error: Error) => void = () => undefined;
  rig.onReadUnit = () => new Promise((_, reject) => (fail = reject));
  await claimed(recording);
  await settle();
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  fail(Object.assign(new Error('the copy was reclaimed'), { code: 'ENOENT' }));
  await settle();
  expect(rig.receipted).toEqual([recording]);
  expect(rig.quarantined).toEqual([]);
  expect(rig.held.has(recording)).toBe(true);
});

test('a thousand forged receipts make one entry in the custody log', async () => {
  const recording = rig.spool();
  await settle();
  const forged = rig.receipt(recording, strangeKey);
  for (let count = 0; count < 1000; count++) {
    rig.pusher.take(recording, forged);
    if (count % 100 === 0) await settle();
  }
  await settle();
  expect(rig.custody.of('receipt-refused')).toHaveLength(1);
  expect(rig.conditions.isRaised('receipt.refused', recording)).toBe(true);
});

test('a true receipt clears what was raised for its recording', async () => {
  const recording = rig.spool();
  await settle();
  rig.pusher.take(recording, rig.refusal(recording, 'never'));
  rig.pusher.take(recording, rig.receipt(recording, strangeKey));
  await settle();
  expect(rig.conditions.codes().sort()).toEqual(['receipt.refused', 'recording.refused']);
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  expect(rig.conditions.codes()).toEqual([]);
});

test('a custody log that takes nothing more makes no message throw', async () => {
  const recording = rig.spool();
  await settle();
  rig.custody.append = () => {
    throw new DockError('custody.overrun', 'too much waits', { retry: 'later' });
  };
  const forged = rig.receipt(recording, strangeKey);
  rig.pusher.take(recording, forged);
  await settle();
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  expect(rig.receipted).toEqual([]);
  expect(rig.conditions.isRaised('receipt.refused', recording)).toBe(true);
});

test('messages that are too large even when small raise a condition until bytes arrive', async () => {
  const recording = rig.spool();
  await claimed(recording);
  for (let count = 0; count < 400 && !rig.conditions.isRaised('broker.message-size'); count++) {
    await rig.clock.advance(1000);
    rig.pusher.take(recording, rig.have(false));
  }
  expect(rig.conditions.isRaised('broker.message-size')).toBe(true);
  rig.pusher.take(recording, rig.have(true));
  expect(rig.conditions.isRaised('broker.message-size')).toBe(false);
});

test('a recording whose spooled entry could not be written gets it before it is offered', async () => {
  const recording = rig.spool(false);
  await settle();
  expect(rig.custody.names()).toEqual(['sealed', 'spooled', 'offered']);
  expect(rig.custody.covered).toBe(3);
  expect(offersOf(recording)).toBe(1);
});

test('what a cut left without its spooled entry gets it at the next start, before it is offered', async () => {
  const [cut, whole] = [rig.spool(), rig.spool()];
  const next = new PushRig();
  for (const [recording, held] of rig.held) next.held.set(recording, held);
  next.unlogged.add(cut);
  next.pusher.start();
  await next.clock.advance(0);
  await settle();
  expect(next.custody.of('spooled').map(({ facts }) => facts['recording'])).toEqual([cut]);
  expect(next.custody.of('offered').map(({ facts }) => facts['recording'])).toEqual([cut, whole]);
});
