// Cameras and the folder of a first run that share files: refused before anything is written.
import { mkdir, mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { firstRunCommand } from '../../../../agent/cli/first-run.ts';
import { checkCameraFolders } from '../../../../agent/cli/first-run/camera-folders.ts';
import { runCommand } from '../io-memory.ts';

let folder: string;
let card: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'bodydock-first-run-')));
  card = join(folder, 'card');
  await mkdir(join(card, 'DCIM'), { recursive: true });
  await mkdir(join(folder, 'other', 'DCIM'), { recursive: true });
  await symlink(card, join(folder, 'link'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the first run refuses, and writes nothing,', () => {
  test.each<[string, readonly string[], string, RegExp]>([
    [
      'a folder for its keys on a camera',
      ['card'],
      'card/out',
      /out lies on the camera .*card, .*name a folder on another disk with --out/,
    ],
    ['the camera itself for its keys', ['card'], 'card', /lies on the camera/],
    ['the same by a link', ['card'], 'link/new/out', /lies on the camera/],
    ['a camera given by a link', ['link'], 'card/out', /lies on the camera/],
    [
      'a camera in the folder for its keys',
      ['card/DCIM'],
      'card',
      /the camera .*DCIM lies in .*card, where vault, keys and logs go/,
    ],
    [
      'a camera that is given twice',
      ['card', 'other', 'card/'],
      'out',
      /card is given twice: name each camera once/,
    ],
    [
      'a camera that is given by two names',
      ['card', 'link'],
      'out',
      /link and .*card are one folder: name each camera once/,
    ],
    ['a camera in another one', ['card/DCIM', 'card'], 'out', /share files, one lies in the other/],
    ['a camera that is no folder', ['other', 'nowhere'], 'out', /nowhere is not a folder/],
  ])('%s', async (_what, cameras, out, message) => {
    const before = await readdir(folder, { recursive: true });
    const words = cameras.flatMap((each) => ['--camera', `${folder}/${each}`]);
    const run = await runCommand(firstRunCommand, ...words, '--out', `${folder}/${out}`);
    expect([run.exitCode, run.out]).toEqual([1, '']);
    expect(run.err).toMatch(message);
    expect(await readdir(folder, { recursive: true })).toEqual(before);
  });

  test('a camera on which it was called, without --out', async () => {
    await expect(checkCameraFolders(['.'], undefined, card)).rejects.toMatchObject({ code: 'first-run.out' });
    await expect(checkCameraFolders([folder], undefined, card)).rejects.toMatchObject({
      code: 'first-run.out',
    });
  });
});

test('the first run takes cameras beside its folder, and folders of an earlier first run as cameras of a new one', async () => {
  await mkdir(join(folder, 'out', 'first-run-1', 'cameras', 'camera-1', 'DCIM'), { recursive: true });
  await mkdir(join(folder, 'cards', 'DCIM'), { recursive: true });
  await checkCameraFolders(['card', 'other', 'cards'], 'cards-out', folder);
  await checkCameraFolders(['out/first-run-1/cameras/camera-1'], undefined, folder);
  await checkCameraFolders([], 'card', folder);
});
