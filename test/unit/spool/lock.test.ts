// The lock on a spool's folder, between processes and paths.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockSpool } from '../../../agent/spool/lock.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-lock-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('a second agent on one spool is refused, by whatever path it comes', async () => {
  const path = join(folder, 'a');
  const lock = await lockSpool(path);
  await symlink(path, join(folder, 'link'));
  for (const other of [path, join(folder, 'link'), `${path}/`])
    await expect(lockSpool(other)).rejects.toMatchObject({ code: 'spool.locked', retry: 'person' });
  await lock.release();
  await lock.release();
  await (await lockSpool(path)).release();
});

test('two spools are locked side by side', async () => {
  const locks = [await lockSpool(join(folder, 'b')), await lockSpool(join(folder, 'c'))];
  for (const lock of locks) await lock.release();
});

test('a process that was killed leaves no lock behind', async () => {
  const path = join(folder, 'd');
  await (await lockSpool(path)).release();
  const script = `
    const { statSync } = require('node:fs');
    const { dev, ino } = statSync(${JSON.stringify(path)}, { bigint: true });
    require('node:net').createServer().listen('\\0bodydock-spool-' + dev + '-' + ino, () => console.log('locked'));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await expect(lockSpool(path)).rejects.toMatchObject({ code: 'spool.locked' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  await (await lockSpool(path)).release();
});

test('a folder that cannot be made is told with what to do', async () => {
  await expect(lockSpool(join(folder, 'no', 'such', 'parent'))).rejects.toMatchObject({
    code: 'spool.unusable',
    message: expect.stringMatching(/\(spool\.path\) could not be made \(ENOENT\): make .*such for the user/),
  });
});
