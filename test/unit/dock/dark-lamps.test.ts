// What the lamps of the bays say before a station is up, whatever the last agent left.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BayLight, Lamp } from '../../../agent/dock/bay-lamp.ts';
import { darkenLamps } from '../../../agent/dock/lamp-leds.ts';
import { lockSpool } from '../../../agent/spool/lock.ts';
import { loadStationConfig } from '../../../config/load.ts';
import type { StationConfig } from '../../../config/station-config.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { exchange, put, STATION, withFolder } from '../config/files.ts';

const LIT = exchange(
  STATION,
  '    folder: /media/bay-1\n',
  '    folder: /media/bay-1\n    led: green:bay-1\n',
);

async function withConfig(use: (config: StationConfig, folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const loaded = await loadStationConfig(await put(folder, 'station.yaml', LIT));
    if (loaded.kind === 'refused') throw new Error('refused');
    await use(
      { ...loaded.config, spool: { ...loaded.config.spool, path: join(folder, 'disk', 'spool') } },
      folder,
    );
  });
}

/** Lamps that say what they show. */
function lamps(show: Lamp['show'] = async () => undefined) {
  const shown: (readonly [string, BayLight])[] = [];
  const lampOf = (names: readonly string[]): Lamp => ({
    show: (light) => {
      shown.push([names.join(), light]);
      return show(light);
    },
  });
  return { shown, lampOf, clock: new ManualClock(), log: new MemoryLog() };
}

test('they are dark where the disk of the spool is not there', async () => {
  await withConfig(async (config) => {
    const deps = lamps();
    await darkenLamps(config, deps);
    expect(deps.shown).toEqual([['green:bay-1', 'off']]);
    expect(deps.clock.pending).toBe(0);
  });
});

test('they are left to an agent that works', async () => {
  await withConfig(async (config, folder) => {
    await mkdir(join(folder, 'disk'));
    const lock = await lockSpool(config.spool.path);
    const deps = lamps();
    await darkenLamps(config, deps);
    expect(deps.shown).toEqual([]);
    await lock.release();
    await darkenLamps(config, deps);
    expect(deps.shown).toEqual([['green:bay-1', 'off']]);
  });
});

test('one that fails or hangs holds nothing up', async () => {
  await withConfig(async (config) => {
    await darkenLamps(
      config,
      lamps(() => Promise.reject(new Error('ENOENT'))),
    );
    const deps = lamps(() => new Promise(() => undefined));
    let isOver = false;
    const darkening = darkenLamps(config, deps).then(() => (isOver = true));
    while (deps.shown.length === 0) await settle();
    await deps.clock.advance(1999);
    expect(isOver).toBe(false);
    await deps.clock.advance(1);
    await darkening;
  });
});
