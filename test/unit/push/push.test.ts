import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { parseOffer } from '../../../protocol/transfer/messages.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { parseReceiverId, type RecordingId, type SessionId } from '../../../protocol/format/ids.ts';
import { DOWN_MESSAGE_BYTES_MAX, UNIT_BYTES, WINDOW_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { makeSecretKey } from '../../../protocol/documents/minisign.ts';
import { settle } from '../../fakes/clock-manual.ts';
import { PushRig, SEALED_BYTES, session } from './push-rig.ts';

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

/** Its receipt was taken back, as after a statement of the store, and it is offered again. */
async function takenBack(recording: RecordingId): Promise<void> {
  const entry = rig.held.get(recording)?.recording;
  if (entry === undefined) throw new Error(`${recording} is not here`);
  entry.state = 'spooled';
  rig.changes.put({ kind: 'recording', item: recording, to: 'spooled' });
  await settle();
  await rig.clock.advance(10);
}

test('a unit for which no worker starts is tried again after ever longer pauses, and sent when one does', async () => {
  rig.onReadUnit = () => Promise.reject(new DockError('worker.died', 'EAGAIN', { retry: 'later' }));
  const recording = rig.spool();
  await claimed(recording);
  await settle();
  const told = (): number => rig.log.messages().filter((each) => each.startsWith('delivery failed')).length;
  expect(told()).toBe(1);
  for (let second = 0; second < 60; second++) {
    await rig.clock.advance(1000);
    await claimed(recording); // the store answers each offer
  }
  expect(told()).toBeGreaterThan(3);
  expect(told()).toBeLessThan(9); // behind 1, 2, 4, 8, 15, 15 and 15 s
  expect(rig.quarantined).toEqual([]);
  rig.onReadUnit = async (sizeBytes) => new Uint8Array(sizeBytes);
  const before = rig.sent.length;
  await rig.clock.advance(15_000);
  await claimed(recording);
  await settle();
  expect(rig.sent.slice(before).some((topic) => topic.endsWith(`/${recording}/0`))).toBe(true);
});

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

test('a recording that cannot be read because the spool is away is not set aside: it is sent when the spool is back', async () => {
  const recording = rig.spool();
  rig.onReadUnit = () => Promise.reject(Object.assign(new Error('ENOENT'), { code: 'ENOENT' }));
  rig.isGone = true;
  await claimed(recording);
  await rig.clock.advance(10_000);
  expect(rig.quarantined).toEqual([]);
  expect(rig.custody.of('quarantined')).toEqual([]);
  expect(offersOf(recording)).toBe(1);
  await rig.clock.advance(60_000);
  expect(offersOf(recording)).toBeLessThan(10);
  expect(rig.conditions.codes()).toEqual([]);
  rig.isGone = false;
  rig.onReadUnit = async () => new Uint8Array(1000);
  rig.sent.length = 0;
  await rig.clock.advance(60_000);
  rig.pusher.take(recording, rig.claim(recording));
  rig.pusher.take(recording, rig.have(false));
  await settle();
  expect(rig.sent.some((topic) => topic.endsWith(`/${recording}/0`))).toBe(true);
});

function withheld(): Promise<never> {
  return Promise.reject(Object.assign(new Error("EIO: i/o error, read '/var/spool/x'"), { code: 'EIO' }));
}

/** The store asks for its units each second. */
async function wantedFor(recording: RecordingId, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await rig.clock.advance(1000);
    if (!rig.held.has(recording)) return;
    rig.pusher.take(recording, rig.claim(recording));
    rig.pusher.take(recording, rig.have(false));
  }
}

test('a unit that the disk did not give back once is sent a moment later, and nothing is set aside', async () => {
  const recording = rig.spool();
  let failures = 1;
  rig.onReadUnit = async () => (failures-- > 0 ? await withheld() : new Uint8Array(1000));
  await claimed(recording);
  await rig.clock.advance(3000);
  rig.pusher.take(recording, rig.claim(recording));
  rig.pusher.take(recording, rig.have(false));
  await settle();
  expect(failures).toBeLessThan(0);
  expect(rig.sent.some((topic) => topic.endsWith(`/${recording}/0`))).toBe(true);
  expect(rig.quarantined).toEqual([]);
});

test('one refusal of the disk behind minutes without file handles sets nothing aside', async () => {
  const recording = rig.spool();
  rig.onReadUnit = () => Promise.reject(Object.assign(new Error('EMFILE'), { code: 'EMFILE' }));
  await claimed(recording);
  await wantedFor(recording, 120);
  rig.onReadUnit = withheld;
  await wantedFor(recording, 20);
  expect(rig.log.messages().filter((each) => each.startsWith('delivery failed')).length).toBeGreaterThan(8);
  expect(rig.quarantined).toEqual([]);
});

test('the receipt of what the disk does not give back counts: the store has it already', async () => {
  const recording = rig.spool();
  rig.onReadUnit = withheld;
  await claimed(recording);
  await rig.clock.advance(30_000);
  rig.pusher.take(recording, rig.receipt(recording));
  await rig.clock.advance(120_000);
  expect(rig.receipted).toEqual([recording]);
  expect(rig.quarantined).toEqual([]);
});

test('what the disk does not give back for a minute goes to the quarantine: the log says why, and names no path', async () => {
  const recording = rig.spool();
  rig.onReadUnit = withheld;
  await claimed(recording);
  await wantedFor(recording, 55);
  expect(rig.quarantined).toEqual([]);
  const tries = rig.log.messages().filter((each) => each.startsWith('delivery failed')).length;
  expect(tries).toBeGreaterThan(3);
  expect(tries).toBeLessThan(9);
  await wantedFor(recording, 25);
  expect(rig.quarantined).toEqual([recording]);
  expect(rig.custody.of('quarantined').map(({ facts }) => facts)).toEqual([
    { name: recording, reason: 'unreadable: EIO' },
  ]);
});

test('a log that the disk refuses puts nothing else into the quarantine: it is offered once the log is written again', async () => {
  const cause = Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' });
  rig.custody.failWith = new DockError('custody.write-failed', 'not written', { cause, retry: 'later' });
  const recording = rig.spool();
  // Longer than a disk may refuse to give the recording itself back.
  for (let seconds = 0; seconds < 120; seconds += 5) {
    await settle();
    await rig.clock.advance(5000);
  }
  await settle();
  expect(rig.quarantined).toEqual([]);
  expect(offersOf(recording)).toBe(0);
  rig.custody.failWith = undefined;
  await rig.clock.advance(20_000);
  expect(offersOf(recording)).toBeGreaterThan(0);
  // However often it was tried: what the log took it keeps, and writes by itself.
  expect(rig.custody.of('offered')).toHaveLength(1);
});

test('a checkpoint that takes longer than the pause between two offers is waited for by both, and says one thing', async () => {
  let written = (): void => undefined;
  const disk = new Promise<void>((resolve) => (written = resolve));
  vi.spyOn(rig.custody, 'checkpoint').mockReturnValue(disk);
  const recording = rig.spool();
  for (let second = 0; second < 5; second++) {
    await settle();
    await rig.clock.advance(1000);
  }
  expect(offersOf(recording)).toBe(0);
  written();
  await settle();
  expect(offersOf(recording)).toBeGreaterThan(0);
  expect(rig.custody.of('offered')).toHaveLength(1);
});

test('entries that are owed to a log that is full in between are told once each', async () => {
  const append = rig.custody.append.bind(rig.custody);
  let room = 1;
  vi.spyOn(rig.custody, 'append').mockImplementation((event) => {
    if (room-- <= 0) throw new DockError('custody.overrun', 'too much waits', { retry: 'later' });
    append(event);
  });
  const recording = rig.spool(false);
  for (let second = 0; second < 20; second++) {
    await settle();
    await rig.clock.advance(1000);
  }
  expect(rig.custody.names()).toEqual(['sealed']);
  room = Infinity;
  await rig.clock.advance(20_000);
  await settle();
  expect(rig.custody.names()).toEqual(['sealed', 'spooled', 'offered']);
  expect(offersOf(recording)).toBeGreaterThan(0);
});

test('what is too large for the broker gives its place to others, keeps nothing in memory, and is sent once it fits', async () => {
  const tooLarge = new Set<RecordingId>();
  const offered: RecordingId[] = [];
  const publish = rig.broker.publish.bind(rig.broker);
  vi.spyOn(rig.broker, 'publish').mockImplementation(async (topic, ...rest) => {
    const found = [...tooLarge].find((recording) => topic.endsWith(`/up/offer/${recording}`));
    if (found !== undefined) {
      offered.push(found);
      throw new DockError('broker.message-oversize', 'too long', { retry: 'later' });
    }
    await publish(topic, ...rest);
  });
  for (let count = 0; count < 16; count++) tooLarge.add(rig.spool());
  const behind = [rig.spool(), rig.spool()];
  for (let second = 0; second < 5; second++) {
    await settle();
    await rig.clock.advance(1000);
  }
  expect(behind.map(offersOf).every((count) => count > 0)).toBe(true);
  const [first] = tooLarge;
  if (first === undefined) throw new Error('none was too large');
  const read = rig.manifestsRead.filter((recording) => recording === first).length;
  expect(read).toBe(offered.filter((recording) => recording === first).length); // anew for each offer
  expect(read).toBeGreaterThan(1);
  expect(rig.conditions.isRaised('broker.offer-size', first)).toBe(true);
  tooLarge.clear();
  await rig.clock.advance(120_000);
  await settle();
  expect(offersOf(first)).toBeGreaterThan(0);
  expect(rig.conditions.isRaised('broker.offer-size', first)).toBe(false);
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

test('a receipt that is not durable yet is told to nobody, and one that could not be stored never', async () => {
  const recording = rig.spool();
  await settle();
  let end: (error?: Error) => void = () => undefined;
  rig.onStoreReceipt = () =>
    new Promise((resolve, reject) => (end = (error) => (error === undefined ? resolve() : reject(error))));
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  expect(rig.receipted).toEqual([]);
  expect(rig.custody.of('receipted')).toEqual([]);
  end(Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' }));
  await settle();
  expect(rig.receipted).toEqual([]);
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  expect(rig.receipted).toEqual([]);
  end();
  await settle();
  expect(rig.receipted).toEqual([recording]);
});

describe('a receipt that is not in the log of the store', () => {
  test('is not stored; it is entered once, and shown until one counts', async () => {
    const recording = rig.spool();
    await settle();
    rig.unproven = new DockError('receipt.not-in-log', 'no proof', { retry: 'later' });
    for (let at = 0; at < 3; at++) rig.pusher.take(recording, rig.receipt(recording));
    await settle();
    expect([rig.receipted, rig.custody.of('receipted')]).toEqual([[], []]);
    const refused = { recording, reason: 'receipt.not-in-log' };
    expect(rig.custody.of('receipt-refused').map(({ facts }) => facts)).toEqual([refused]);
    expect(rig.conditions.isRaised('receipt.not-in-log')).toBe(true);
    rig.unproven = undefined;
    rig.pusher.take(recording, rig.receipt(recording));
    await settle();
    expect(rig.receipted).toEqual([recording]);
    expect(rig.conditions.isRaised('receipt.not-in-log')).toBe(false);
  });

  test.for(['store.log-forked', 'receipt.log-unproven'])(
    'is not stored either for %s, which is no word against the store’s receipts',
    async (code) => {
      const recording = rig.spool();
      await settle();
      rig.unproven = new DockError(code, 'not now', { retry: 'later' });
      rig.pusher.take(recording, rig.receipt(recording));
      await settle();
      expect([rig.receipted, rig.conditions.codes()]).toEqual([[], []]);
      expect(rig.custody.of('receipt-refused')).toHaveLength(code === 'store.log-forked' ? 1 : 0);
    },
  );

  test('has a chance: each offer says which checkpoint the station has', async () => {
    const offers: Uint8Array[] = [];
    rig.hub.sent = (_from, { topic, payload }) => {
      if (topic.includes('/up/offer/')) offers.push(Uint8Array.from(payload));
    };
    rig.spool();
    await settle();
    expect(offers.map((each) => parseOffer(each).log)).toEqual([{ origin: 'bodydock/log', size: 7 }]);
  });
});

test('nothing is sent to whoever claims a recording with a key that is not pinned', async () => {
  const recording = rig.spool();
  await settle();
  expect(rig.conditions.isRaised('store.unknown-key')).toBe(false);
  rig.pusher.take(recording, rig.claim(recording, strangeKey));
  await settle();
  expect(rig.conditions.isRaised('store.unknown-key')).toBe(true);
  rig.pusher.take(recording, rig.have(false));
  await settle();
  expect(rig.sent.filter((topic) => topic.includes('/r-a/'))).toEqual([]);
  await claimed(recording);
  await settle();
  expect(rig.sent.filter((topic) => topic.includes('/r-a/')).length).toBeGreaterThan(0);
  // The true store does not hide the other one; an hour of quiet does.
  expect(rig.conditions.isRaised('store.unknown-key')).toBe(true);
  await rig.clock.advance(3_600_000);
  expect(rig.conditions.isRaised('store.unknown-key')).toBe(false);
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

test('a receipt of a receiver that is not listed, or of another vault, counts for nothing, whatever the message around it says', async () => {
  const recording = rig.spool();
  await claimed(recording);
  for (const other of [
    { receiver: parseReceiverId('r-test') },
    { vault: recording as string as SessionId },
  ]) {
    rig.pusher.take(recording, rig.receipt(recording, rig.storeKey, other));
    await settle();
  }
  expect([rig.receipted, rig.pinned]).toEqual([[], []]);
  const refused = { recording, reason: 'receipt.other-store' };
  expect(rig.custody.of('receipt-refused')).toEqual([{ event: 'receipt-refused', facts: refused }]);
  expect(rig.conditions.facts('receipt.refused', recording)).toEqual({ reason: refused.reason });
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  expect([rig.receipted, rig.pinned]).toEqual([[recording], [session]]);
  expect(rig.conditions.codes()).toEqual([]);
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
  vi.spyOn(rig.custody, 'append').mockImplementationOnce(() => {
    throw new DockError('custody.overrun', 'too much waits', { retry: 'later' });
  });
  const recording = rig.spool(false);
  await settle();
  expect(rig.custody.names()).toEqual(['sealed', 'spooled', 'offered']);
  expect(rig.custody.covered).toBe(3);
  expect(offersOf(recording)).toBe(1);
});

test('what a start finds is offered once all of it has its entry, and what comes meanwhile at once', async () => {
  const found = [rig.spool(), rig.spool()];
  let isEntered = (): void => undefined;
  const next = new PushRig(new Promise((resolve) => (isEntered = resolve)));
  for (const [recording, held] of rig.held) next.held.set(recording, held);
  const offered = (): unknown[] => next.custody.of('offered').map(({ facts }) => facts['recording']);
  const comes = next.spool();
  await next.clock.advance(0);
  await settle();
  expect(offered()).toEqual([comes]);
  isEntered();
  await settle();
  expect(offered()).toEqual([comes, ...found]);
});

test('what was taken back for a restored store is offered again, and a receipt of before does not count for it', async () => {
  const recording = rig.spool();
  await claimed(recording);
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  const offers = offersOf(recording);
  rig.isRestored = true;
  await takenBack(recording);
  expect(offersOf(recording)).toBe(offers + 1);
  for (let count = 0; count < 3; count++) {
    rig.pusher.take(recording, rig.receipt(recording)); // an old one that a broker kept
    await settle();
  }
  expect(rig.receipted).toEqual([recording]);
  const refused = { recording, reason: 'receipt.not-held' };
  expect(rig.custody.of('receipt-refused')).toEqual([{ event: 'receipt-refused', facts: refused }]);
  expect(rig.conditions.codes()).toEqual([]);
  rig.isRestored = false;
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  expect(rig.receipted).toEqual([recording, recording]);
});

test('a receipt shares the checkpoint of what comes next, and nobody is told of it before', async () => {
  const recording = rig.spool();
  await claimed(recording);
  const patience: number[] = [];
  let share: () => void = () => undefined;
  rig.custody.onPatient = (patienceMs) => {
    patience.push(patienceMs);
    return new Promise((resolve) => (share = resolve));
  };
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  expect(rig.custody.names()).toContain('receipted');
  expect(patience).toHaveLength(1);
  expect(patience[0]).toBeLessThanOrEqual(500); // whoever docks a camera waits for its light
  expect(await rig.items.makeUp([recording])).toBe(false); // an erasure because of it appends no second entry
  expect(rig.receipted).toEqual([]);
  share();
  await settle();
  expect(rig.receipted).toEqual([recording]);
});

test('while a receipt waits for the log, what was on its way for it holds up nobody', async () => {
  const units = WINDOW_BYTES_MAX / UNIT_BYTES;
  const large = rig.spool(true, { sealedSizeBytes: (units + 8) * UNIT_BYTES });
  await settle();
  rig.pusher.take(large, rig.claim(large));
  await settle();
  rig.pusher.take(large, rig.haveOf((units + 8) * 32, []));
  const waiting = rig.spool();
  const sentOf = (recording: RecordingId): number =>
    new Set(rig.sent.filter((topic) => /\/\d+$/.test(topic) && topic.includes(`/${recording}/`))).size;
  await claimed(waiting);
  await settle(200);
  expect([sentOf(large), sentOf(waiting)]).toEqual([units, 0]); // the window is full
  let share: () => void = () => undefined;
  rig.custody.onPatient = () => new Promise((resolve) => (share = resolve));
  rig.pusher.take(large, rig.receipt(large));
  await settle(200);
  expect(rig.receipted).toEqual([]);
  expect(sentOf(waiting)).toBe(1);
  expect(sentOf(large)).toBe(units);
  share();
  await settle();
  expect(rig.receipted).toEqual([large]);
});

test('a receipt of which the log was not told is asked for again', async () => {
  const recording = rig.spool();
  await claimed(recording);
  rig.custody.failWith = new DockError('custody.write-failed', 'the disk takes nothing', { retry: 'later' });
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  expect(rig.receipted).toEqual([]);
  const offers = offersOf(recording);
  await rig.clock.advance(10_000);
  await settle();
  expect(offersOf(recording)).toBeGreaterThan(offers);
  rig.custody.failWith = undefined;
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  expect(rig.receipted).toEqual([recording]);
  expect(rig.custody.of('receipted')).toHaveLength(1);
});

test('a receipt that is taken back while its entry waits for the log counts for nothing', async () => {
  const recording = rig.spool();
  await claimed(recording);
  let share: () => void = () => undefined;
  rig.custody.onPatient = () => new Promise((resolve) => (share = resolve));
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  await takenBack(recording);
  const offers = offersOf(recording);
  share();
  await settle();
  expect(rig.receipted).toEqual([]);
  await rig.clock.advance(60_000);
  expect(offersOf(recording)).toBeGreaterThan(offers);
  rig.custody.onPatient = async () => undefined;
  rig.pusher.take(
    recording,
    rig.receipt(recording, rig.storeKey, { received_at: '2026-11-25T10:00:00.000Z' }),
  );
  await settle();
  expect(rig.receipted).toEqual([recording]);
});

test('what is offered again while it waits for its place is there once: its transfer goes on', async () => {
  const first = Array.from({ length: 16 }, () => rig.spool());
  const twice = rig.spool();
  await settle();
  rig.pusher.take(twice, rig.receipt(twice));
  await settle();
  await takenBack(twice);
  const done = async (recording: RecordingId | undefined): Promise<void> => {
    if (recording !== undefined) rig.pusher.take(recording, rig.receipt(recording));
    await settle();
    await rig.clock.advance(10);
  };
  await done(first[0]);
  rig.pusher.take(twice, rig.claim(twice));
  rig.pusher.take(twice, rig.have(true));
  await settle();
  expect(rig.pusher.receivedBytes(twice)).toBe(SEALED_BYTES);
  for (const recording of first.slice(1)) await done(recording);
  expect(rig.pusher.receivedBytes(twice)).toBe(SEALED_BYTES);
  expect(offersOf(twice)).toBe(1);
});

test('a store of 0.1.0 that asks for a single recording is told about, and nothing follows', async () => {
  const recording = rig.spool();
  await claimed(recording);
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  const offers = offersOf(recording);
  rig.pusher.take(recording, rig.again(recording));
  await settle();
  await rig.clock.advance(10);
  expect(offersOf(recording)).toBe(offers);
  expect(rig.log.messages()).toContain(
    'the store asks for single recordings, as 0.1.0 does: update the receiver',
  );
});

test('an early receipt counts: it says what the vault holds, not what this run has sent; nothing is sent any more', async () => {
  const recording = rig.spool();
  await claimed(recording);
  rig.sent.length = 0;
  rig.pusher.take(recording, rig.receipt(recording)); // claimed, and not one byte sent
  await settle();
  expect(rig.receipted).toEqual([recording]);
  const sent = rig.sent.length;
  rig.pusher.take(recording, rig.have(false));
  rig.pusher.take(recording, rig.receipt(recording));
  await rig.clock.advance(300_000);
  expect(rig.sent.length).toBe(sent);
  expect(rig.receipted).toEqual([recording]);
});

test('a forged "have" makes the station wait or send, never erase, and the next true one puts it right', async () => {
  const recording = rig.spool();
  let reads = 0;
  rig.onReadUnit = async () => {
    reads++;
    return new Uint8Array(SEALED_BYTES);
  };
  await settle();
  rig.pusher.take(recording, rig.claim(recording));
  await settle();
  rig.pusher.take(recording, rig.have(true)); // all of it, says somebody: nothing signs a "have"
  await rig.clock.advance(10_000);
  expect(reads).toBe(0);
  expect(rig.sent.filter((topic) => topic.endsWith('/fin')).length).toBeGreaterThan(1);
  expect(rig.receipted).toEqual([]);
  expect(rig.held.get(recording)?.recording.state).toBe('spooled');
  rig.pusher.take(recording, rig.have(false));
  await rig.clock.advance(100);
  expect(reads).toBe(1);
  rig.pusher.take(recording, rig.receipt(recording));
  await settle();
  expect(rig.receipted).toEqual([recording]);
});

test('an offer that the broker refuses is made again after pauses that double to a minute', async () => {
  const atMs: number[] = [];
  rig.hub.refuses = (topic) => {
    const isRefused = topic.includes('/up/offer/');
    if (isRefused) atMs.push(rig.clock.monotonicMs());
    return isRefused;
  };
  const recording = rig.spool();
  await rig.clock.advance(600_000);
  const pauses = atMs.slice(1).map((at, place) => Math.round((at - (atMs[place] ?? 0)) / 1000));
  expect(pauses.slice(0, 9)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  expect(pauses.every((seconds) => seconds <= 60)).toBe(true);
  expect(rig.receipted).toEqual([]);
  expect(rig.log.messages('error')).toEqual([]); // the broker's condition tells it once
  rig.hub.refuses = () => false;
  await rig.clock.advance(61_000);
  expect(offersOf(recording)).toBe(1);
});

/** Reading, or the line, takes as many units as are taken at a time, and gives none back. */
async function fullOfUnits(): Promise<RecordingId[]> {
  rig.onReadUnit = () => new Promise(() => undefined);
  const stuck = Array.from({ length: 4 }, () => rig.spool());
  for (const recording of stuck) await claimed(recording);
  await settle();
  return stuck;
}

test('while as many units as may leave at a time are leaving, nothing is looked at without a pause', async () => {
  await fullOfUnits();
  let armed = 0;
  const after = rig.clock.after.bind(rig.clock);
  rig.clock.after = (...given) => {
    armed++;
    return after(...given);
  };
  await rig.clock.advance(60_000);
  expect(armed).toBeLessThan(100);
});

test('... and what is no unit is not kept back by them: a locked recording is offered', async () => {
  await fullOfUnits();
  const locked = rig.spool(true, { locked: true });
  await settle();
  expect(offersOf(locked)).toBe(1);
});

test('what is longer than any message of a store is not parsed, and the longest that there are count', async () => {
  const recording = rig.spool();
  await claimed(recording);
  await settle();
  const receipt = JSON.parse(Buffer.from(rig.receipt(recording)).toString()) as object;
  const padded = (bytes: number): Uint8Array => {
    const bare = JSON.stringify({ ...receipt, more: '' }).length;
    return Buffer.from(JSON.stringify({ ...receipt, more: 'x'.repeat(bytes - bare) }));
  };
  rig.pusher.take(recording, padded(DOWN_MESSAGE_BYTES_MAX + 1));
  await settle();
  expect(rig.receipted).toEqual([]);
  rig.pusher.take(recording, padded(DOWN_MESSAGE_BYTES_MAX));
  await settle();
  expect(rig.receipted).toEqual([recording]);
});
