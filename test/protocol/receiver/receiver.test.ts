import { expect, test } from 'vitest';
import { UNIT_BYTES } from '../../../protocol/limits.ts';
import { BenchTop } from './bench-top.ts';

test('a recording goes through claim, digests, units and receipt, and lies in the vault byte by byte', async () => {
  const top = new BenchTop(1);
  const receiver = await top.receiver();
  const station = await top.station();
  const sample = top.sample(5 * UNIT_BYTES + 123);
  station.push(sample);
  await top.until('receipt', () => station.receipts.size === 1);
  expect(station.receipts.get(sample.recording)).toMatchObject({
    station: sample.station,
    manifest_sha256: sample.manifestSha256,
    sealed_size_bytes: sample.payload.length,
    chunks_sha256: sample.manifest.sealed.chunks_sha256,
    receiver: 'r-a',
    vault: receiver.vault.id,
    custody_head: null,
  });
  const names = [...top.disk.tree(`/vault/${sample.station}/${sample.recording}`).keys()];
  expect(names.map((name) => name.split('/').at(-1))).toEqual([
    'chunks.bin',
    'manifest.json',
    'manifest.json.minisig',
    'payload.age',
    'receipt.json',
    'receipt.json.minisig',
  ]);
  expect(Buffer.compare(top.stored(sample, 'payload.age') ?? Buffer.alloc(0), sample.payload)).toBe(0);
  expect(Buffer.compare(top.stored(sample, 'chunks.bin') ?? Buffer.alloc(0), sample.chunks)).toBe(0);
  expect(station.sentUnits).toBe(6);
  await receiver.stop();
  expect(receiver.slabs.freeCount).toBe(8);
  expect(top.disk.openFiles).toBe(0);
});
