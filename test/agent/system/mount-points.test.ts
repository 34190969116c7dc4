import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { escapedPath, isMountPoint, type MountFiles } from '../../../agent/system/mount-points.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';

let root: string;
let files: MountFiles;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mount-points-'));
  files = { fstab: join(root, 'fstab'), unitFolders: [join(root, 'none'), join(root, 'units')] };
  for (const name of ['bay 1', 'units']) await mkdir(join(root, name));
});
afterEach(() => rm(root, { recursive: true }));

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

test('what only begins like these folders is none', async () => {
  expect(await isMountPoint('/median/bay-1', files)).toBe(false);
  expect(await isMountPoint('/media', files)).toBe(false);
});

test.each([
  ['as it is written there, blanks in octal', (path: string) => path.replaceAll(' ', '\\040')],
  ['with a slash behind it', (path: string) => `${path.replaceAll(' ', '\\040')}/`],
])('one that fstab names is one, %s, also where a link leads to it', async (_, written) => {
  const path = join(root, 'bay 1');
  await symlink(path, join(root, 'link'));
  await fstab(`LABEL=CAM1\t${written(path)}\tvfat\tro,nofail 0 2`);
  for (const name of ['bay 1', 'link']) expect(await isMountPoint(join(root, name), files)).toBe(true);
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
