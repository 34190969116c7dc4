// A vault that lacks what stations' logs call receipted: it is noticed, marked, asked for, and told where it will not come.
import { expect, test } from 'vitest';
import { filesWith } from '../../fakes/files-with.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { makeRecordingId, makeSegmentId, type RecordingId } from '../../../protocol/format/ids.ts';
import { BenchTop, openBench, STATION_KEY, type Bench } from './bench-top.ts';
import { SegmentMaker } from './custody-sample.ts';
import { STATION, type Sample } from './sample.ts';

const RECEIPT = '7'.repeat(64);
const DOCKING = 'abcdefghijklmnopqrstuvwxyi';
const PATH = '1'.repeat(64);

/** A log that tells of a receipt for the recording. */
function logOf({ top }: Bench, recording: RecordingId, receiver = 'r-a', last?: SegmentMaker): SegmentMaker {
  const segment = makeSegmentId(top.random);
  return new SegmentMaker(STATION, segment, STATION_KEY, last)
    .add('docked', { bay: 'bay-1', camera: 'cam-9', docking: DOCKING })
    .add('pulled', { recording, docking: DOCKING, path_sha256: PATH, size_bytes: 1, sha256: PATH })
    .add('receipted', { recording, receiver, receipt_sha256: RECEIPT })
    .checkpoint();
}

async function send({ top, station }: Bench, log: SegmentMaker, from = 1): Promise<void> {
  const { segment, head } = log;
  await station.publish(station.topics.custody(log.segment, from), log.batch(from));
  const isAnswered = (): boolean =>
    station.custody.some((held) => held.segment === segment && held.sequence === head.sequence);
  await top.until('answer', isAnswered, 5000);
}

const mark = ({ top }: Bench, recording: RecordingId): Uint8Array | undefined =>
  top.disk.peek(`/vault/.missing/${STATION}/${recording}.json`);

test('what the log calls receipted and the vault lacks is marked and asked for before the log is answered', async () => {
  const at = await openBench(1);
  const recording = makeRecordingId(at.top.random);
  const log = logOf(at, recording);
  await send(at, log);
  const asked = { station: STATION, recording, receiver: 'r-a', receipt_sha256: RECEIPT };
  expect(at.station.again).toMatchObject([asked]);
  const signed = at.station.custody.findIndex(({ sequence }) => sequence === log.head.sequence);
  expect(at.station.again[0]?.answers).toBeLessThanOrEqual(signed);
  expect(mark(at, recording)).toBeDefined();
  expect(at.receiver.conditions.facts('vault.station-ahead', STATION)).toMatchObject({
    missing: 1,
    first: recording,
  });
});

test('what is in place, another store’s, or so old that its documents may be gone, is not asked for', async () => {
  const at = await openBench(2);
  const sample = at.top.sample(60);
  at.station.push(sample);
  await at.top.until('receipt', () => at.station.receipts.size === 1);
  const first = logOf(at, sample.recording);
  await send(at, first);
  await send(at, logOf(at, makeRecordingId(at.top.random), 'r-other', first));
  expect(at.station.again).toEqual([]);
  expect(at.receiver.conditions.codes()).toEqual([]);

  const days = 731;
  const late = new BenchTop(3);
  await late.clock.advance(days * 86_400_000);
  const old = { top: late, receiver: await late.receiver(), station: await late.station() };
  await send(old, logOf(old, makeRecordingId(late.random)));
  expect(old.station.again).toEqual([]);
});

test('a receipt of another receiver of this vault counts as ours', async () => {
  const at = await openBench(4);
  await at.top.disk.makeFolder('/vault/r-other');
  const recording = makeRecordingId(at.top.random);
  await send(at, logOf(at, recording, 'r-other'));
  expect(at.station.again).toHaveLength(1);
});

async function missing(seed: number): Promise<Bench & { sample: Sample; log: SegmentMaker }> {
  const at = await openBench(seed);
  const sample = at.top.sample(60);
  const log = logOf(at, sample.recording);
  await send(at, log);
  return { ...at, sample, log };
}

test('what comes again is missing no more', async () => {
  const at = await missing(5);
  at.station.push(at.sample);
  await at.top.until('level', () => !at.receiver.conditions.isRaised('vault.station-ahead', STATION), 10_000);
  expect(mark(at, at.sample.recording)).toBeUndefined();
});

test('what does not hold any more is set aside, marked before it goes, and asked for until it is here again', async () => {
  const at = await openBench(10);
  const { top, station, receiver } = at;
  const sample = top.sample(60);
  const { recording } = sample;
  station.push(sample);
  await top.until('receipt', () => station.receipts.size === 1);
  await send(at, logOf(at, recording));
  const folder = `/vault/${STATION}/${recording}`;
  top.disk.corrupt(`${folder}/manifest.json`, (bytes) => bytes.with(20, (bytes[20] ?? 0) ^ 1));
  station.receipts.clear();
  const before = top.disk.steps;
  await station.publish(station.topics.offer(recording), station.offerOf(sample));
  await top.until('asked', () => station.again.length > 0, 5000);
  expect(station.again[0]).toMatchObject({ station: STATION, recording, receipt_sha256: RECEIPT });
  for (let step = before; step <= top.disk.steps; step++) {
    const cut = top.disk.crash(step, 'nothing');
    const isInPlace = cut.peek(`${folder}/manifest.json`) !== undefined;
    const isMarked = cut.peek(`/vault/.missing/${STATION}/${recording}.json`) !== undefined;
    expect(isInPlace || isMarked, `step ${step}: ${top.disk.stepLabel(step)}`).toBe(true);
  }
  expect(mark(at, recording)).toBeDefined();
  station.push(sample);
  await top.until('level', () => !receiver.conditions.isRaised('vault.station-ahead', STATION), 10_000);
  expect(mark(at, recording)).toBeUndefined();
});

test('what another recording replaces is missing no more', async () => {
  const at = await missing(6);
  at.station.push(at.top.sample(70, { supersedes: [at.sample.recording] }));
  await at.top.until('level', () => !at.receiver.conditions.isRaised('vault.station-ahead', STATION), 10_000);
  expect(mark(at, at.sample.recording)).toBeUndefined();
});

test('what another recording replaces is missing no more, where the disk refused its name once and it was offered again', async () => {
  const top = new BenchTop(15);
  const place = `/vault/${STATION}`;
  const refused: string[] = [];
  const disk = filesWith(top.disk, {
    syncFolder: (path) => {
      const isPlaced = path === place && replacing !== undefined && placed(replacing);
      if (!isPlaced || refused.length > 0) return top.disk.syncFolder(path);
      refused.push(path);
      return Promise.reject(Object.assign(new Error('EIO: fsync'), { code: 'EIO' }));
    },
  }) as CrashDisk;
  const placed = (sample: Sample): boolean => top.stored(sample, 'manifest.json') !== undefined;
  let replacing: Sample | undefined;
  const at = { top, receiver: await top.receiver({ disk }), station: await top.station() };
  const replaced = makeRecordingId(top.random);
  await send(at, logOf(at, replaced));
  await top.clock.advance(5000); // compared with what is in place
  replacing = top.sample(70, { supersedes: [replaced] });
  at.station.push(replacing);
  await top.until('level', () => !at.receiver.conditions.isRaised('vault.station-ahead', STATION));
  expect(refused).toEqual([place]);
  expect(mark(at, replaced)).toBeUndefined();
});

test('it is asked for again after a minute, with growing pauses, and at once by a receiver that starts anew', async () => {
  const at = await missing(7);
  const asked = (): number => at.station.again.length;
  await at.top.clock.advance(5000);
  expect(asked()).toBe(1);
  for (let second = 0; second < 70; second += 5) await at.top.clock.advance(5000);
  expect(asked()).toBe(2);
  for (let second = 0; second < 70; second += 5) await at.top.clock.advance(5000);
  expect(asked()).toBe(2);
  await at.receiver.stop();
  await at.receiver.broker.close(true);
  const heads = at.station.custody.length;
  at.top.disk = at.top.disk.crash(at.top.disk.steps, 'nothing');
  const anew = await at.top.receiver();
  await at.top.until('asked', () => asked() === 3, 5000);
  await at.top.until('greeted', () => at.station.custody.length > heads, 5000);
  expect(at.station.again[2]?.answers).toBe(heads);
  await at.top.until('told', () => anew.conditions.isRaised('vault.station-ahead', STATION), 10_000);
});

test('what left spool and camera is told as lost by its camera and receipt, and asked for no more', async () => {
  const at = await missing(8);
  const { recording } = at.sample;
  const before = at.log.head.sequence;
  at.log
    .add('erased', { recording, docking: DOCKING, path_sha256: PATH })
    .add('spool-reclaimed', { recording })
    .checkpoint();
  await send(at, at.log, before + 1);
  await at.top.until('told', () => at.receiver.conditions.isRaised('vault.recordings-lost', STATION), 10_000);
  expect(at.receiver.conditions.isRaised('vault.station-ahead', STATION)).toBe(false);
  const told = at.receiver.log.lines.filter(({ message }) => message.startsWith('recording lost:'));
  expect(told).toHaveLength(1);
  expect(told[0]?.fields).toMatchObject({
    station: STATION,
    recording,
    camera: 'cam-9',
    receipted_at: '2026-11-25T08:00:00.000Z',
    receipt_sha256: RECEIPT,
  });
  const asked = at.station.again.length;
  for (let minute = 0; minute < 5; minute++) await at.top.clock.advance(60_000);
  expect(at.station.again).toHaveLength(asked);
});

test('a station is told at each connect, unasked, how far its log is held, or that nothing of it is', async () => {
  const at = await openBench(9);
  const told = at.station.nothingHeld;
  await at.receiver.stop();
  await at.receiver.broker.close(true);
  const again = await at.top.receiver();
  await at.top.until('nothing', () => at.station.nothingHeld > told, 5000);
  const log = logOf(at, makeRecordingId(at.top.random));
  await send(at, log);
  await again.stop();
  await again.broker.close(true);
  const heads = at.station.custody.length;
  await at.top.receiver();
  await at.top.until('a head', () => at.station.custody.length > heads, 5000);
  expect(at.station.custody[heads]).toMatchObject({ segment: log.segment, sequence: log.head.sequence });
});

test('what another recording replaced stays replaced behind a power cut at any moment', async () => {
  const at = await missing(12);
  const { top, station } = at;
  const replacing = top.sample(70, { supersedes: [at.sample.recording] });
  const from = top.disk.steps;
  let given = Number.POSITIVE_INFINITY;
  station.onReceipt = () => (given = Math.min(given, top.disk.steps));
  station.push(replacing);
  await top.until('level', () => !at.receiver.conditions.isRaised('vault.station-ahead', STATION), 10_000);
  const still: string[] = [];
  for (let step = from; step <= top.disk.steps; step++) {
    const later = new BenchTop(1000 + step);
    later.disk = top.disk.crash(step, 'nothing');
    const receiver = await later.receiver();
    const again = await later.station();
    // A station that has its receipt does not offer any more.
    if (step < given) again.push(replacing);
    await later.clock.advance(30_000);
    if (step < given && !again.receipts.has(replacing.recording)) still.push(`${step}: no receipt`);
    if (receiver.conditions.isRaised('vault.station-ahead', STATION))
      still.push(`${step}: ${top.disk.stepLabel(step)}`);
    await receiver.stop();
  }
  expect(still).toEqual([]);
});

for (const [clock, time] of [
  ['went on', '2026-11-25T08:00:01.000Z'],
  ['was set back', '2026-11-24T08:00:00.000Z'],
] as const)
  test(`of a recording with several receipts the last one is named, the station’s clock ${clock}: it follows no other`, async () => {
    const at = await openBench(13);
    const { top, station } = at;
    const recording = makeRecordingId(top.random);
    const again = '8'.repeat(64);
    // The vault was put back twice to before all of it: the first time the station gave the recording again and got another receipt.
    const log = logOf(at, recording);
    await send(at, log);
    const before = log.head.sequence;
    log.at = time;
    log
      .add('asked-again', { recording, receiver: 'r-a', receipt_sha256: RECEIPT })
      .add('receipted', { recording, receiver: 'r-a', receipt_sha256: again })
      .checkpoint();
    await send(at, log, before + 1);
    for (let second = 0; second < 70; second += 5) await top.clock.advance(5000);
    expect(station.again.at(-1)).toMatchObject({ recording, receipt_sha256: again });
    expect(JSON.parse(Buffer.from(mark(at, recording) ?? []).toString())).toMatchObject({
      receipt_sha256: again,
    });
  });

test('what a recording in place replaced is not missing where the log comes again', async () => {
  const at = await openBench(14);
  const { top, station, receiver } = at;
  const replaced = makeRecordingId(top.random);
  const replacing = top.sample(70, { supersedes: [replaced] });
  station.push(replacing);
  await top.until('receipt', () => station.receipts.size === 1);
  // Only the station's log was lost: all of it comes anew, and tells of the receipt that the replaced one had once.
  const log = logOf(at, replaced)
    .add('erased', { recording: replaced, docking: DOCKING, path_sha256: PATH })
    .add('spool-reclaimed', { recording: replaced })
    .checkpoint();
  await send(at, log);
  for (let second = 0; second < 130; second += 5) await top.clock.advance(5000);
  expect(receiver.conditions.codes()).toEqual([]);
  expect(mark(at, replaced)).toBeUndefined();
});
