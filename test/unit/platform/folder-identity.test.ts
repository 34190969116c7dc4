import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { folderIdentity, type MountFiles, VacantFolders } from '../../../agent/platform/folder-identity.ts';
import { type MountTable, parseMountInfo } from '../../../drivers/mass-storage/mount-table.ts';

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

/** The machine's table as it would be with these mounts over the root. */
const table =
  (...lines: readonly string[]): MountTable =>
  async () =>
    parseMountInfo(['20 1 8:1 / / rw - ext4 /dev/root rw', ...lines].join('\n'));
const NO_FILES = { fstab: '/nowhere/fstab', unitFolders: [] };
const named = async (): Promise<MountFiles> => {
  await writeFile(join(root, 'fstab'), `LABEL=CAM ${join(root, 'bay')} vfat ro,nofail 0 0\n`);
  return { fstab: join(root, 'fstab'), unitFolders: [] };
};

describe('a mount point at which nothing is mounted', () => {
  test('is vacant, also by a link to it, and it is told whether anything lies in it', async () => {
    const folders = new VacantFolders(table(), await named());
    await symlink(join(root, 'bay'), join(root, 'link'));
    for (const name of ['bay', 'link']) expect(await folders.vacancy(join(root, name))).toBe('empty');
    await writeFile(join(root, 'bay', 'README.txt'), '');
    for (const name of ['bay', 'link']) expect(await folders.vacancy(join(root, name))).toBe('stray');
  });

  test('is one as soon as something was mounted at it in this run', async () => {
    const bay = join(root, 'bay');
    let mounts = table(`30 20 8:17 / ${bay} ro - vfat /dev/sdb1 ro`);
    const folders = new VacantFolders(() => mounts(), NO_FILES);
    expect(await folders.vacancy(bay)).toBe('none');
    mounts = table();
    expect(await folders.vacancy(bay)).toBe('empty');
  });

  test('stays one while an automount waits, and where systemd bound the folder to itself', async () => {
    const bay = join(root, 'bay');
    const files = await named();
    for (const line of [
      `30 20 0:40 / ${bay} rw - autofs systemd-1 rw`,
      `30 20 8:1 ${bay} ${bay} rw - ext4 /dev/root rw`,
    ])
      expect(await new VacantFolders(table(line), files).vacancy(bay), line).toBe('empty');
  });
});

describe('nothing is vacant', () => {
  test('that is a plain folder, empty or not', async () => {
    expect(await new VacantFolders(table(), NO_FILES).vacancy(join(root, 'bay'))).toBe('none');
    expect(await new VacantFolders().vacancy(join(root, 'bay'))).toBe('none');
  });

  test('that is no folder, or is not there', async () => {
    await writeFile(join(root, 'file'), '');
    await writeFile(join(root, 'fstab'), `x ${join(root, 'file')} vfat\ny ${join(root, 'nothing')} vfat\n`);
    const folders = new VacantFolders(table(), { fstab: join(root, 'fstab'), unitFolders: [] });
    for (const name of ['file', 'nothing']) expect(await folders.vacancy(join(root, name))).toBe('none');
  });

  test('at which a file system is mounted, or another folder is bound, or that lies in a mounted one', async () => {
    expect(await new VacantFolders().vacancy('/proc')).toBe('none');
    const bay = join(root, 'bay');
    await mkdir(join(bay, 'DCIM'));
    const files = await named();
    for (const line of [
      `30 20 8:17 / ${bay} ro - vfat /dev/sdb1 ro`,
      `30 20 8:1 /srv/cards/1 ${bay} rw - ext4 /dev/root rw`,
    ]) {
      const folders = new VacantFolders(table(line), files);
      expect(await folders.vacancy(bay), line).toBe('none');
      expect(await folders.vacancy(join(bay, 'DCIM')), line).toBe('none');
    }
  });
});
