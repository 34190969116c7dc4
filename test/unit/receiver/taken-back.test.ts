// A station that does not count a receipt any more gets another one for what lies in the vault: a vault was put back twice, or its disk came
// back. Only the station's own log takes a receipt back.
import { expect, test } from 'vitest';
import { makeSegmentId, type RecordingId } from '../../../protocol/format/ids.ts';
import { openBench, STATION_KEY, type Bench } from './bench-top.ts';
import { SegmentMaker } from './custody-sample.ts';
import { makeDockingSample } from './docking-sample.ts';
import { STATION, type Sample } from './sample.ts';

/** Offers it until there is a receipt; gives that receipt. */
async function receiptFor({ top, station }: Bench, name: RecordingId, offer: () => unknown): Promise<string> {
  station.receipts.delete(name);
  await offer();
  await top.until('receipt', () => station.receipts.has(name), 10_000);
  return station.receiptTexts.get(name) ?? '';
}

/** The station's log tells that this receipt came, and that the store asked again. */
function logAsked(at: Bench, recording: RecordingId, receipt: string): Promise<void> {
  return logged(at, [
    ['receipted', recording, receipt],
    ['asked-again', recording, receipt],
  ]);
}

/** The station's log tells all of this in one batch. */
async function logged(
  { top, station }: Bench,
  entries: readonly (readonly ['receipted' | 'asked-again', RecordingId, string])[],
): Promise<void> {
  const log = new SegmentMaker(STATION, makeSegmentId(top.random), STATION_KEY);
  for (const [event, recording, receipt] of entries)
    log.add(event, { recording, receiver: 'r-a', receipt_sha256: receipt });
  log.checkpoint();
  await station.publish(station.topics.custody(log.segment, 1), log.batch(1));
  const isAnswered = (): boolean => station.custody.some(({ sequence }) => sequence === log.head.sequence);
  await top.until('answer', isAnswered, 5000);
}

/** The receiver dies and starts anew on what is durable. */
async function restarted({ top, receiver, station }: Bench): Promise<Bench> {
  await receiver.stop();
  await receiver.broker.close(true);
  top.disk = top.disk.crash(top.disk.steps, 'nothing');
  return { top, receiver: await top.receiver(), station };
}

const pushing =
  ({ station }: Bench, sample: Sample) =>
  (): void =>
    station.push(sample);

test('a recording in place with a receipt that was taken back gets another one, later by its time, once', async () => {
  const at = await openBench(1);
  const sample = at.top.sample(700_000);
  const first = await receiptFor(at, sample.recording, pushing(at, sample));
  const firstAt = at.station.receipts.get(sample.recording)?.received_at ?? '';
  expect(await receiptFor(at, sample.recording, pushing(at, sample))).toBe(first);
  await logAsked(at, sample.recording, first);
  const anew = await restarted(at);
  const second = await receiptFor(anew, sample.recording, pushing(anew, sample));
  expect(second).not.toBe(first);
  expect((at.station.receipts.get(sample.recording)?.received_at ?? '') > firstAt).toBe(true);
  expect(await receiptFor(anew, sample.recording, pushing(anew, sample))).toBe(second);
});

test('a store whose clock went back gives one that is later all the same', async () => {
  const at = await openBench(2);
  const sample = at.top.sample(60);
  const first = await receiptFor(at, sample.recording, pushing(at, sample));
  const firstAt = at.station.receipts.get(sample.recording)?.received_at ?? '';
  await logAsked(at, sample.recording, first);
  at.top.clock.jumpWall(-3_600_000);
  await receiptFor(at, sample.recording, pushing(at, sample));
  expect((at.station.receipts.get(sample.recording)?.received_at ?? '') > firstAt).toBe(true);
});

test('one whose bytes do not hold any more is received anew instead', async () => {
  const at = await openBench(3);
  const sample = at.top.sample(700_000);
  const first = await receiptFor(at, sample.recording, pushing(at, sample));
  await logAsked(at, sample.recording, first);
  const flip = (bytes: Uint8Array): Uint8Array => bytes.with(600_000, (bytes[600_000] ?? 0) ^ 1);
  at.top.disk.corrupt(`/vault/${STATION}/${sample.recording}/payload.age`, flip);
  const claims = at.station.claims.length;
  expect(await receiptFor(at, sample.recording, pushing(at, sample))).not.toBe(first);
  expect(at.station.claims.length).toBeGreaterThan(claims);
});

test('a docking record gets another one, too', async () => {
  const at = await openBench(4);
  const sample = makeDockingSample(at.top.random, STATION_KEY);
  const offer = (): Promise<void> => at.station.offerDocking(sample);
  const first = await receiptFor(at, sample.recording, offer);
  await logAsked(at, sample.recording, first);
  const second = await receiptFor(at, sample.recording, offer);
  expect(second).not.toBe(first);
  expect(await receiptFor(at, sample.recording, offer)).toBe(second);
});

test('of two receipts that one batch of the log takes back neither is given again', async () => {
  const at = await openBench(5);
  const sample = at.top.sample(60);
  const first = await receiptFor(at, sample.recording, pushing(at, sample));
  await logged(at, [
    ['receipted', sample.recording, first],
    ['asked-again', sample.recording, first],
    ['receipted', sample.recording, '8'.repeat(64)],
    ['asked-again', sample.recording, '8'.repeat(64)],
  ]);
  const anew = await restarted(at);
  expect(await receiptFor(anew, sample.recording, pushing(anew, sample))).not.toBe(first);
});
