// What two receivers that hear every offer leave of a small recording, and how long.
import { expect, test } from 'vitest';
import { filesWith } from '../../fakes/files-with.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { BenchTop } from './bench-top.ts';
import { STATION } from './sample.ts';

test('a receiver that looked before the other one put a recording in place does not begin it anew', async () => {
  const top = new BenchTop(97);
  const slow = filesWith(top.disk, {
    freeBytes: async (path) => {
      await top.clock.sleep(300, new AbortController().signal);
      return top.disk.freeBytes(path);
    },
  }) as CrashDisk;
  const a = await top.receiver({ receiver: 'r-a' });
  const b = await top.receiver({ receiver: 'r-b', disk: slow });
  const station = await top.station();
  const samples = Array.from({ length: 5 }, () => top.sample(100));
  for (const sample of samples) station.push(sample);
  await top.until('receipts', () => station.receipts.size === samples.length);
  await top.clock.advance(600_000);
  expect(a.log.messages('error')).toEqual([]);
  expect(b.log.messages('error')).toEqual([]);
  expect(await top.disk.list(`/vault/.incoming/${STATION}`)).toEqual(['custody']);
});

test('what a power cut leaves of a recording in place among the unfinished ones goes with its next offer', async () => {
  const top = new BenchTop(98);
  const first = await top.receiver();
  const sample = top.sample(100);
  const station = await top.station();
  station.push(sample);
  await top.until('receipt', () => station.receipts.size === 1);
  await first.stop();
  await first.broker.close(true);
  const kept = `/vault/.incoming/${STATION}/${sample.recording}`;
  // Before the last folder was removed, and before the lease under which the receipt was made was given back.
  for (const left of [kept, `${kept}/1795934655808.${station.session}`]) {
    top.disk.plantFolder(left);
    const next = await top.receiver();
    await top.clock.advance(1000);
    station.receipts.clear();
    station.push(sample);
    await top.until('receipt again', () => station.receipts.size === 1);
    await top.clock.advance(1000);
    expect(await top.disk.list(`/vault/.incoming/${STATION}`)).toEqual(['custody']);
    await next.stop();
    await next.broker.close(true);
  }
});
