import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { folderIdentity, isVacantFolder } from '../../../agent/system/folder-identity.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'folder-identity-'));
  await mkdir(join(root, 'bay'));
});
afterEach(() => rm(root, { recursive: true }));

test('a folder with nothing in it at which nothing is mounted is vacant, also behind a link', async () => {
  await symlink(join(root, 'bay'), join(root, 'link'));
  for (const name of ['bay', 'link']) expect(await isVacantFolder(join(root, name))).toBe(true);
  expect(await folderIdentity(join(root, 'link'))).toBe(await folderIdentity(join(root, 'bay')));
});

test.each(['file', 'folder'])('one with a %s in it is not', async (kind) => {
  const inside = join(root, 'bay', 'x');
  await (kind === 'file' ? writeFile(inside, '') : mkdir(inside));
  expect(await isVacantFolder(join(root, 'bay'))).toBe(false);
});

test('what is no folder, or is not there, is neither vacant nor a folder of a bay', async () => {
  await writeFile(join(root, 'file'), '');
  for (const name of ['file', 'nothing']) {
    expect(await isVacantFolder(join(root, name))).toBe(false);
    expect(await folderIdentity(join(root, name))).toBeUndefined();
  }
});
