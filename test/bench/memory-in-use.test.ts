import { mkdtemp, rm, stat } from 'node:fs/promises';
import { totalmem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freeBytes, MemoryInUse } from './memory-in-use.ts';

test('what is free is told, and is less than all', () => {
  expect(freeBytes()).toBeGreaterThan(0);
  expect(freeBytes()).toBeLessThan(totalmem());
});

test('the filler costs no disk, and whoever ends the bench ends it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-filler-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const filler = join(folder, 'filler');
  const ended = AbortSignal.abort(new Error('ended'));
  await expect(new MemoryInUse(filler).bring(ended)).rejects.toThrow('ended');
  expect((await stat(filler)).blocks).toBeLessThan(100);
});
