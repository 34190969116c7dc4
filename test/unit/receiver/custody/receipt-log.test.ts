import { describe, expect, test } from 'vitest';
import { ReceiptLog } from '../../../../agent/receiver/custody/receipt-log.ts';
import { parseReceiverId, parseSegmentId } from '../../../../protocol/format/ids.ts';
import { type LogBody, messageBytes } from '../../../../protocol/transfer/messages.ts';
import { verifyCheckpoint } from '../../../../protocol/transparency/checkpoint.ts';
import { isConsistent, nodeHash } from '../../../../protocol/transparency/merkle.ts';
import { publicKeyOf } from '../../../../protocol/documents/minisign.ts';
import { type Bench, openBench, STATION_KEY, STORE_KEY } from '../bench-top.ts';
import { MemoryConditions } from '../../../fakes/conditions-memory.ts';
import { fastSigner } from '../../../fakes/signer-fast.ts';
import { depsOn, numbered } from './log-scenario.ts';
import { SegmentMaker } from '../custody-sample.ts';
import { type Sample, STATION } from '../sample.ts';
import type { ScriptedStation } from '../scripted-station.ts';

const FOLDER = '/vault/r-a/custody';

function linesOf({ top }: Pick<Bench, 'top'>): { event: string; facts: Record<string, unknown> }[] {
  const [path] = [...top.disk.tree(FOLDER).keys()].filter((each) => each.endsWith('.jsonl'));
  const text = Buffer.from(top.disk.peek(path ?? '') ?? []).toString();
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { event: string; facts: Record<string, unknown> });
}

async function deliver({ top, station }: Bench, samples: readonly Sample[]): Promise<void> {
  for (const sample of samples) station.push(sample);
  await top.until('receipts', () => samples.every(({ recording }) => station.receipts.has(recording)));
}

async function ask(bench: Bench, size: number, origin: string, nonce = '0123456789abcdef'): Promise<void> {
  const before = bench.station.logs.length;
  await bench.station.publish(bench.station.topics.log(size, nonce), Buffer.from(origin));
  await bench.top.until('answer', () => bench.station.logs.length > before, 5000);
}

const samplesFor = ({ top }: Bench, count: number): Sample[] =>
  Array.from({ length: count }, (_, at) => top.sample(300 + at));

describe('a receipt', () => {
  test('travels with its line and the proof of it, from the checkpoint that the offer named', async () => {
    const bench = await openBench(1);
    for (let round = 0; round < 4; round++) await deliver(bench, samplesFor(bench, 3));
    const { station } = bench;
    expect(station.entries.size).toBe(12);
    expect(station.provenConsistent).toBeGreaterThan(0);
    const lines = linesOf(bench);
    for (const [recording, { index }] of station.entries)
      expect(lines[index]).toMatchObject({ event: 'receipt', facts: { recording, kind: 'recording' } });
    await bench.receiver.stop();
  });

  test('shares its group with others that come while a group is written', async () => {
    const bench = await openBench(2);
    await deliver(bench, samplesFor(bench, 1));
    const { disk } = bench.top;
    const before = disk.calls('sync');
    await deliver(bench, samplesFor(bench, 6));
    const events = linesOf(bench).map(({ event }) => event);
    expect(events.filter((event) => event === 'receipt')).toHaveLength(7);
    expect(events.filter((event) => event === 'checkpoint').length).toBeLessThan(7);
    expect(disk.calls('sync')).toBeGreaterThan(before);
    await bench.receiver.stop();
  });

  test('that is given again names the line of before; a receiver that was started again enters it again', async () => {
    const bench = await openBench(3);
    const [sample] = samplesFor(bench, 1) as [Sample];
    await deliver(bench, [sample]);
    const { index } = bench.station.entries.get(sample.recording) ?? { index: 0 };
    bench.station.receipts.clear();
    await deliver(bench, [sample]);
    expect(bench.station.entries.get(sample.recording)?.index).toBe(index);
    await bench.receiver.stop();
    const receiver = await bench.top.receiver();
    bench.station.receipts.clear();
    await deliver(bench, [sample]);
    expect(bench.station.entries.get(sample.recording)?.index).toBeGreaterThan(index);
    expect(linesOf(bench).filter(({ event }) => event === 'receipt')).toHaveLength(2);
    await receiver.stop();
  });

  test('is given to nobody while the log does not take its line, and then it is', async () => {
    const bench = await openBench(4);
    const { top, station, receiver } = bench;
    await deliver(bench, samplesFor(bench, 1));
    const [sample] = samplesFor(bench, 1) as [Sample];
    top.disk.fail({ operation: 'open', nth: 1, code: 'EIO', times: Number.POSITIVE_INFINITY, path: FOLDER });
    station.push(sample);
    await top.until('receipt stored', () => top.stored(sample, 'receipt.json') !== undefined);
    await top.clock.advance(3000);
    expect([station.receipts.has(sample.recording), station.receiptMessages]).toEqual([false, 1]);
    expect(receiver.log.messages('error')).toContain('receipt not given: it is not in the log of the store');
    top.disk.heal();
    await top.until('receipt', () => station.receipts.has(sample.recording));
    await receiver.stop();
  });

  test('is not given where lines of the log are missing, and a condition says so', async () => {
    const bench = await openBench(5);
    const { top, station } = bench;
    await deliver(bench, samplesFor(bench, 1));
    const old = top.disk.tree(FOLDER);
    await deliver(bench, samplesFor(bench, 1));
    await bench.receiver.stop();
    for (const [path, bytes] of old)
      if (bytes !== undefined) top.disk.corrupt(path, () => Buffer.from(bytes));
    const receiver = await top.receiver();
    const [sample] = samplesFor(bench, 1) as [Sample];
    station.push(sample);
    await top.until('condition', () => receiver.conditions.codes().includes('log.shorter'));
    const before = linesOf(bench).length;
    for (let turn = 0; turn < 20; turn++) {
      station.push(sample);
      await top.clock.advance(10_000);
    }
    expect(top.stored(sample, 'receipt.json')).toBeDefined();
    expect(station.receipts.has(sample.recording)).toBe(false);
    expect(linesOf(bench)).toHaveLength(before);
    let read = 0;
    top.disk.hearCalls((operation, path) => {
      if (operation === 'readAll' && path.startsWith(FOLDER) && path.endsWith('.jsonl')) read++;
    });
    for (let turn = 0; turn < 30; turn++) {
      station.push(sample);
      await top.clock.advance(1000);
    }
    expect(read, 'all lines are read for each look').toBeLessThan(15);
    await receiver.stop();
  });
});

test('a tile that is lost or damaged is made again when a proof needs it', async () => {
  const { top, receiver } = await openBench(6);
  await receiver.stop();
  const { disk } = top;
  const store = depsOn(disk, 1, {
    receiver: parseReceiverId('r-a'),
    vault: receiver.vault.id,
    signer: fastSigner(STORE_KEY),
    publicKey: publicKeyOf(STORE_KEY),
  });
  const answers: LogBody[] = [];
  const sending = { log: async (_: unknown, body: LogBody) => void answers.push(body) };
  const stations = new Map([[STATION, []]]);
  const log = new ReceiptLog({ store, stations, sending, conditions: new MemoryConditions() });
  const { tree } = await log.enter(Array.from({ length: 300 }, () => numbered(1)));
  const hashes = Uint8Array.from(disk.peek('/vault/r-a/log/tile/0/000') ?? []);
  const [one, two, three] = [0, 32, 64].map((at) => hashes.slice(at, at + 32)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const fromRoot = nodeHash(nodeHash(one, two), three);
  for (const damage of ['gone', 'shorter', 'altered']) {
    await log.enter([numbered(2)]);
    const path = '/vault/r-a/log/tile/0/000';
    if (damage === 'gone') await disk.unlink(path);
    else
      disk.corrupt(path, (bytes) =>
        damage === 'shorter' ? bytes.slice(0, 100) : bytes.map((byte) => byte ^ 1),
      );
    await log.enter([numbered(2)]);
    await log.answer(STATION, { size: 3, nonce: '0123456789abcdef' }, Buffer.from(tree.origin));
    expect(disk.peek(path)).toHaveLength(8192);
    await store.clock.advance(1000);
  }
  for (const { checkpoint, consistency } of answers) {
    const { size, root } = verifyCheckpoint(checkpoint ?? '', tree.origin, [publicKeyOf(STORE_KEY).key]);
    const proof = consistency.map(messageBytes);
    expect(isConsistent({ from: 3, fromRoot, size, root, proof })).toBe(true);
  }
  expect(answers).toHaveLength(3);
  expect(store.log.messages('error')).toEqual(Array(3).fill('store log: tiles are made again'));
});

describe('a question about the log', () => {
  const heard = (station: ScriptedStation): ReturnType<typeof verifyCheckpoint> => {
    const { checkpoint } = station.logs.at(-1) ?? { checkpoint: null };
    const origin = checkpoint?.split('\n')[0] ?? '';
    return verifyCheckpoint(checkpoint ?? '', origin, [publicKeyOf(STORE_KEY).key]);
  };

  test('is answered with the newest checkpoint, and that it extends the one that the station has', async () => {
    const bench = await openBench(11);
    const { station } = bench;
    await deliver(bench, samplesFor(bench, 1));
    const first = station.checkpoint;
    await deliver(bench, samplesFor(bench, 4));
    await ask(bench, first?.size ?? 0, first?.origin ?? '', 'fedcba9876543210');
    expect(station.logs.at(-1)).toMatchObject({ nonce: 'fedcba9876543210', receiver: 'r-a' });
    expect(station.logs.at(-1)?.consistency.map((each) => messageBytes(each).length)).toContain(32);
    station.learn(heard(station), station.logs.at(-1)?.consistency ?? []);
    await bench.receiver.stop();
  });

  test('without an origin, of another one, or of a larger tree is answered without hashes', async () => {
    const bench = await openBench(12);
    await deliver(bench, samplesFor(bench, 2));
    const { origin = '' } = bench.station.checkpoint ?? {};
    for (const [size, named] of [
      [0, ''],
      [3, `${origin}/0123456789abcdef`],
      [3, origin.replace(/[a-z2-7]{26}/, 'a'.repeat(26))],
      [1_000_000, origin],
    ] as const) {
      await ask(bench, size, named);
      expect(bench.station.logs.at(-1)?.consistency).toEqual([]);
      expect(heard(bench.station).origin).toBe(origin);
      await bench.top.clock.advance(2000);
    }
    await bench.receiver.stop();
  });

  test('before anything was entered begins the answer with what is there, after a start too', async () => {
    const bench = await openBench(13);
    await ask(bench, 0, '');
    expect(bench.station.logs.at(-1)?.checkpoint).toBeNull();
    await deliver(bench, samplesFor(bench, 2));
    const { checkpoint } = bench.station;
    await bench.receiver.stop();
    const receiver = await bench.top.receiver();
    await ask(bench, 0, '');
    expect(heard(bench.station)).toMatchObject({ origin: checkpoint?.origin });
    expect(heard(bench.station).size).toBeGreaterThanOrEqual(checkpoint?.size ?? 0);
    await receiver.stop();
  });

  test('after a cut that left entries without a checkpoint names all that a station saw', async () => {
    const bench = await openBench(15);
    const { disk } = bench.top;
    await deliver(bench, samplesFor(bench, 1));
    const old = disk.peek('/vault/r-a/log/checkpoint');
    await deliver(bench, samplesFor(bench, 1));
    const seen = bench.station.checkpoint;
    await deliver(bench, samplesFor(bench, 1));
    await bench.receiver.stop();
    const [path = ''] = [...disk.tree(FOLDER).keys()].filter((each) => each.endsWith('.jsonl'));
    disk.corrupt(path, (bytes) =>
      Buffer.from(bytes).subarray(0, Buffer.from(bytes).lastIndexOf(10, -2) + 40),
    );
    disk.corrupt('/vault/r-a/log/checkpoint', () => Buffer.from(old ?? []));
    const receiver = await bench.top.receiver();
    await ask(bench, seen?.size ?? 0, seen?.origin ?? '');
    expect(heard(bench.station).size).toBeGreaterThan(seen?.size ?? Infinity);
    expect(
      linesOf(bench)
        .slice(-2)
        .map(({ event }) => event),
    ).toEqual(['receipt', 'checkpoint']);
    const proof = bench.station.logs.at(-1)?.consistency.map(messageBytes) ?? [];
    const [from, fromRoot] = [seen?.size ?? 0, seen?.root ?? new Uint8Array()];
    expect(isConsistent({ from, fromRoot, ...heard(bench.station), proof })).toBe(true);
    await receiver.stop();
  });

  test('about the log of another receiver, from a stranger, or one of many a second, is not answered', async () => {
    const bench = await openBench(14);
    const { station, top } = bench;
    await deliver(bench, samplesFor(bench, 1));
    const origin = station.checkpoint?.origin.replace('r-a', 'r-b') ?? '';
    await station.publish(station.topics.log(1, '0123456789abcdef'), Buffer.from(origin));
    await station.publish(
      station.topics.log(1, '0123456789abcdef').replace('dock-1', 'dock-9'),
      Buffer.alloc(0),
    );
    await station.publish(station.topics.log(1, '0123456789abcdef'), Buffer.alloc(1000, 97));
    await top.clock.advance(3000);
    expect(station.logs).toHaveLength(0);
    for (let count = 0; count < 50; count++)
      await station.publish(station.topics.log(0, '0123456789abcdef'), Buffer.alloc(0));
    await top.clock.advance(3000);
    expect(station.logs).toHaveLength(2);
    await bench.receiver.stop();
  });
});

test("each station's newest entry is entered each hour where it changed, and before the end of the receiver", async () => {
  const bench = await openBench(21);
  const { top, station, receiver } = bench;
  receiver.startRetention();
  const log = new SegmentMaker(
    STATION,
    parseSegmentId('abcdefghijklmnopqrstuvwxye'),
    STATION_KEY,
  ).checkpoint();
  const heads = (): unknown[] =>
    linesOf(bench)
      .filter(({ event }) => event === 'head')
      .map(({ facts }) => facts['sequence']);
  await station.publish(station.topics.custody(log.segment, 1), log.batch());
  await top.clock.advance(2 * 3_600_000 + 1000);
  expect(heads()).toEqual([2]);
  log.add('docked', { bay: 'b' }).checkpoint();
  await station.publish(station.topics.custody(log.segment, 3), log.batch(3));
  await top.clock.advance(1000);
  const stopped = receiver.stop();
  await top.clock.advance(5000);
  await stopped;
  expect(heads()).toEqual([2, 4]);
  expect(
    linesOf(bench)
      .map(({ event }) => event)
      .slice(-3),
  ).toEqual(['head', 'receiver-stopped', 'checkpoint']);
  expect(linesOf(bench).at(-3)?.facts).toEqual({ station: STATION, segment: log.segment, ...log.head });
});
