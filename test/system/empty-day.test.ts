// The normal day of a service: cameras come back with nothing on them. Two processes and mosquitto; what is left is proof that nothing was
// recorded, and not merely nothing.
import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import type { BaySeen } from '../fakes/station-view.ts';
import { BODYDOCK, runProgram } from '../fakes/program.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { pause, until } from '../fakes/until.ts';

const run = promisify(execFile);
const lacksRoot = process.env['CI'] === undefined && process.getuid?.() !== 0;

interface Totals {
  readonly recordings: number;
  readonly dockings: number;
  readonly dockings_empty: number;
  readonly findings: number;
}

describe.skipIf(lacksTools('mosquitto', 'age', 'minisign'))('a day on which nothing was recorded', () => {
  let rig: DockRig | undefined;
  let broker: Mosquitto | undefined;
  afterEach(async () => {
    await rig?.close();
    await broker?.stop();
    [rig, broker] = [undefined, undefined];
  });

  async function dockEmpty(dock: DockRig, records: number): Promise<void> {
    await dock.untilBay(
      1,
      'safe to take and empty',
      30_000,
      (bay) =>
        bay.camera !== null && bay.state === 'done' && bay.entries === 0 && bay.light === 'safe-to-take',
    );
    await dock.takeOut();
    await dock.untilBay(1, 'no camera', 30_000, (bay) => bay.camera === null && bay.light === 'off');
    const there = async (): Promise<boolean> => (await dock.receiptedDockings()).length === records;
    await until(`${records} receipted records`, 30_000, there, () => dock.tails());
  }

  async function verified(dock: DockRig): Promise<{ exitCode: number | null; totals: Totals }> {
    const place = join(dock.vault, STATION);
    const { exitCode, stdout } = await runProgram(BODYDOCK, ['verify', place, '--keys', dock.keys, '--json']);
    return {
      exitCode,
      totals: (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { totals: Totals }).totals,
    };
  }

  test('leaves a receipted record of each docking, which verify counts as one of a camera with no file on it', async () => {
    broker = await Mosquitto.open();
    const dock = (rig = await DockRig.open({ broker }));
    const events: Record<string, number> = {};
    const monitoring = await connectAsync(broker.url);
    monitoring.on('message', (_topic, payload) => {
      const told = JSON.parse(payload.toString('utf8')) as { readonly event: string; readonly count: number };
      events[told.event] = (events[told.event] ?? 0) + told.count;
    });
    await monitoring.subscribeAsync(`bodydock/v1/${STATION}/event`);
    await dock.start();
    await dockEmpty(dock, 1);
    await dock.putBack();
    await dockEmpty(dock, 2);
    await until(
      'both ends are told',
      30_000,
      () => events['undocked'] === 2,
      () => dock.tails(),
    );
    await pause(1500); // what else there is, is said up to a second later
    await dock.stop();
    await monitoring.endAsync();
    expect(events).toEqual({ docked: 2, undocked: 2 });
    expect(dock.check([1])).toMatchObject({
      problems: [],
      recordings: 0,
      dockings: 2,
      dockingsOnlyInSpool: 0,
    });
    expect(await verified(dock)).toMatchObject({
      exitCode: 0,
      totals: { recordings: 0, dockings: 2, dockings_empty: 2, findings: 0 },
    });
    for (const name of await dock.receiptedDockings()) {
      const record = JSON.parse(
        await readFile(join(dock.vault, STATION, name, 'docking.json'), 'utf8'),
      ) as Record<string, unknown>;
      expect(record).toMatchObject({ ended: 'unplugged', entries: [], later: 0, camera: { id: 'cam-1' } });
      expect(record['inventory']).toMatchObject({ entries: 0, bytes: 0, complete: true });
    }
  });

  test('is told from one whose record was taken away: verify says that a docking is missing', async () => {
    broker = await Mosquitto.open();
    const dock = (rig = await DockRig.open({ broker }));
    await dock.start();
    await dockEmpty(dock, 1);
    await dock.putBack();
    await dockEmpty(dock, 2);
    await dock.stop();
    const [taken = ''] = await dock.receiptedDockings();
    await rm(join(dock.vault, STATION, taken), { recursive: true });
    const { exitCode, totals } = await verified(dock);
    expect(exitCode).toBe(1);
    expect(totals.findings).toBeGreaterThan(0);
  });

  test('without a store, with the agent killed and stopped, is pushed by itself when the store is back', async () => {
    broker = await Mosquitto.open();
    const dock = (rig = await DockRig.open({ broker }));
    await dock.view();
    await dock.agent.start();
    await dock.untilBay(1, 'done', 30_000, (bay) => bay.state === 'done' && bay.entries === 0);
    const journals = (): Promise<string[]> => readdir(join(dock.spool, 'docked'));
    await dock.agent.kill();
    const before = await journals();
    expect(before).toHaveLength(2);
    await dock.agent.start();
    // What is retained is of the killed process: the disk tells that a docking has begun.
    const begun = async (): Promise<boolean> =>
      (await journals()).some((name) => name.endsWith('.inventory') && !before.includes(name));
    await until('another docking', 30_000, begun, () => dock.tails());
    await dock.agent.stop();
    expect(await journals()).toEqual([]);
    await dock.start();
    const there = async (): Promise<boolean> => (await dock.receiptedDockings()).length === 2;
    await until('both records receipted', 60_000, there, () => dock.tails());
    await dock.stop();
    expect(dock.check()).toMatchObject({ problems: [], recordings: 0, dockings: 3 });
  });

  test.skipIf(lacksRoot)(
    'is claimed of no bay whose card is not mounted: its mount point is no camera, nor is a stray file in it',
    async () => {
      const dock = (rig = await DockRig.open());
      const place = dock.camera();
      const mount = (): Promise<unknown> => run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'card', place]);
      const isDocked = (bay: BaySeen): boolean =>
        bay.camera !== null && bay.state === 'done' && bay.entries === 0 && bay.light === 'safe-to-take';
      const isEmpty = (bay: BaySeen): boolean =>
        bay.camera === null && bay.state === 'empty' && bay.light === 'off';
      await writeFile(join(place, 'README.txt'), 'stray');
      await mount();
      try {
        await dock.start();
        // What begins after an end would have its record before the next one: so it is the last count that tells.
        for (const stay of [1, 2]) {
          if (stay > 1) await mount();
          await dock.untilBay(1, 'safe to take and empty', 30_000, isDocked);
          await run('umount', ['-l', place]);
          const there = async (): Promise<boolean> => (await dock.receiptedDockings()).length >= stay;
          await until('the record', 30_000, there, () => dock.tails());
          await dock.untilBay(1, 'no camera', 30_000, isEmpty);
        }
      } finally {
        await run('umount', ['-l', place]).catch(() => undefined);
      }
      await dock.stop();
      expect(dock.check()).toMatchObject({ problems: [], recordings: 0, dockings: 2 });
    },
  );
});
