import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  escapedPath,
  isBareMountPoint,
  mountedAt,
  type MountFiles,
} from '../../../agent/platform/folder-identity.ts';
import { parseMountInfo } from '../../../drivers/mass-storage/mount-table.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';

let root: string;
let files: MountFiles;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mount-points-'));
  files = { fstab: join(root, 'fstab'), unitFolders: [join(root, 'none'), join(root, 'units')] };
  for (const name of ['bay 1', 'units']) await mkdir(join(root, name));
});
afterEach(() => rm(root, { recursive: true }));

/** With nothing mounted but the root. */
const isMountPoint = (path: string, from: MountFiles): Promise<boolean> => isBareMountPoint(path, '/', from);

const fstab = (line: string): Promise<void> =>
  writeFile(files.fstab, `# a comment, then what counts\nproc /proc proc defaults 0 0\n${line}\n`);

test('a plain folder of which nobody wrote anything down is none, with and without those files', async () => {
  expect(await isMountPoint(join(root, 'bay 1'), files)).toBe(false);
  await fstab('');
  expect(await isMountPoint(join(root, 'bay 1'), files)).toBe(false);
});

test.each(['/media/bay-1', '/mnt/bay-1', '/run/media/kod/CAM'])(
  '%s is one, for that is what such folders are for',
  async (path) => {
    expect(await isMountPoint(path, files)).toBe(true);
  },
);

test('one of these is none where a card is mounted at it, or above it', async () => {
  expect(await isBareMountPoint('/media/card/DCIM', '/media/card', files)).toBe(false);
  expect(await isBareMountPoint('/mnt/bay-1', '/mnt', files)).toBe(false);
  expect(await isBareMountPoint('/run/media/kod/CAM', '/run', files)).toBe(true);
});

test('a folder is on the mount that lies next above it, the last of several at one place', () => {
  const mounts = parseMountInfo(
    [
      '30 20 8:17 / /media/card ro - vfat /dev/sdb1 ro',
      '20 1 8:1 / / rw - ext4 /dev/root rw',
      '31 20 8:1 /media /media rw - ext4 /dev/root rw',
      '32 20 0:40 / /srv/auto rw - autofs systemd-1 rw',
      '33 32 8:33 / /srv/auto ro - vfat /dev/sdc1 ro',
    ].join('\n'),
  );
  const places = ['/media/card/DCIM', '/media/card', '/media/cards', '/media', '/srv/auto/x', '/srv'];
  expect(places.map((path) => mountedAt(path, mounts))).toEqual([
    '/media/card',
    '/media/card',
    '/',
    '/',
    '/srv/auto',
    '/',
  ]);
});

test('what only begins like these folders is none', async () => {
  expect(await isMountPoint('/median/bay-1', files)).toBe(false);
  expect(await isMountPoint('/media', files)).toBe(false);
});

test.each([
  ['as it is written there, blanks in octal', (path: string) => path.replaceAll(' ', '\\040')],
  ['with a slash behind it', (path: string) => `${path.replaceAll(' ', '\\040')}/`],
])('one that fstab names is one, %s', async (_, written) => {
  const path = join(root, 'bay 1');
  await fstab(`LABEL=CAM1\t${written(path)}\tvfat\tro,nofail 0 2`);
  expect(await isMountPoint(path, files)).toBe(true);
  expect(await isMountPoint(root, files)).toBe(false);
});

test('a line of fstab that is a comment names none', async () => {
  await fstab(`#LABEL=CAM1 ${join(root, 'bay 1').replaceAll(' ', '\\040')} vfat ro 0 2`);
  expect(await isMountPoint(join(root, 'bay 1'), files)).toBe(false);
});

test.each(['mount', 'automount'])('one that has a unit of kind %s is one', async (kind) => {
  const path = join(root, 'bay 1');
  await writeFile(join(root, 'units', `${escapedPath(path)}.${kind}`), '');
  expect(await isMountPoint(path, files)).toBe(true);
});

test
  .skipIf(lacksTools('systemd-escape'))
  .each(['/', '/srv/bay-1', '/srv/.hidden/a.b:c_d', '/.srv/Plätze/bay 1'])(
  '%s is escaped as systemd-escape does it',
  (path) => {
    const words = ['--path', path];
    expect(escapedPath(path)).toBe(execFileSync('systemd-escape', words, { encoding: 'utf8' }).trim());
  },
);
