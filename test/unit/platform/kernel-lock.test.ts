// A lock is held as long as its process lives, by nobody else, and by no program that this one starts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type TestContext } from 'vitest';
import { folderLockName, isKernelLocked, takeKernelLock } from '../../../agent/platform/kernel-lock.ts';

async function lockName({ onTestFinished }: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-lock-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folderLockName('test', folder);
}

test('one holds it, and it is free once that one lets go', async (context) => {
  const name = await lockName(context);
  const lock = await takeKernelLock(name);
  expect(await takeKernelLock(name)).toBeUndefined();
  expect(await isKernelLocked(name)).toBe(true);
  await lock?.release();
  expect(await isKernelLocked(name)).toBe(false);
});

test('a program that was started meanwhile does not keep it', async (context) => {
  const name = await lockName(context);
  const lock = await takeKernelLock(name);
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  context.onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  await lock?.release();
  const again = await takeKernelLock(name);
  expect(again).toBeDefined();
  await again?.release();
});

test('who hangs and answers nobody still holds it', async (context) => {
  const name = await lockName(context);
  const lock = await takeKernelLock(name);
  // All at once, so that none of them is answered meanwhile: more than may wait.
  const callers = Array.from({ length: 600 }, () => connect(name).on('error', () => undefined));
  expect(await isKernelLocked(name)).toBe(true);
  for (const caller of callers) caller.destroy();
  await lock?.release();
});
