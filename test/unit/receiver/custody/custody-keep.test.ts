import { expect, test } from 'vitest';
import { encodeUtf8, sha256Hex } from '../../../../protocol/format/bytes.ts';
import { makeSegmentId } from '../../../../protocol/format/ids.ts';
import { CUSTODY_QUESTIONS, CUSTODY_SEGMENTS_OPEN_MAX } from '../../../../agent/receiver/limits.ts';
import { openBench, STATION_KEY, type Bench } from '../bench-top.ts';
import { SegmentMaker } from '../custody-sample.ts';
import { STATION } from '../sample.ts';

function segmentOf({ top }: Bench, last?: SegmentMaker, at?: string): SegmentMaker {
  const segment = makeSegmentId(top.random);
  const opened = at === undefined ? {} : { at };
  const named = last === undefined ? opened : { segment: last.segment, head: last.head, ...opened };
  return new SegmentMaker(STATION, segment, STATION_KEY, named)
    .add('agent-started', { version: '1' })
    .checkpoint();
}

/** Sends a batch and waits for the next answer. */
async function send({ top, station }: Bench, log: SegmentMaker, from: number, to?: number): Promise<unknown> {
  const before = station.custody.length;
  await station.publish(
    station.topics.custody(log.segment, from),
    from === 0 ? new Uint8Array(0) : log.batch(from, to),
  );
  await top.until('answer', () => station.custody.length > before, 5000);
  return station.custody.at(-1);
}

function kept({ top }: Bench, log: SegmentMaker): string {
  return Buffer.from(top.disk.peek(`/vault/${STATION}/custody/${log.segment}.jsonl`) ?? []).toString();
}

test('a log is asked for, kept line by line and named in the next receipt', async () => {
  const at = await openBench(1);
  const log = segmentOf(at);
  expect(await send(at, log, 0)).toMatchObject({ segment: log.segment, sequence: null, sha256: null });
  expect(await send(at, log, 1)).toMatchObject({ sequence: 3, sha256: log.head.sha256 });
  log.add('agent-stopped').checkpoint();
  expect(await send(at, log, 4)).toMatchObject({ sequence: 5, sha256: log.head.sha256 });
  expect(kept(at, log)).toBe(Buffer.from(log.batch()).toString());
  const sample = at.top.sample(50);
  at.station.push(sample);
  await at.top.until('receipt', () => at.station.receipts.size === 1);
  expect(at.station.receipts.get(sample.recording)?.custody_head).toEqual({
    segment: log.segment,
    sequence: 5,
    sha256: log.head.sha256,
  });
});

test('the answer to a question with a nonce repeats it, and no other answer has one', async () => {
  const at = await openBench(14);
  const log = segmentOf(at);
  const nonce = '0123456789abcdef';
  expect(await send(at, log, 1)).not.toHaveProperty('nonce');
  expect(await send(at, log, 0)).not.toHaveProperty('nonce');
  const before = at.station.custody.length;
  await at.station.publish(at.station.topics.custodyAsk(log.segment, nonce), new Uint8Array(0));
  await at.top.until('answer', () => at.station.custody.length > before, 5000);
  expect(at.station.custody.at(-1)).toMatchObject({ segment: log.segment, sequence: 3, nonce });
});

test('lines that came before are not kept twice, and a gap is answered with what is held', async () => {
  const at = await openBench(2);
  const log = segmentOf(at).add('agent-stopped').checkpoint();
  expect(await send(at, log, 1, 3)).toMatchObject({ sequence: 3 });
  expect(await send(at, log, 5)).toMatchObject({ sequence: 3 });
  expect(await send(at, log, 2)).toMatchObject({ sequence: 5 });
  expect(await send(at, log, 1)).toMatchObject({ sequence: 5 });
  expect(kept(at, log)).toBe(Buffer.from(log.batch()).toString());
  expect(at.receiver.conditions.codes()).toEqual([]);
});

test('after a start the log goes on from what is durable', async () => {
  const at = await openBench(3);
  const log = segmentOf(at);
  await send(at, log, 1);
  await at.receiver.stop();
  await at.receiver.broker.close(true);
  at.top.disk = at.top.disk.crash(at.top.disk.steps, 'nothing');
  const receiver = await at.top.receiver();
  const again = { ...at, receiver };
  expect(await send(again, log, 0)).toMatchObject({ sequence: 3, sha256: log.head.sha256 });
  log.add('agent-stopped').checkpoint();
  expect(await send(again, log, 4)).toMatchObject({ sequence: 5 });
  expect(kept(again, log)).toBe(Buffer.from(log.batch()).toString());
});

test('a batch that does not hold is kept aside once, reported, not answered, and the log goes on', async () => {
  const at = await openBench(4);
  const log = segmentOf(at);
  await send(at, log, 1);
  const broken = log.batch(1, 2);
  const answers = at.station.custody.length;
  for (let turn = 0; turn < 3; turn++) {
    await at.station.publish(at.station.topics.custody(log.segment, 4), broken);
    await at.top.clock.advance(100);
  }
  expect(at.station.custody).toHaveLength(answers);
  expect(at.receiver.conditions.facts('custody.broken', STATION)).toMatchObject({
    segment: log.segment,
    sequence: 4,
  });
  const aside = [...at.top.disk.tree('/vault/.quarantine').values()].filter(
    (bytes) => bytes?.length === broken.length,
  );
  expect(aside).toHaveLength(1);
  log.add('agent-stopped').checkpoint();
  expect(await send(at, log, 4)).toMatchObject({ sequence: 5 });
});

test('a turned bit before whole lines: what is left out of the segment lies in the quarantine', async () => {
  const at = await openBench(15);
  const log = segmentOf(at).add('agent-started', { version: '2' }).add('agent-started', { version: '3' });
  log.checkpoint();
  await send(at, log, 1);
  await at.receiver.stop();
  await at.receiver.broker.close(true);
  const path = `/vault/${STATION}/custody/${log.segment}.jsonl`;
  const turned = Buffer.from(log.batch());
  const from = log.batch(1, 3).length;
  turned[from + 9] = (turned[from + 9] ?? 0) ^ 1;
  at.top.disk.plant(path, turned);
  const again = { ...at, receiver: await at.top.receiver() };
  expect(await send(again, log, 4)).toMatchObject({ sequence: log.head.sequence });
  expect(kept(again, log)).toBe(Buffer.from(log.batch()).toString());
  const aside = [...again.top.disk.tree('/vault/.quarantine').values()];
  expect(aside.map((bytes) => Buffer.from(bytes ?? []).toString())).toContain(
    turned.subarray(from).toString(),
  );
});

test('of many batches that do not hold few are looked at, and the log goes on a second later', async () => {
  const at = await openBench(12);
  const log = segmentOf(at);
  await send(at, log, 1);
  for (let turn = 0; turn < 100; turn++) {
    await at.station.publish(at.station.topics.custody(log.segment, 4), encodeUtf8(`{"nonsense":${turn}}\n`));
    await at.top.clock.advance(5);
  }
  const told = at.receiver.log.messages('error').length;
  expect(told).toBeGreaterThan(10);
  expect(told).toBeLessThanOrEqual(22);
  await at.top.clock.advance(1000);
  log.add('agent-stopped').checkpoint();
  expect(await send(at, log, 4)).toMatchObject({ sequence: 5 });
});

test('of very many questions some are answered, and one that is asked a second later', async () => {
  const at = await openBench(13);
  const log = segmentOf(at);
  const { atOnce, perSecond } = CUSTODY_QUESTIONS;
  for (let turn = 0; turn < 400; turn++) {
    await at.station.publish(at.station.topics.custody(makeSegmentId(at.top.random), 0), new Uint8Array(0));
    await at.top.clock.advance(2);
  }
  expect(at.station.custody.length).toBeGreaterThanOrEqual(atOnce);
  expect(at.station.custody.length).toBeLessThanOrEqual(atOnce + perSecond);
  await at.top.clock.advance(1000);
  expect(await send(at, log, 0)).toMatchObject({ sequence: null });
});

test('entries that no checkpoint covers are neither kept nor answered, and come with their checkpoint', async () => {
  const at = await openBench(11);
  const log = segmentOf(at);
  await send(at, log, 1);
  log.add('agent-stopped');
  const answers = at.station.custody.length;
  for (let turn = 0; turn < 3; turn++) {
    await at.station.publish(at.station.topics.custody(log.segment, 4), log.batch(4));
    await at.top.clock.advance(100);
  }
  expect(at.station.custody).toHaveLength(answers);
  expect(at.receiver.conditions.codes()).toEqual([]);
  log.checkpoint();
  expect(await send(at, log, 4)).toMatchObject({ sequence: 5 });
});

test('another history of a segment is a reported fork; the first one stays and goes on', async () => {
  const at = await openBench(5);
  const log = segmentOf(at).add('agent-stopped').checkpoint();
  await send(at, log, 1);
  const other = new SegmentMaker(STATION, log.segment, STATION_KEY).add('docked', { bay: 'b' });
  for (let count = 0; count < 4; count++) other.add('agent-stopped');
  await at.station.publish(at.station.topics.custody(log.segment, 1), other.batch());
  await at.top.until('fork', () => at.receiver.conditions.isRaised('custody.fork', STATION));
  expect(kept(at, log)).toBe(Buffer.from(log.batch()).toString());
});

test('segments that follow each other are no fork; two that follow the same entry, or an older one, are', async () => {
  const at = await openBench(6);
  const first = segmentOf(at);
  await send(at, first, 1);
  const second = segmentOf(at, first);
  await send(at, second, 1);
  const third = segmentOf(at, second);
  expect(await send(at, third, 1)).toMatchObject({ sequence: 3 });
  expect(at.receiver.conditions.codes()).toEqual([]);
  const copy = segmentOf(at, second);
  expect(await send(at, copy, 1)).toMatchObject({ sequence: 3 });
  expect(at.receiver.conditions.facts('custody.fork', STATION)).toMatchObject({
    segment: copy.segment,
    other_segment: third.segment,
  });

  const older = await openBench(7);
  const long = segmentOf(older);
  const short = { segment: long.segment, head: long.head };
  await send(older, long.add('agent-stopped').checkpoint(), 1);
  const restored = new SegmentMaker(
    STATION,
    makeSegmentId(older.top.random),
    STATION_KEY,
    short,
  ).checkpoint();
  expect(await send(older, restored, 1)).toMatchObject({ sequence: 2 });
  expect(older.receiver.conditions.isRaised('custody.fork', STATION)).toBe(true);
});

test('a segment that was let go long ago and is handed out once more is neither the newest nor a fork', async () => {
  const at = await openBench(8);
  const first = segmentOf(at, undefined, '2026-11-01T08:00:00.000Z');
  const second = segmentOf(at, first, '2026-11-02T08:00:00.000Z');
  const third = segmentOf(at, second, '2026-11-03T08:00:00.000Z');
  const fourth = segmentOf(at, third, '2026-11-04T08:00:00.000Z');
  await send(at, third, 1);
  await send(at, fourth, 1);
  for (const [number, old] of [first, second].entries()) {
    expect(await send(at, old, 1)).toMatchObject({ sequence: 3, segment: old.segment });
    const sample = at.top.sample(50 + number);
    at.station.push(sample);
    await at.top.until('receipt', () => at.station.receipts.size === number + 1);
    const head = at.station.receipts.get(sample.recording)?.custody_head;
    expect(head).toMatchObject({ segment: fourth.segment });
  }
  expect(at.receiver.conditions.codes()).toEqual([]);
});

test('a segment behind some that the store lost is the newest, and so is one of a clock that nobody had set', async () => {
  for (const opened of ['2026-12-09T08:00:00.000Z', '1970-01-01T00:00:09.000Z']) {
    const at = await openBench(9);
    const first = segmentOf(at);
    const later = segmentOf(at, segmentOf(at, first), opened);
    await send(at, first, 1);
    await send(at, later, 1);
    const sample = at.top.sample(50);
    at.station.push(sample);
    await at.top.until('receipt', () => at.station.receipts.size === 1);
    expect(at.station.receipts.get(sample.recording)?.custody_head?.segment).toBe(later.segment);
  }
});

test('a segment that is damaged in the vault is set aside and asked for again', async () => {
  const at = await openBench(8);
  const log = segmentOf(at);
  at.top.disk.plant(`/vault/${STATION}/custody/${log.segment}.jsonl`, 'garbage\n');
  expect(await send(at, log, 0)).toMatchObject({ sequence: null });
  expect(await send(at, log, 1)).toMatchObject({ sequence: 3 });
  expect(
    [...at.top.disk.tree('/vault/.quarantine').values()].map((bytes) =>
      sha256Hex(bytes ?? new Uint8Array(0)),
    ),
  ).toContain(sha256Hex(Buffer.from('garbage\n')));
});

test('a full disk gives no answer, and the log is taken when there is room', async () => {
  const at = await openBench(9);
  const log = segmentOf(at);
  await send(at, log, 1);
  log.add('agent-stopped').checkpoint();
  at.top.disk.fail({
    operation: 'write',
    nth: 1,
    times: Number.POSITIVE_INFINITY,
    code: 'ENOSPC',
    path: '.jsonl',
  });
  await at.station.publish(at.station.topics.custody(log.segment, 4), log.batch(4));
  await at.top.clock.advance(200);
  expect(at.station.custody).toHaveLength(1);
  expect(at.receiver.conditions.isRaised('custody.write-failed', STATION)).toBe(true);
  at.top.disk.heal();
  expect(await send(at, log, 4)).toMatchObject({ sequence: 5 });
  expect(at.receiver.conditions.isRaised('custody.write-failed', STATION)).toBe(false);
});

test('a log whose sync failed before it was closed for others has no hole once the disk is well again', async () => {
  const at = await openBench(31);
  const log = segmentOf(at);
  await send(at, log, 1);
  log.add('agent-stopped').checkpoint();
  at.top.disk.fail({ operation: 'sync', nth: 1, code: 'EIO', path: `custody/${log.segment}` });
  await at.station.publish(at.station.topics.custody(log.segment, 4), log.batch(4));
  await at.top.until('a refusal', () => at.receiver.conditions.isRaised('custody.write-failed', STATION));
  for (let count = 0; count < CUSTODY_SEGMENTS_OPEN_MAX; count++) await send(at, segmentOf(at), 0);
  expect(await send(at, log, 0)).toMatchObject({ sequence: 5, sha256: log.head.sha256 });
  at.top.disk = at.top.disk.crash(at.top.disk.steps, 'nothing');
  expect(kept(at, log)).toBe(Buffer.from(log.batch()).toString());
});

test('what a full disk did not take is not counted as grown', async () => {
  const at = await openBench(31);
  const log = segmentOf(at);
  await send(at, log, 1);
  for (let entries = 0; entries < 11; entries++)
    log.add('quarantined', { item: 'x', reason: 'r'.repeat(8000) });
  log.checkpoint();
  const { disk, clock } = at.top;
  disk.capacityBytes = 0;
  for (let batches = 0; batches < 200; batches++) {
    await at.station.publish(at.station.topics.custody(log.segment, 4), log.batch(4));
    await clock.advance(50);
  }
  expect(at.receiver.conditions.codes()).toContain('custody.write-failed');
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  expect(await send(at, log, 4)).toMatchObject({ sha256: log.head.sha256 });
  expect(at.receiver.conditions.codes()).not.toContain('custody.too-much');
});
