// What the watch of a folder tells, on a real file system.
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { watchFolder } from '../../../agent/system/folder-changes-chokidar.ts';
import { withFolder } from '../../config/files.ts';
import { until } from '../../fakes/until.ts';

interface Told {
  readonly path: string;
  readonly isGone: boolean;
}

async function watching(
  folder: string,
  levelsBelow: number,
  watchesFiles: boolean,
  work: (told: readonly Told[]) => Promise<void>,
): Promise<unknown[]> {
  const told: Told[] = [];
  const errors: unknown[] = [];
  const stop = watchFolder(folder, {
    levelsBelow,
    watchesFiles,
    followsLinks: false,
    onChange: (change) => void told.push(change),
    onError: (error) => errors.push(error),
  });
  try {
    await work(told);
  } finally {
    await stop();
  }
  return errors;
}

/** What the system watches for this process, as proc_pid_fdinfo(5) tells it. */
async function inotifyWatches(): Promise<number> {
  let count = 0;
  for (const fd of await readdir('/proc/self/fdinfo')) {
    const text = await readFile(`/proc/self/fdinfo/${fd}`, 'utf8').catch(() => '');
    count += text.split('\n').filter((line) => line.startsWith('inotify ')).length;
  }
  return count;
}

test('files take no watch of the system, however many there are', async () => {
  await withFolder(async (folder) => {
    await mkdir(join(folder, 'DCIM', '100'), { recursive: true });
    for (let at = 0; at < 50; at++) await writeFile(join(folder, 'DCIM', '100', `${at}.mp4`), '');
    const before = await inotifyWatches();
    const path = join(folder, 'DCIM', '100', 'new.mp4');
    const errors = await watching(folder, 3, false, async (told) => {
      await until('a new file is told', 10_000, async () => {
        await writeFile(path, String(Math.random()));
        return told.some((each) => each.path === path);
      });
      expect((await inotifyWatches()) - before).toBe(3);
    });
    expect(errors).toEqual([]);
    expect(await inotifyWatches()).toBe(before);
  });
});

test.each([true, false])(
  'a file that comes, changes and goes is told, and what was there before is not (files watched: %s)',
  async (watchesFiles) => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'DCIM', '100'), { recursive: true });
      await writeFile(join(folder, 'DCIM', 'old.mp4'), 'old');
      const path = join(folder, 'DCIM', '100', 'new.mp4');
      await watching(folder, 3, watchesFiles, async (told) => {
        const seen = (isGone: boolean): boolean =>
          told.some((each) => each.path === path && each.isGone === isGone);
        await until('a new file is told', 10_000, async () => {
          await writeFile(path, String(Math.random())); // again and again: the watch takes a moment to begin
          return seen(false);
        });
        await rm(path);
        await until('a file that went is told', 10_000, () => seen(true));
        expect(told.map((each) => each.path)).not.toContain(join(folder, 'DCIM', 'old.mp4'));
      });
    });
  },
);

test.each([true, false])(
  'what lies deeper than was asked for, or behind a link, is not told (files watched: %s)',
  async (watchesFiles) => {
    await withFolder(async (folder) => {
      const [watched, away] = [join(folder, 'watched'), join(folder, 'away')];
      await mkdir(join(watched, 'below'), { recursive: true });
      await mkdir(away);
      await symlink(away, join(watched, 'link'));
      await watching(watched, 0, watchesFiles, async (told) => {
        let count = 0;
        await until('the folder itself is told', 10_000, async () => {
          for (const place of [join(watched, 'below'), away, watched])
            await writeFile(join(place, `${count++}.mp4`), 'new');
          return told.length > 3;
        });
        for (const { path } of told) expect(path).not.toMatch(/(?:below|link|away)\/\d+\.mp4$/);
      });
    });
  },
);
