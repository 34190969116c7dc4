import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigFileWatch } from '../../../agent/station/file-watch.ts';
import { watchFolder } from '../../../agent/platform/folder-changes-chokidar.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { withFolder } from '../config/files.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { until } from '../../fakes/until.ts';

test('an edit in place, a file that takes its place, and one that was away are all told', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'station.yaml');
    await writeFile(file, 'one');
    let told = 0;
    const watch = new ConfigFileWatch(file, () => void told++, {
      clock: nodeClock(),
      watchFolder,
      log: new MemoryLog(),
    });
    watch.start();
    const after = async (what: string, edit: () => Promise<void>): Promise<void> => {
      const before = told;
      await until(what, 10_000, async () => {
        await edit(); // again and again: the watch takes a moment to begin
        return told > before;
      });
    };
    await after('an edit in place', () => writeFile(file, `two ${Math.random()}`));
    await after('an exchanged file', async () => {
      await writeFile(`${file}.new`, `three ${Math.random()}`);
      await rename(`${file}.new`, file);
    });
    await after('a file that went and came', async () => {
      await rm(file, { force: true });
      await writeFile(file, 'four');
    });
    await watch.stop();
  });
});

test('where nothing is told of changes the file is looked at from time to time', async () => {
  await withFolder(async (folder) => {
    const clock = new ManualClock();
    let told = 0;
    const watch = new ConfigFileWatch(join(folder, 'away', 'station.yaml'), () => void told++, {
      clock,
      watchFolder,
      log: new MemoryLog(),
    });
    watch.start();
    await clock.advance(90_000);
    expect(told).toBe(3);
    await watch.stop();
    await clock.advance(90_000);
    expect(told).toBe(3);
    expect(clock.pending).toBe(0);
  });
});
