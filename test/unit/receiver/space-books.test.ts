// The books of the vault's quota, where what came had to be dropped again.
import { expect, test } from 'vitest';
import { countVault } from '../../../agent/receiver/vault/vault-count.ts';
import { VaultLayout } from '../../../agent/receiver/vault/vault-layout.ts';
import { Space } from '../../../agent/receiver/transfer/space.ts';
import { makeRecordingId, parseStationId, type StationId } from '../../../protocol/format/ids.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { BenchTop } from './bench-top.ts';

const [ONE, OTHER] = [parseStationId('dock-1'), parseStationId('dock-2')];

test('bytes that were dropped behind a failed sync do not count against the quota', async () => {
  const top = new BenchTop(98);
  const receiver = await top.receiver({ quotaBytes: 5 * UNIT_BYTES });
  const station = await top.station();
  await top.clock.advance(1000);
  const sample = top.sample(UNIT_BYTES + 100);
  let hits = 0;
  top.disk.fail({
    operation: 'sync',
    path: 'payload.age',
    nth: 1,
    times: 2,
    code: 'EIO',
    onHit: () => hits++,
  });
  station.push(sample);
  await top.until('the disk is well again', () => hits === 2, 300_000);
  await top.until('receipt', () => station.receipts.has(sample.recording), 120_000);
  expect(station.refusals.map(({ reason }) => reason)).not.toContain('quota reached');
  expect(receiver.conditions.isRaised('vault.full')).toBe(false);
});

test('what is here of a recording already needs no room a second time', async () => {
  const top = new BenchTop(99);
  const quotaBytes = 12 * UNIT_BYTES;
  const receiver = await top.receiver({ quotaBytes, slabs: 2 });
  const station = await top.station();
  const sample = top.sample(10 * UNIT_BYTES);
  station.push(sample);
  await top.until('half', () => station.haves.some((have) => (have.received[0]?.[1] ?? 0) >= 5));
  await receiver.stop();
  await receiver.broker.close(true);
  const next = await top.receiver({ quotaBytes, slabs: 2 });
  await top.until('counted', () => next.log.messages().includes('vault counted'));
  await top.until('receipt', () => station.receipts.has(sample.recording), 120_000);
  expect(station.refusals).toEqual([]);
});

test('recordings that are offered at one time do not all get the room of one', async () => {
  const top = new BenchTop(100);
  const receiver = await top.receiver({ quotaBytes: 5 * UNIT_BYTES });
  const station = await top.station();
  await top.clock.advance(1000);
  const samples = Array.from({ length: 4 }, () => top.sample(3 * UNIT_BYTES));
  for (const sample of samples) station.push(sample);
  await top.until('receipt', () => station.receipts.size > 0, 60_000);
  await top.clock.advance(120_000);
  expect(station.receipts.size).toBe(1);
  expect(receiver.conditions.isRaised('vault.full')).toBe(true);
});

/** The books of a vault in which `dock-1` has 900 of the 1000 bytes that the policy allows it. */
async function booksOfPolicy(): Promise<{
  clock: ManualClock;
  conditions: MemoryConditions;
  space: Space;
  coming: Map<StationId, number>;
  words: { inForce: { stationBytes: number } };
}> {
  const clock = new ManualClock();
  const conditions = new MemoryConditions();
  const disk = new CrashDisk();
  disk.plantFolder('/vault');
  const empty = await countVault(disk, new VaultLayout('/vault'), new AbortController().signal);
  const count = { ...empty, bytes: 900, stationBytes: new Map([[ONE as string, 900]]) };
  const vault = {
    count: () => Promise.resolve(count),
    freeBytes: () => Promise.resolve(2 ** 40),
    mayBegin: () => Promise.resolve(true),
    unfinishedBytes: () => Promise.resolve(0),
    isPresent: () => Promise.resolve(true),
  };
  const coming = new Map<StationId, number>();
  const transfers = { missingBytes: () => coming, yieldOne: () => Promise.resolve(false) };
  const words = { inForce: { stationBytes: 1000 } };
  const ports = { clock, conditions, log: new MemoryLog() };
  const space = new Space({ vault, quotaBytes: 2 ** 30, words, transfers, ...ports });
  return { clock, conditions, space, coming, words };
}

test('a station that fills what the policy allows it waits, and others do not', async () => {
  const { clock, conditions, space, words } = await booksOfPolicy();
  expect(await space.refusalOfBytes(ONE, 200)).toBeUndefined(); // nothing is known of it before the first count
  space.start();
  await clock.advance(1);
  expect(await space.refusalOfBytes(ONE, 100)).toBeUndefined();
  expect(await space.refusalOfBytes(ONE, 101)).toMatchObject({ verb: 'pause' });
  expect(conditions.isRaised('vault.station-quota', ONE)).toBe(true);
  expect(await space.refusalOfBytes(OTHER, 1000)).toBeUndefined();
  space.added(ONE, 60);
  expect(await space.refusalOfBytes(ONE, 41)).toMatchObject({ verb: 'pause' });
  expect(await space.refusalOfBytes(ONE, 40)).toBeUndefined();
  expect(conditions.isRaised('vault.station-quota', ONE)).toBe(false);
  words.inForce = { stationBytes: 2000 }; // counts at once
  expect(await space.refusalOfBytes(ONE, 1000)).toBeUndefined();
  await space.stop();
});

test('recordings of a station that are offered at one time do not all get what the policy leaves it', async () => {
  const { clock, space, coming } = await booksOfPolicy();
  space.start();
  await clock.advance(1);
  const admitted = [1, 2, 3].map((seed) => {
    const name = { station: ONE, recording: makeRecordingId(seededRandom(seed)) };
    return space.admit(name, 60, () => coming.set(ONE, 60 + (coming.get(ONE) ?? 0)));
  });
  expect((await Promise.all(admitted)).filter((refusal) => refusal === undefined)).toHaveLength(1);
  expect(coming.get(ONE)).toBe(60);
  await space.stop();
});
