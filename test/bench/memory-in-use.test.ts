import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { totalmem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freeBytes, MemoryInUse } from './memory-in-use.ts';

test('what is free is told, and is less than all', () => {
  expect(freeBytes()).toBeGreaterThan(0);
  expect(freeBytes()).toBeLessThan(totalmem());
});

test('whoever ends the bench ends it, before anything is made', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-filler-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const ended = AbortSignal.abort(new Error('ended'));
  await expect(new MemoryInUse(join(folder, 'filler')).bring(ended)).rejects.toThrow('ended');
  expect(await readdir(folder)).toEqual([]);
});
