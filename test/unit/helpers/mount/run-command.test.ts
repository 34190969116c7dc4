import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requireOwnFolder } from '../../../../agent/helpers/helper.ts';
import { findOwner, parseOptions } from '../../../../agent/helpers/mount/mount-helper.ts';
import { systemCommands } from '../../../../agent/helpers/mount/system-calls.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-command-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(name: string, body: string): Promise<void> {
  const at = join(folder, name);
  await writeFile(at, `#!/bin/sh\n${body}\n`);
  await chmod(at, 0o755);
}

const run = (name: string, words: readonly string[] = [], timeoutMs = 10_000) =>
  systemCommands(`${folder}:/usr/bin:/bin`)(name, words, timeoutMs);

test('a program that hangs is killed when its time is over', async () => {
  await program('mount', 'exec sleep 600');
  expect(await run('mount', [], 100)).toMatchObject({ code: null });
});

test('a program that Node cannot start is a result, not an error', async () => {
  const tooLong = await run('mount', ['x'.repeat(1_000_000)]);
  expect(tooLong).toMatchObject({ code: null, said: expect.stringContaining('E2BIG') });
});

test('words are words: nothing in them is run, and the agent’s environment is not handed on', async () => {
  await program('show', 'printf "%s|" "$@"; env | cut -d= -f1 | sort | tr "\\n" " "');
  const { output } = await run('show', ['$(id)', '; id', '`id`']);
  const [first, second, third, names] = Buffer.from(output).toString().split('|');
  expect([first, second, third]).toEqual(['$(id)', '; id', '`id`']);
  expect(
    names
      ?.trim()
      .split(' ')
      .filter((name) => !['_', 'PWD', 'SHLVL'].includes(name)),
  ).toEqual(['LC_ALL', 'PATH']);
});

test('exit codes come through, a program that is not there has none, and standard input is at its end', async () => {
  await program('fails', 'cat; echo why >&2; exit 32');
  expect(await run('fails')).toEqual({ code: 32, output: Buffer.alloc(0), said: 'why' });
  expect(await run('is-not-there')).toMatchObject({ code: null });
});

test('a program that says too much is ended', async () => {
  await program('talks', 'exec cat /dev/zero');
  const { code, output } = await run('talks');
  expect(code).toBeNull();
  expect(output.length).toBeLessThan(200_000);
});

test('the folder of the mounts must be one that others cannot exchange', async () => {
  const uid = process.getuid?.() ?? 0;
  const good = join(folder, 'mounts');
  await requireOwnFolder(good, uid);
  await mkdir(join(folder, 'open'), { mode: 0o777 });
  await chmod(join(folder, 'open'), 0o777);
  await symlink(good, join(folder, 'link'));
  for (const bad of ['open', 'link', 'open/below'])
    await expect(requireOwnFolder(join(folder, bad), uid)).rejects.toMatchObject({ code: 'helper.folder' });
});

test.each([
  [['--folder', 'relative']],
  [['--folder', '/run/../etc']],
  [['--folder', '/run/a b']],
  [['--user', '-x']],
  [['--group', 'a;b']],
  [['--other', 'x']],
  [['extra']],
])('%j is not understood', (words) => {
  expect(parseOptions(words)).toBeUndefined();
});

test('without words it serves the agent’s user at its usual places', () => {
  expect(parseOptions([])).toEqual({
    config: '/etc/bodydock/station.yaml',
    folder: '/run/bodydock-mount',
    user: 'bodydock',
    group: 'bodydock',
    marks: '/run/udev/rules.d/69-bodydock-bays.rules',
  });
});

test('names of user and group become numbers, and unknown ones nothing', async () => {
  const options = { config: '', folder: '' };
  const system = systemCommands();
  expect(await findOwner({ ...options, user: 'root', group: 'root' }, system)).toEqual({ uid: 0, gid: 0 });
  expect(await findOwner({ ...options, user: '990', group: '991' }, system)).toEqual({ uid: 990, gid: 991 });
  expect(await findOwner({ ...options, user: 'nobody-here', group: 'root' }, system)).toBeUndefined();
  expect(await findOwner({ ...options, user: 'root', group: 'no-such-group' }, system)).toBeUndefined();
});
