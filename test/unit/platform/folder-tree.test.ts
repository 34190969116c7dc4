// What the watch of a camera's folders tells, and what it costs, on a real file system.
import { mkdirSync, renameSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FolderChange } from '../../../agent/platform/folder-changes.ts';
import { watchTree } from '../../../agent/platform/folder-tree.ts';
import { withFolder } from '../config/files.ts';
import { pause, until } from '../../fakes/until.ts';
import { watching } from './watching.ts';

const watch = (folder: string, levelsBelow: number) => watching(watchTree, folder, { levelsBelow });

/** What the system watches for this process, as proc_pid_fdinfo(5) tells it. */
async function inotifyWatches(): Promise<number> {
  let count = 0;
  for (const fd of await readdir('/proc/self/fdinfo')) {
    const text = await readFile(`/proc/self/fdinfo/${fd}`, 'utf8').catch(() => '');
    count += text.split('\n').filter((line) => line.startsWith('inotify ')).length;
  }
  return count;
}

/** Waits until so many folders are watched. */
async function folders(count: number, before: number): Promise<void> {
  await until(
    `${count} folders are watched`,
    10_000,
    async () => (await inotifyWatches()) - before === count,
  );
}

const has = (told: readonly FolderChange[], path: string, isGone: boolean): boolean =>
  told.some((each) => each.path === path && each.isGone === isGone);

test('a file that comes, changes and goes is told, and what was there before is not', async () => {
  await withFolder(async (folder) => {
    await mkdir(join(folder, 'DCIM', '100'), { recursive: true });
    const old = join(folder, 'DCIM', 'old.mp4');
    await writeFile(old, 'old');
    const before = await inotifyWatches();
    const errors = await watch(
      folder,
      3,
    )(async (told) => {
      await folders(3, before);
      const path = join(folder, 'DCIM', '100', 'new.mp4');
      await writeFile(path, 'new');
      await until('it is told', 10_000, () => has(told, path, false));
      await pause(50);
      const seen = told.length;
      await writeFile(path, 'more');
      await until('its change is told', 10_000, () => told.length > seen);
      await rm(path);
      await until('that it went is told', 10_000, () => has(told, path, true));
      expect(has(told, old, false)).toBe(false);
    });
    expect(errors).toEqual([]);
    expect(await inotifyWatches()).toBe(before);
  });
});

test('files take no watch of the system, however many there are', async () => {
  await withFolder(async (folder) => {
    const place = join(folder, 'DCIM', '100');
    await mkdir(place, { recursive: true });
    const paths = Array.from({ length: 2000 }, (_, at) => join(place, `${at}.mp4`));
    for (const path of paths) await writeFile(path, '');
    const before = await inotifyWatches();
    const errors = await watch(
      folder,
      3,
    )(async (told) => {
      await folders(3, before);
      await rm(place, { recursive: true });
      await until('the folder is gone', 10_000, () => has(told, place, true));
      await folders(2, before);
    });
    expect(errors).toEqual([]);
  });
});

test('what comes into a folder that came, or that lies now where another one lay, is told', async () => {
  await withFolder(async (folder) => {
    const inFolder = (name: string): string => join(folder, name);
    const [drawer, camera, gone] = [inFolder('drawer'), inFolder('camera'), inFolder('gone')];
    const place = join(camera, 'DCIM');
    await mkdir(camera);
    const before = await inotifyWatches();
    await watch(
      camera,
      2,
    )(async (told) => {
      const newFile = async (name: string): Promise<void> => {
        const path = join(place, '100', name);
        await until(`${name} is told`, 10_000, async () => {
          await writeFile(path, String(Math.random())); // again and again: a folder that came takes a moment to be watched
          return has(told, path, false);
        });
      };
      await folders(1, before);
      await mkdir(join(place, '100'), { recursive: true });
      await folders(3, before);
      await newFile('first.mp4');
      await rename(place, gone);
      await folders(1, before);
      await rename(gone, place);
      await folders(3, before);
      await newFile('second.mp4');
      // Exchanged in one turn of this process: its watch never sees it gone.
      await mkdir(join(drawer, '100'), { recursive: true });
      const seen = told.length;
      renameSync(place, gone);
      renameSync(drawer, place);
      await until('it is told', 10_000, () => told.length > seen);
      await newFile('third.mp4');
      await writeFile(join(gone, '100', 'elsewhere.mp4'), 'new');
      await newFile('fourth.mp4'); // the system tells in order
      expect(told.filter(({ path }) => path.endsWith('elsewhere.mp4'))).toEqual([]);
    });
  });
});

test('a folder that came with something in it is told again once it is watched', async () => {
  await withFolder(async (folder) => {
    const [drawer, camera] = [join(folder, 'drawer'), join(folder, 'camera')];
    await mkdir(camera);
    await mkdir(join(drawer, '100'), { recursive: true });
    const before = await inotifyWatches();
    await watch(
      camera,
      2,
    )(async (told) => {
      await folders(1, before);
      const place = join(camera, 'DCIM');
      await rename(drawer, place);
      await until('it is told twice', 10_000, () => told.filter(({ path }) => path === place).length >= 2);
      expect((await inotifyWatches()) - before).toBe(3);
    });
  });
});

test('what lies deeper than was asked for, or behind a link, is not told', async () => {
  await withFolder(async (folder) => {
    const [watched, away] = [join(folder, 'watched'), join(folder, 'away')];
    await mkdir(join(watched, 'below'), { recursive: true });
    await mkdir(away);
    await symlink(away, join(watched, 'link'));
    const before = await inotifyWatches();
    await watch(
      watched,
      0,
    )(async (told) => {
      await folders(1, before);
      for (const place of [join(watched, 'below'), away, watched])
        await writeFile(join(place, 'a.mp4'), 'new');
      await until('the folder itself is told', 10_000, () => has(told, join(watched, 'a.mp4'), false));
      for (const { path } of told) expect(path).not.toMatch(/(?:below|link|away)\/a\.mp4$/);
    });
  });
});

test('more folders than are watched are told once, and no watch is taken for them', async () => {
  await withFolder(async (folder) => {
    for (let at = 0; at < 1100; at++) await mkdir(join(folder, `${at}`));
    const before = await inotifyWatches();
    const errors = await watch(
      folder,
      1,
    )(async (told) => {
      await folders(1000, before);
      const path = join(folder, 'new.mp4');
      await writeFile(path, 'new');
      await until('a new file is told', 10_000, () => has(told, path, false));
    });
    expect(errors).toHaveLength(1);
    expect(await inotifyWatches()).toBe(before);
  });
});

test('folders that come more at a time than are looked at are watched all the same', async () => {
  await withFolder(async (folder) => {
    const before = await inotifyWatches();
    const errors = await watch(
      folder,
      1,
    )(async () => {
      await folders(1, before);
      for (let at = 0; at < 600; at++) mkdirSync(join(folder, `${at}`)); // in one turn of this process
      await folders(601, before);
    });
    expect(errors).toEqual([]);
  });
});

test('a folder that goes among more changes than are looked at is told as gone, and the next one of its name is watched', async () => {
  await withFolder(async (folder) => {
    const place = join(folder, '100');
    await mkdir(place);
    const before = await inotifyWatches();
    const errors = await watch(
      folder,
      3,
    )(async (told) => {
      await folders(2, before);
      for (let at = 0; at < 400; at++) writeFileSync(join(folder, `${at}.mp4`), '');
      rmdirSync(place);
      await until('it is told as gone', 10_000, () => has(told, place, true));
      await folders(1, before);
      await pause(50);
      for (let at = 0; at < 400; at++) writeFileSync(join(folder, `${at}.mp4`), 'more');
      mkdirSync(place);
      await folders(2, before);
      const path = join(place, 'new.mp4');
      await writeFile(path, '');
      await until('what comes into it is told', 10_000, () => has(told, path, false));
    });
    expect(errors).toEqual([]);
    expect(await inotifyWatches()).toBe(before);
  });
});

test('a folder that goes with more files in it than are looked at is told as gone', async () => {
  await withFolder(async (folder) => {
    const place = join(folder, '100');
    await mkdir(place);
    const before = await inotifyWatches();
    const errors = await watch(
      folder,
      3,
    )(async (told) => {
      await folders(2, before);
      for (let at = 0; at < 400; at++) writeFileSync(join(place, `${at}.mp4`), '');
      rmSync(place, { recursive: true }); // in one turn: nothing was looked at before it is gone
      await until('it is told as gone', 10_000, () => has(told, place, true));
      await folders(1, before);
    });
    expect(errors).toEqual([]);
  });
});

test('of a file whose name is no text its folder is told', async () => {
  await withFolder(async (folder) => {
    const before = await inotifyWatches();
    await watch(
      folder,
      1,
    )(async (told) => {
      await folders(1, before);
      await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xfc, 0x2e, 0x6d])]), 'new');
      await until('the folder is told', 10_000, () => has(told, folder, false));
    });
  });
});

test('the topmost folder is watched on where it was away, for a moment or longer, and that it is back is told', async () => {
  await withFolder(async (folder) => {
    const [bay, drawer] = [join(folder, 'bay'), join(folder, 'drawer')];
    await mkdir(join(bay, 'old'), { recursive: true });
    const before = await inotifyWatches();
    const errors = await watch(
      bay,
      3,
    )(async (told) => {
      await folders(2, before);
      renameSync(bay, drawer);
      mkdirSync(join(drawer, 'DCIM'));
      renameSync(drawer, bay);
      await until('that it is back is told', 10_000, () => has(told, bay, false));
      await folders(3, before);
      const later = join(bay, 'DCIM', 'later.mp4');
      await writeFile(later, '');
      await until('what comes later is told', 10_000, () => has(told, later, false));
      await pause(50);
      const seen = told.length;
      await rename(bay, drawer);
      await until('something is told', 10_000, () => told.length > seen);
      await pause(50);
      expect(told.slice(seen).filter(({ isGone }) => !isGone)).toEqual([]);
      await mkdir(join(drawer, 'DCIM', '100'));
      await rename(drawer, bay);
      await until('that it is back is told again', 10_000, () => has(told.slice(seen), bay, false));
      await folders(4, before);
    });
    expect(errors).toEqual([]);
    expect(await inotifyWatches()).toBe(before);
  });
});

test('a folder that is not there is told by nobody, and is no error', async () => {
  await withFolder(async (folder) => {
    const errors = await watch(join(folder, 'nowhere'), 3)(async () => pause(50));
    expect(errors).toEqual([]);
  });
});
