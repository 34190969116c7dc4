// A station with good keys that wants everything for itself: buffers that it holds by a trickle, and room that it only names.
import { expect, test } from 'vitest';
import { makeSegmentId, parseStationId } from '../../../protocol/format/ids.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { BenchTop, STATION_KEY, type ReceiverChoice, type RunningReceiver } from './bench-top.ts';
import { SegmentMaker } from './custody-sample.ts';
import { makeSample, STATION, type Sample } from './sample.ts';
import type { ScriptedStation } from './scripted-station.ts';

const GREEDY = parseStationId('dock-2');
const STATIONS = [STATION, GREEDY].map((id) => ({ id, publicKeys: [publicKeyOf(STATION_KEY)] }));

interface Greed {
  readonly top: BenchTop;
  readonly receiver: RunningReceiver;
  readonly greedy: ScriptedStation;
}

async function openGreed(seed: number, choice: ReceiverChoice): Promise<Greed> {
  const top = new BenchTop(seed);
  const receiver = await top.receiver({ ...choice, stations: STATIONS });
  return { top, receiver, greedy: await top.station({ id: GREEDY }) };
}

/** Claims so many recordings and sends their digest lists, and nothing else. */
async function claimed({ top, greedy }: Greed, count: number, sizeBytes: number): Promise<Sample[]> {
  const samples = Array.from({ length: count }, () =>
    makeSample(top.random, STATION_KEY, sizeBytes, { station: GREEDY }),
  );
  for (const sample of samples)
    await greedy.publish(greedy.topics.offer(sample.recording), greedy.offerOf(sample));
  await top.until('claims', () => greedy.claims.length >= count);
  for (const { recording, chunks } of samples)
    for (const { receiver } of greedy.claims.filter((claim) => claim.recording === recording).slice(0, 1))
      await greedy.publish(greedy.topics.digests(receiver, recording, 0), chunks, 0);
  await top.clock.advance(100);
  return samples;
}

/** Sends one byte of every one of these units every 5 s until it is stopped. */
function trickle({ top, greedy }: Greed, samples: readonly Sample[], units: number): () => void {
  let stopped = false;
  let at = 0;
  const send = (): void => {
    if (stopped) return;
    for (const { recording, payload } of samples)
      for (let unit = 0; unit < units; unit++) {
        const offset = unit * UNIT_BYTES + at;
        const [claim] = greedy.claims;
        if (claim === undefined) continue;
        const topic = greedy.topics.bytes(claim.receiver, recording, offset);
        void greedy.publish(topic, payload.subarray(offset, offset + 1), 0);
      }
    at++;
    top.clock.after(5000, send);
  };
  send();
  return () => (stopped = true);
}

test('a station that holds all buffers by a byte now and then does not stop another one', async () => {
  const greed = await openGreed(140, { slabs: 4 });
  const { top } = greed;
  const samples = await claimed(greed, 2, 6 * UNIT_BYTES);
  const stop = trickle(greed, samples, 6);
  await top.clock.advance(20_000);
  const station = await top.station();
  const sample = top.sample(4 * UNIT_BYTES);
  station.push(sample);
  await top.until('receipt', () => station.receipts.has(sample.recording), 120_000);
  stop();
});

test('a station on a slow line goes on with its own share beside one that waits', async () => {
  const greed = await openGreed(141, { slabs: 4 });
  const { top, greedy } = greed;
  const [slow] = await claimed(greed, 1, 2 * UNIT_BYTES);
  if (slow === undefined) throw new Error('none');
  // 12 kB/s: a unit takes 44 s.
  let at = 0;
  const send = (): void => {
    const [claim] = greedy.claims;
    const piece = slow.payload.subarray(
      at,
      Math.min(at + 4096, UNIT_BYTES * (Math.floor(at / UNIT_BYTES) + 1)),
    );
    if (claim === undefined || piece.length === 0) return;
    void greedy.publish(greedy.topics.bytes(claim.receiver, slow.recording, at), piece, 0);
    at += piece.length;
    top.clock.after(340, send);
  };
  send();
  const station = await top.station();
  const samples = [top.sample(8 * UNIT_BYTES), top.sample(8 * UNIT_BYTES)];
  for (const sample of samples) station.push(sample);
  await top.until('receipts', () => samples.every(({ recording }) => station.receipts.has(recording)));
  await top.until('receipt of the slow one', () => greedy.receipts.has(slow.recording), 120_000);
});

test('room that a station only names does not keep others out', async () => {
  const greed = await openGreed(142, { quotaBytes: 64 * UNIT_BYTES });
  const { top, receiver } = greed;
  const samples = await claimed(greed, 1, 60 * UNIT_BYTES);
  const stop = trickle(greed, samples, 1);
  const station = await top.station();
  const sample = top.sample(8 * UNIT_BYTES);
  station.push(sample);
  await top.until('receipt', () => station.receipts.has(sample.recording), 120_000);
  expect(receiver.conditions.isRaised('vault.full')).toBe(false);
  stop();
});

test('a log without an end fills neither its segment nor the store, and others are taken as before', async () => {
  const quotaBytes = 24 * 2 ** 20;
  const at = await openGreed(9, { quotaBytes });
  const { top, receiver, greedy } = at;
  let answered = 0;
  let last: SegmentMaker | undefined;
  for (let segments = 0; segments < 6; segments++) {
    const before = last === undefined ? {} : { segment: last.segment, head: last.head };
    const log: SegmentMaker = new SegmentMaker(GREEDY, makeSegmentId(top.random), STATION_KEY, before);
    last = log;
    for (let batches = 0; batches < 52; batches++) {
      const from = batches === 0 ? 1 : log.lines.length + 1;
      for (let entries = 0; entries < 11; entries++)
        log.add('quarantined', { item: 'x', reason: 'r'.repeat(8000) });
      log.checkpoint();
      await greedy.publish(greedy.topics.custody(log.segment, from), log.batch(from));
      await top.clock.advance(50);
    }
    answered = greedy.custody.length;
    const kept = top.disk.peek(`/vault/${GREEDY}/custody/${log.segment}.jsonl`)?.length ?? 0;
    expect(kept).toBeLessThanOrEqual(4 * 2 ** 20);
    if (segments === 0) expect(kept).toBeGreaterThan(3.9 * 2 ** 20);
  }
  const logs = [...top.disk.tree(`/vault/${GREEDY}/custody`)].filter(([name]) => name.endsWith('.jsonl'));
  const bytes = logs.reduce((sum, [name]) => sum + (top.disk.peek(name)?.length ?? 0), 0);
  expect(bytes).toBeLessThanOrEqual(16.1 * 2 ** 20);
  expect(bytes).toBeGreaterThan(15 * 2 ** 20);
  expect(answered).toBeLessThan(6 * 52);
  expect(receiver.conditions.codes()).toContain('custody.too-much');
  const honest = await top.station();
  const sample = top.sample(50);
  honest.push(sample);
  await top.until('receipt', () => honest.receipts.size === 1);
  const big = makeSample(top.random, STATION_KEY, quotaBytes - 15 * 2 ** 20, { station: GREEDY });
  await greedy.publish(greedy.topics.offer(big.recording), greedy.offerOf(big));
  await top.until('refusal', () => greedy.refusals.some(({ reason }) => reason === 'quota reached'));
});
