// What the store asks for again while the spool cannot make that durable.
import { beforeEach, expect, test } from 'vitest';
import { DockError } from '../../../protocol/format/errors.ts';
import type { RecordingId } from '../../../protocol/format/ids.ts';
import { settle } from '../../fakes/clock-manual.ts';
import { PushRig } from './push-rig.ts';

const NOT_MARKED = 'redelivery request not stored, will retry';
const full = (): Promise<never> =>
  Promise.reject(new DockError('spool.write-failed', 'ENOSPC', { retry: 'later' }));
const unreadable = (): Promise<never> =>
  Promise.reject(new DockError('spool.damaged', 'receipt.json cannot be read', { retry: 'never' }));

let rig: PushRig;
let attempts: number;
let recording: RecordingId;
let again: Uint8Array;

beforeEach(async () => {
  rig = new PushRig();
  attempts = 0;
  await rig.clock.advance(0);
  recording = await receipted();
  again = rig.again(recording);
});

async function receipted(): Promise<RecordingId> {
  const id = rig.spool();
  await settle();
  rig.pusher.take(id, rig.receipt(id));
  await settle();
  expect(rig.receipted).toContain(id);
  return id;
}

/** From here on the spool does that each time it is asked. */
function asked(act: () => Promise<void>): void {
  rig.onAskAgain = () => {
    attempts++;
    return act();
  };
}

const offers = (): number => rig.sent.filter((topic) => topic.endsWith(`/up/offer/${recording}`)).length;

test('what the disk does not mark is tried again after pauses that double to a minute, and is not settled before it is marked', async () => {
  asked(full);
  rig.pusher.take(recording, again);
  await settle();
  expect([rig.asking, rig.unmarked, attempts]).toEqual([1, 1, 1]);
  expect(rig.log.messages('error').filter((message) => message === NOT_MARKED)).toHaveLength(1);
  const before = offers();
  await rig.clock.advance(63_000); // 1, 2, 4, 8, 16 and 32 s
  expect(attempts).toBe(7);
  await rig.clock.advance(600_000);
  expect(attempts).toBe(17);
  expect([rig.asking, rig.unmarked, offers()]).toEqual([1, 1, before]);
  expect(rig.custody.of('asked-again')).toEqual([]);
  asked(async () => undefined);
  await rig.clock.advance(60_000);
  expect([rig.asking, rig.unmarked]).toEqual([0, 0]);
  expect(rig.askedAgain).toEqual([`${recording} waits`]);
  expect(rig.custody.of('asked-again')).toHaveLength(1);
  expect(offers()).toBe(before + 1);
  expect(rig.log.messages('error').filter((message) => message === NOT_MARKED)).toHaveLength(1);
});

test('a store that asks a second time meanwhile is heard once', async () => {
  asked(full);
  for (let count = 0; count < 10; count++) rig.pusher.take(recording, again);
  await settle();
  rig.pusher.take(recording, again);
  await settle();
  expect([rig.asking, rig.unmarked, attempts]).toEqual([1, 1, 1]);
});

test('what the disk marks again waits for no other that it still refuses', async () => {
  const other = await receipted();
  asked(full);
  rig.pusher.take(recording, again);
  await settle();
  asked(async () => undefined);
  rig.pusher.take(other, rig.again(other));
  await settle();
  expect(rig.askedAgain).toEqual([`${other} waits`]);
  expect([rig.asking, rig.unmarked]).toEqual([1, 1]);
  await rig.clock.advance(1000);
  expect([rig.asking, rig.unmarked]).toEqual([0, 0]);
});

test('a station that stops in between leaves it unsettled, and tries nothing more', async () => {
  asked(full);
  rig.pusher.take(recording, again);
  await settle();
  await rig.pusher.stop();
  await rig.clock.advance(600_000);
  expect([rig.asking, attempts]).toEqual([1, 1]);
});

test('an asking for a receipt that cannot be read for a minute is let go: it allows nothing', async () => {
  asked(unreadable);
  rig.pusher.take(recording, again);
  await rig.clock.advance(50_000);
  expect([rig.asking, rig.unmarked]).toEqual([1, 1]);
  await rig.clock.advance(60_000);
  expect([rig.asking, rig.unmarked]).toEqual([0, 0]);
  expect(rig.askedAgain).toEqual([]);
  const before = attempts;
  rig.pusher.take(recording, again); // the store asks until it is heard
  await settle();
  expect(attempts).toBe(before + 1);
});
