// What the watch of a folder with few entries tells, on a real file system.
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { watchFolder } from '../../../agent/platform/folder-changes-chokidar.ts';
import { withFolder } from '../config/files.ts';
import { until } from '../../fakes/until.ts';
import { watching } from './watching.ts';

test('a file that comes, changes and goes is told, and what was there before is not', async () => {
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'old.json'), 'old');
    const path = join(folder, 'new.json');
    const watch = watching(watchFolder, folder, { watchesFiles: true, followsLinks: false });
    await watch(async (told) => {
      const seen = (isGone: boolean): boolean =>
        told.some((each) => each.path === path && each.isGone === isGone);
      await until('a new file is told', 10_000, async () => {
        await writeFile(path, String(Math.random())); // again and again: the watch takes a moment to begin
        return seen(false);
      });
      await rm(path);
      await until('a file that went is told', 10_000, () => seen(true));
      expect(told.map((each) => each.path)).not.toContain(join(folder, 'old.json'));
    });
  });
});

test('what lies below the folder, or behind a link, is not told', async () => {
  await withFolder(async (folder) => {
    const [watched, away] = [join(folder, 'watched'), join(folder, 'away')];
    await mkdir(join(watched, 'below'), { recursive: true });
    await mkdir(away);
    await symlink(away, join(watched, 'link'));
    const watch = watching(watchFolder, watched, { watchesFiles: true, followsLinks: false });
    await watch(async (told) => {
      let count = 0;
      await until('the folder itself is told', 10_000, async () => {
        for (const place of [join(watched, 'below'), away, watched])
          await writeFile(join(place, `${count++}.json`), 'new');
        return told.length > 3;
      });
      for (const { path } of told) expect(path).not.toMatch(/(?:below|link|away)\/\d+\.json$/);
    });
  });
});

test('a folder that comes is told, and its files are not watched', async () => {
  await withFolder(async (folder) => {
    const bay = join(folder, 'bay');
    const watch = watching(watchFolder, bay, { watchesFiles: false, followsLinks: false });
    await watch(async (told) => {
      await until('the folder is told', 10_000, async () => {
        await rm(bay, { recursive: true, force: true });
        await mkdir(bay);
        await writeFile(join(bay, 'a.mp4'), '');
        return told.some(({ path, isGone }) => path === bay && !isGone);
      });
      expect(told.map(({ path }) => path)).not.toContain(join(bay, 'a.mp4'));
    });
  });
});
