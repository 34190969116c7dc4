// The books of the vault's quota, where what came had to be dropped again.
import { expect, test } from 'vitest';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { BenchTop } from './bench-top.ts';

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
