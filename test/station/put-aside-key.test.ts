// A station whose signing key was changed, and that finds the earlier key again in its place: a backup of /etc from before the change.
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keys } from '../../agent/cli/program.ts';
import { openStation } from '../../agent/station/open-station.ts';
import { loadStationConfig } from '../../config/load.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { Progress } from '../../protocol/format/progress.ts';
import { runCommand } from '../unit/cli/io-memory.ts';
import { withStation } from '../unit/cli/station-folder.ts';
import { MemoryLog } from '../fakes/log-memory.ts';

/** One life of the agent, from its start to its stop. */
async function runStation(file: string): Promise<void> {
  const loaded = await loadStationConfig(file);
  if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
  const { station, close } = await openStation(loaded.config, {
    configSha256: loaded.sha256,
    version: 'test',
    log: new MemoryLog(),
    progress: new Progress(nodeClock()),
    loginCounts: new Map(),
  });
  await station.start();
  await station.stop();
  await close();
}

async function filesIn(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).toSorted();
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(folder, name), 'latin1')] as const),
    ),
  );
}

test('does not start: whoever checks the log would never believe again what it signs', async () => {
  await withStation(async (file, folder) => {
    const key = join(folder, 'keys/station.key');
    const [backup, fresh] = [`${key}.backup`, `${key}.fresh`];
    const rotate = (step: string) => runCommand(keys, 'rotate', '--config', file, step);
    await runStation(file);
    await copyFile(key, backup);
    await rotate('--prepare');
    expect((await rotate('--commit')).exitCode).toBe(0);
    await copyFile(key, fresh);

    // As long as the new key has signed nothing, nobody has come back to the old one.
    await copyFile(backup, key);
    await runStation(file);

    await copyFile(fresh, key);
    await runStation(file);
    const log = join(folder, 'spool/custody');
    const before = await filesIn(log);
    await copyFile(backup, key);
    await expect(runStation(file)).rejects.toMatchObject({ code: 'key.put-aside' });
    expect(await filesIn(log)).toEqual(before);

    await copyFile(fresh, key);
    await runStation(file);
  });
});
