import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { MACHINE, MemoryInUse } from './memory-in-use.ts';

const MIB = 1024 * 1024;
let folder: string;
let filler: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-filler-'));
  filler = join(folder, 'filler');
  onTestFinished(() => rm(folder, { recursive: true }));
});

/** A machine of 100 MiB of which so much is free, less with each look. */
function machine(freeMib: number, lessMib: number): { readonly looks: number; readonly memory: MemoryInUse } {
  const seen = { looks: 0 };
  const freeBytes = (): number => (freeMib - lessMib * seen.looks++) * MIB;
  return {
    get looks() {
      return seen.looks;
    },
    memory: new MemoryInUse(filler, { totalBytes: 100 * MIB, freeBytes }),
  };
}

test('what is free on this machine is told, and is less than all', () => {
  expect(MACHINE.freeBytes()).toBeGreaterThan(0);
  expect(MACHINE.freeBytes()).toBeLessThan(MACHINE.totalBytes);
});

test('it ends once little is free', async () => {
  const at = machine(40, 4);
  await at.memory.bring(new AbortController().signal);
  expect(at.looks).toBe(11); // 40, 36 ... 4, and 0 is below 1.5
});

test('what the system keeps free is read over twice, and the file takes no disk', async () => {
  const at = machine(24, 0);
  await at.memory.bring(new AbortController().signal);
  expect(at.looks).toBe((2 * 24) / 4 + 1);
  const { size, blocks } = await stat(filler);
  expect(size).toBe(200 * MIB);
  expect(blocks).toBeLessThan(100);
});

test('it goes on while less and less is free, and ends at twice all memory', async () => {
  const at = machine(99, 1.5);
  await at.memory.bring(new AbortController().signal);
  expect(at.looks).toBe((2 * 100) / 4);
});

test('whoever ends the bench ends it, before anything is made', async () => {
  const ended = AbortSignal.abort(new Error('ended'));
  await expect(new MemoryInUse(filler).bring(ended)).rejects.toThrow('ended');
  expect(await readdir(folder)).toEqual([]);
});
