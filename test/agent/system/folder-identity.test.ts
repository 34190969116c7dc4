import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { folderIdentity, VacantFolders } from '../../../agent/system/folder-identity.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'folder-identity-'));
  await mkdir(join(root, 'bay'));
});
afterEach(() => rm(root, { recursive: true }));

test('a folder and a link to it are one place; what is no folder, or is not there, is none', async () => {
  await writeFile(join(root, 'file'), '');
  await symlink(join(root, 'bay'), join(root, 'link'));
  expect(await folderIdentity(join(root, 'link'))).toBe(await folderIdentity(join(root, 'bay')));
  for (const name of ['file', 'nothing']) expect(await folderIdentity(join(root, name))).toBeUndefined();
});

describe('a folder with nothing in it at which nothing is mounted', () => {
  test('is vacant where cards get mounted, also behind a link', async () => {
    const folders = new VacantFolders(async () => true);
    await symlink(join(root, 'bay'), join(root, 'link'));
    for (const name of ['bay', 'link']) expect(await folders.isVacant(join(root, name))).toBe(true);
  });

  test('is a camera with nothing on it anywhere else', async () => {
    expect(await new VacantFolders(async () => false).isVacant(join(root, 'bay'))).toBe(false);
    expect(await new VacantFolders().isVacant(join(root, 'bay'))).toBe(false);
  });
});

describe('nothing is vacant', () => {
  const folders = new VacantFolders(async () => true);

  test.each(['file', 'folder'])('with a %s in it', async (kind) => {
    const inside = join(root, 'bay', 'x');
    await (kind === 'file' ? writeFile(inside, '') : mkdir(inside));
    expect(await folders.isVacant(join(root, 'bay'))).toBe(false);
  });

  test('that is no folder, or is not there', async () => {
    await writeFile(join(root, 'file'), '');
    for (const name of ['file', 'nothing']) expect(await folders.isVacant(join(root, name))).toBe(false);
  });

  test('at which a file system is mounted', async () => {
    expect(await folders.isVacant('/proc')).toBe(false);
  });
});
