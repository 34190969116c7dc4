// Two where one is meant: one recording over two connections at a time, and one station with two receivers on two vaults.
import { expect, test } from 'vitest';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { pointTried } from '../../fakes/points.ts';
import { BenchTop } from './bench-top.ts';
import { STATION, type Sample } from './sample.ts';

const FILES = ['chunks.bin', 'manifest.json', 'manifest.json.minisig', 'payload.age', 'receipt.json'];

/** "whole", "nothing", or what is half. */
function stateOf(top: BenchTop, sample: Sample, disk: CrashDisk): string {
  const folder = `/vault/${STATION}/${sample.recording}`;
  if (disk.tree(folder).size === 0) return 'nothing';
  const missing = FILES.filter((name) => top.stored(sample, name, disk) === undefined);
  if (missing.length > 0) return `without ${missing.join(', ')}`;
  const same = Buffer.compare(top.stored(sample, 'payload.age', disk) ?? Buffer.alloc(0), sample.payload);
  return same === 0 ? 'whole' : 'with other bytes';
}

test('pieces of one recording over two connections at a time, doubled, in disorder, overlapping, and altered on one of them, make one right file', async () => {
  const top = new BenchTop(81);
  const receiver = await top.receiver();
  const { log, conditions, slabs } = receiver;
  const chance = new SeededRandom(82);
  top.hub.fate = ({ qos }) => {
    if (qos === 1) return [{}];
    const draw = chance.below(10);
    if (draw === 0) return [];
    if (draw === 1) return [{}, { delayMs: chance.below(4000) }];
    return draw < 5 ? [{ delayMs: chance.below(800) }] : [{}];
  };
  // The same station twice, as with a card that was copied: both sign with its key and write below its topics.
  const first = await top.station({ messageBytesMax: 100_000 });
  const second = await top.station({ messageBytesMax: 70_001, client: 'the copy' });
  let altered = 0;
  second.alter = (unit, bytes) => {
    if (unit % 3 !== 1 || altered >= 20) return bytes;
    altered++;
    pointTried();
    return bytes.map((byte) => byte ^ 1);
  };
  const samples = [top.sample(7 * UNIT_BYTES + 11), top.sample(300), top.sample(3 * UNIT_BYTES)];
  for (const sample of samples) for (const station of [first, second]) station.push(sample);
  const both = (): boolean =>
    samples.every(({ recording }) => first.receipts.has(recording) && second.receipts.has(recording));
  await top.until('receipts on both', both, 1_800_000);
  expect(altered).toBeGreaterThan(0);
  for (const sample of samples) {
    expect(stateOf(top, sample, top.disk)).toBe('whole');
    expect(first.receiptTexts.get(sample.recording)).toBe(second.receiptTexts.get(sample.recording));
  }
  expect(log.messages('error')).toEqual([]);
  await receiver.stop();
  expect(slabs.freeCount).toBe(8);
  expect(conditions.codes().filter((code) => code.startsWith('vault.'))).toEqual([]);
  expect(await top.disk.list(`/vault/.incoming/${STATION}`)).toEqual([]);
});

test('two receivers on two vaults store a recording once or twice, never half, and a receipt says in which vault it lies', async () => {
  const stored = { once: 0, twice: 0 };
  for (let seed = 1; seed <= 3; seed++) {
    const top = new BenchTop(900 + seed);
    const chance = new SeededRandom(seed);
    const other = new CrashDisk();
    const [a, b] = [
      await top.receiver({ slabs: 2 }),
      await top.receiver({ receiver: 'r-b', disk: other, slabs: 2 }),
    ];
    const station = await top.station();
    const samples = Array.from({ length: 3 }, (_, at) => top.sample((1 + at * 2) * UNIT_BYTES + at));
    for (const sample of samples) station.push(sample);
    for (let cuts = 0; cuts < 6; cuts++) {
      await top.clock.advance(chance.below(400));
      top.hub.cut(chance.pick(['r-a', 'r-b', STATION]));
      pointTried();
    }
    const vaults = new Map<string, CrashDisk>([
      [a.vault.id, top.disk],
      [b.vault.id, other],
    ]);
    expect(vaults.size).toBe(2);
    await top.until(
      'receipts',
      () => samples.every(({ recording }) => station.receipts.has(recording)),
      900_000,
    );
    for (const sample of samples) {
      const states = [...vaults.values()].map((disk) => stateOf(top, sample, disk));
      expect(states.filter((state) => state !== 'whole' && state !== 'nothing')).toEqual([]);
      const receipt = station.receipts.get(sample.recording);
      expect(receipt?.receiver).toBe(receipt?.vault === a.vault.id ? 'r-a' : 'r-b');
      expect(stateOf(top, sample, vaults.get(receipt?.vault ?? '') ?? new CrashDisk())).toBe('whole');
      stored[states.includes('nothing') ? 'once' : 'twice']++;
    }
    for (const each of [a, b]) await each.stop();
  }
  expect(stored.once).toBeGreaterThan(0);
});

test('10 TB announced are weighed, not stored: what does not fit the quota waits, and a list of 600 MB costs no memory', async () => {
  const top = new BenchTop(83);
  const TERA = 1e12;
  const receiver = await top.receiver({ quotaBytes: 15 * TERA });
  const station = await top.station();
  const announce = async (sizeBytes: number): Promise<Sample> => {
    const sealed = { size_bytes: sizeBytes, unit_bytes: UNIT_BYTES, chunks_sha256: '5'.repeat(64) } as const;
    const sample = top.sample(100, { sealed });
    await station.publish(station.topics.offer(sample.recording), station.offerOf(sample));
    return sample;
  };
  const before = process.memoryUsage().rss;
  const large = await announce(10 * TERA);
  await top.until('a claim', () => station.claims.length === 1);
  expect(station.claims[0]?.recording).toBe(large.recording);
  await announce(10 * TERA);
  await top.until('a refusal', () => station.refusals.length === 1);
  expect(station.refusals[0]).toMatchObject({ verb: 'pause', reason: 'quota reached' });
  await announce(16 * TERA);
  await top.until('another refusal', () => station.refusals.length === 2);
  expect(station.refusals[1]).toMatchObject({ verb: 'pause', reason: 'larger than the quota of the vault' });
  expect(receiver.conditions.isRaised('vault.quota', STATION)).toBe(true);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  // The place is kept while it is claimed, then others have it.
  await top.clock.advance(70_000);
  const small = top.sample(UNIT_BYTES);
  station.push(small);
  await top.until('receipt', () => station.receipts.has(small.recording));
  await receiver.stop();
  expect(top.disk.openFiles).toBe(0);
});
