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
