import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { putUpStation } from '../../../agent/cli/run.ts';
import type { ServiceManager } from '../../../agent/platform/service-manager.ts';
import { loadStationConfig } from '../../../config/load.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { put, STATION, withFolder } from '../config/files.ts';

const WATCHDOG_MS = 30_000;

test('the service manager hears that it is alive while it is put up, and no more where that failed', async () => {
  await withFolder(async (folder) => {
    const loaded = await loadStationConfig(await put(folder, 'station.yaml', STATION));
    if (loaded.kind === 'refused') throw new Error('refused');
    await mkdir(join(folder, 'keys')); // without a key in it
    let alive = 0;
    const nothing = (): void => undefined;
    const manager: ServiceManager = {
      watchdogMs: WATCHDOG_MS,
      ready: nothing,
      status: nothing,
      alive: () => void alive++,
      stopping: nothing,
    };
    const clock = new ManualClock();
    const deps = { version: '1', manager, loginCounts: new Map(), clock, log: new MemoryLog() };
    const failed = expect(putUpStation(loaded, deps)).rejects.toMatchObject({ code: 'key.missing' });
    expect(alive).toBe(1);
    await failed;
    await clock.advance(WATCHDOG_MS);
    expect(alive).toBe(1);
  });
});
