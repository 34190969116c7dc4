// Folders named by a person, on the real file system; /proc is one in which nothing can be made.
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolders } from '../../../agent/platform/make-folders.ts';

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'bodydock-folders-'));
});
afterEach(() => rm(base, { recursive: true }));

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

function refused(code: string): { readonly code: string; readonly cause: { readonly code: string } } {
  return { code: 'folder.unwritable', cause: { code } };
}

test('what is missing is made with the mode, what is there stays as it is', async () => {
  const before = await modeOf(base);
  const deep = join(base, 'a/b/c');
  await makeFolders(deep, 0o700);
  await makeFolders(deep, 0o750);
  for (const path of ['a', 'a/b', 'a/b/c']) expect(await modeOf(join(base, path))).toBe(0o700);
  expect(await modeOf(base)).toBe(before);
});

test('two that make the same folders at once both succeed', async () => {
  const deep = join(base, 'x/y/z');
  await Promise.all([makeFolders(deep), makeFolders(deep)]);
  expect((await stat(deep)).isDirectory()).toBe(true);
});

test('a link to a folder counts as one; a file and a link to nowhere do not', async () => {
  await symlink(base, join(base, 'link'));
  await makeFolders(join(base, 'link/below'));
  expect((await stat(join(base, 'below'))).isDirectory()).toBe(true);
  await writeFile(join(base, 'file'), '');
  await expect(makeFolders(join(base, 'file'))).rejects.toMatchObject(refused('EEXIST'));
  await expect(makeFolders(join(base, 'file/below'))).rejects.toMatchObject(refused('ENOTDIR'));
  await symlink(join(base, 'nowhere'), join(base, 'dangling'));
  await expect(makeFolders(join(base, 'dangling'))).rejects.toMatchObject(refused('ENOENT'));
});

test('a file system in which nothing can be made says so, and the call ends', { timeout: 5000 }, async () => {
  await expect(makeFolders('/proc/nothing')).rejects.toMatchObject({
    ...refused('ENOENT'),
    message: expect.stringContaining('/proc/nothing could not be made (ENOENT)') as string,
  });
  await expect(makeFolders('/proc/nothing/below')).rejects.toMatchObject(refused('ENOENT'));
});
