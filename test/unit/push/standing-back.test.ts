// Recordings that get no further: however many there are, others are pushed in time, and each of them is offered again now and then (SPEC 6.8).
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RecordingId } from '../../../protocol/format/ids.ts';
import { makeSecretKey } from '../../../protocol/documents/minisign.ts';
import { settle } from '../../fakes/clock-manual.ts';
import { PushRig } from './push-rig.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ANSWER_MS = 20;
/** More than keep a sender while they stand back. */
const STUCK = 270;
const oldKey = makeSecretKey({ bytes: (count: number) => randomBytes(count) });

/** What the store answers an offer with; nothing where it is undefined. */
type Answer = (recording: RecordingId) => Uint8Array | undefined;

let rig: PushRig;
let offers: Map<RecordingId, number>;
let answer: Answer;
/** What it said once it says again. */
let answers: Map<RecordingId, Uint8Array>;

beforeEach(async () => {
  rig = new PushRig();
  [offers, answers] = [new Map(), new Map()];
  answer = () => undefined;
  rig.hub.sent = (_from, { topic }) => {
    if (topic.includes('/up/offer/')) offered(topic.slice(topic.lastIndexOf('/') + 1) as RecordingId);
  };
  await rig.clock.advance(0);
});

function offered(recording: RecordingId): void {
  offers.set(recording, offersOf(recording) + 1);
  const said = answers.get(recording) ?? answer(recording);
  if (said === undefined) return;
  answers.set(recording, said);
  rig.clock.after(ANSWER_MS, () => rig.pusher.take(recording, said));
}

/** Long enough for all that is offered now to be answered, and what follows from that. */
const answered = (): Promise<void> => rig.clock.advance(2000);

const spooled = (count: number, locked = false): RecordingId[] =>
  Array.from({ length: count }, () => rig.spool(true, { locked }));
const offersOf = (recording: RecordingId): number => offers.get(recording) ?? 0;
const sumOf = (recordings: readonly RecordingId[]): number =>
  recordings.reduce((sum, each) => sum + offersOf(each), 0);
const isOffered = (recording: RecordingId): boolean => offersOf(recording) > 0;
const never: Answer = (recording) => rig.refusal(recording, 'never');
const receipt: Answer = (recording) => rig.receipt(recording);

/** From here on it answers another thing. */
function answersWith(next: Answer): void {
  answer = next;
  answers.clear();
  rig.isRestored = false;
}

describe('a receipt that does not count', () => {
  const notHeld: Answer = (recording) => {
    rig.isRestored = true;
    return rig.receipt(recording);
  };
  const kinds: [string, Answer][] = [
    ['by a key that is pinned no more', (recording) => rig.receipt(recording, oldKey)],
    ['of before the store was restored', notHeld],
  ];

  test.each(kinds)('%s keeps nothing behind it back, for sixteen recordings too', async (_, kind) => {
    answer = kind;
    spooled(16);
    await answered();
    answer = () => undefined;
    answers.clear();
    const fresh = rig.spool();
    await answered();
    expect(isOffered(fresh)).toBe(true);
  });

  test.each(kinds)(
    '%s makes each offer later than the one before, once an hour in the end',
    async (_, kind) => {
      answer = kind;
      const [one] = spooled(1) as [RecordingId];
      await rig.clock.advance(HOUR_MS);
      expect(offersOf(one)).toBe(12); // behind 1, 2, 4 s and so on
      await rig.clock.advance(10 * HOUR_MS);
      expect([21, 22]).toContain(offersOf(one));
    },
  );

  test.each(kinds)('%s is followed by one that does', async (_, kind) => {
    answer = kind;
    const old = spooled(17);
    await rig.clock.advance(2 * MINUTE_MS);
    answersWith((recording) =>
      rig.receipt(recording, rig.storeKey, { received_at: '2026-11-25T10:00:00.000Z' }),
    );
    await rig.clock.advance(HOUR_MS);
    expect(new Set(rig.receipted)).toEqual(new Set(old));
  });

  test('says nothing as long as units are missing: the transfer goes on', async () => {
    const [one] = spooled(1) as [RecordingId];
    await answered();
    rig.pusher.take(one, rig.claim(one));
    await settle();
    rig.pusher.take(one, rig.receipt(one, oldKey));
    rig.pusher.take(one, rig.have(false));
    await settle();
    expect(rig.sent.some((topic) => topic.endsWith(`/${one}/0`))).toBe(true);
  });

  test('behind all that was sent ends the sending until the next offer', async () => {
    const [one] = spooled(1) as [RecordingId];
    await answered();
    rig.pusher.take(one, rig.claim(one));
    await settle();
    rig.pusher.take(one, rig.have(true));
    await settle();
    expect(rig.sent.some((topic) => topic.endsWith(`/${one}/fin`))).toBe(true);
    rig.pusher.take(one, rig.receipt(one, oldKey));
    await settle();
    const before = rig.sent.length;
    await rig.clock.advance(900);
    expect(rig.sent.slice(before)).toEqual([]);
    await rig.clock.advance(600);
    expect(rig.sent.slice(before).filter((topic) => topic.endsWith(`/offer/${one}`))).toHaveLength(1);
  });
});

test('a true receipt that the disk does not take keeps nothing back, and is asked for again, each minute in the end', async () => {
  const stuck = spooled(16);
  rig.onStoreReceipt = () => Promise.reject(new Error('ENOSPC'));
  answer = receipt;
  await answered();
  answer = () => undefined;
  const fresh = rig.spool();
  await rig.clock.advance(3 * MINUTE_MS);
  expect(isOffered(fresh)).toBe(true);
  expect(sumOf(stuck)).toBe(8 * 16);
  rig.onStoreReceipt = async () => undefined;
  await rig.clock.advance(MINUTE_MS);
  expect(new Set(rig.receipted)).toEqual(new Set(stuck));
});

describe('recordings that are refused for good, however many', () => {
  let old: RecordingId[];
  beforeEach(async () => {
    answer = (recording) => (old.includes(recording) ? never(recording) : undefined);
    old = spooled(STUCK);
    await answered();
  });

  test('keep no new one back, and each of them is offered again at a bounded pace', async () => {
    expect(old.every(isOffered)).toBe(true);
    const fresh = rig.spool();
    await answered();
    expect(isOffered(fresh)).toBe(true);
    const before = sumOf(old);
    await rig.clock.advance(6 * MINUTE_MS);
    expect(old.every((each) => offersOf(each) >= 2)).toBe(true);
    await rig.clock.advance(20 * MINUTE_MS);
    expect(old.every((each) => offersOf(each) >= 4)).toBe(true);
    expect(sumOf(old) - before).toBeLessThanOrEqual(STUCK * 3); // at 1, 5 and 21 min
    const later = rig.spool();
    await answered();
    expect(isOffered(later)).toBe(true);
  }, 60_000);

  test('behave the same behind a start', async () => {
    const fresh = rig.spool();
    offers.clear();
    await rig.restart();
    await answered();
    expect([...old, fresh].every(isOffered)).toBe(true);
    const later = rig.spool();
    await rig.clock.advance(2 * MINUTE_MS);
    expect(isOffered(later)).toBe(true);
    expect(old.filter((each) => offersOf(each) >= 2).length).toBeGreaterThan(256);
  }, 60_000);

  test('are delivered once the store takes them, and followed where it claims one that has no sender', async () => {
    for (const each of old) rig.pusher.take(each, rig.claim(each));
    await settle();
    const begun = old.filter((each) => rig.sent.some((topic) => topic.includes(`/r-a/${each}/`)));
    expect(begun.length).toBeGreaterThan(255);
    expect(begun.length).toBeLessThan(STUCK);
    answersWith(receipt);
    for (const each of old) rig.pusher.take(each, receipt(each) ?? new Uint8Array());
    await settle(10);
    expect(new Set(rig.receipted)).toEqual(new Set(old));
    const before = sumOf(old);
    await rig.clock.advance(HOUR_MS);
    expect(sumOf(old)).toBe(before);
  }, 60_000);
});

describe('recordings whose offers nobody answers', () => {
  test('keep their places and are offered each minute as long as nobody waits', async () => {
    const all = spooled(16);
    await rig.clock.advance(10 * MINUTE_MS);
    for (const each of all) expect(offersOf(each)).toBeGreaterThan(12); // at 0, 1, 3, 7, 15, 31, 63 s, and each minute
  });

  test('give their places to new ones within minutes, and are each offered again', async () => {
    const old = spooled(100);
    await answered();
    const fresh = rig.spool();
    await rig.clock.advance(3 * MINUTE_MS);
    expect(isOffered(fresh)).toBe(true);
    rig.pusher.take(fresh, rig.receipt(fresh));
    await rig.clock.advance(30 * MINUTE_MS);
    const before = new Map(offers);
    await rig.clock.advance(60 * MINUTE_MS);
    const again = old.map((each) => offersOf(each) - (before.get(each) ?? 0));
    expect(Math.min(...again)).toBeGreaterThan(0);
    expect(again.reduce((sum, each) => sum + each, 0)).toBeLessThan(60 * (15 + 16 + 1));
    const later = rig.spool();
    await rig.clock.advance(2 * MINUTE_MS);
    expect(isOffered(later)).toBe(true);
  }, 60_000);

  test('give them up behind a start, too', async () => {
    spooled(100);
    const fresh = rig.spool();
    await rig.restart();
    await rig.clock.advance(3 * MINUTE_MS);
    expect(isOffered(fresh)).toBe(true);
  });

  test('are taken one behind the other, without a pause, once the store is there again', async () => {
    const all = spooled(100);
    await rig.clock.advance(30 * MINUTE_MS);
    answersWith(receipt);
    await rig.clock.advance(90_000);
    expect(new Set(rig.receipted)).toEqual(new Set(all));
  }, 60_000);
});

describe('lanes', () => {
  test('locked recordings that get no further keep no other one back, and no locked one for long', async () => {
    const locked = spooled(100, true);
    await answered();
    const [fresh] = spooled(1) as [RecordingId];
    await answered();
    expect(isOffered(fresh)).toBe(true);
    const [urgent] = spooled(1, true) as [RecordingId];
    await rig.clock.advance(3 * MINUTE_MS);
    expect(isOffered(urgent)).toBe(true);
    expect(locked.filter(isOffered).length).toBeGreaterThanOrEqual(32);
  });

  test('others that get no further keep no locked one back', async () => {
    spooled(100);
    await rig.clock.advance(5 * MINUTE_MS);
    const [urgent] = spooled(1, true) as [RecordingId];
    await answered();
    expect(isOffered(urgent)).toBe(true);
  });
});
