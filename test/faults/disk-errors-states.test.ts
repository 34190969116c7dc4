// Disks that turn read-only, have no inodes left, are taken away, give nothing back or are slow, under a whole station: cameras keep what
// they have, somebody is told, and all is delivered once the disk is well again.
import { execFile } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { LoopDisk } from '../fakes/loop-disk.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { WatchdogListener } from '../fakes/watchdog-listener.ts';
import { contentsOf, FailingDock } from './disk-errors-dock.ts';
import { isStateDue } from './disk-errors-share.ts';
import { lackingForCuts } from './fault-tools.ts';
import { ErrorLibrary, type ErrorPoint } from './disk-errors-points.ts';
import { lossesIn } from './life/verdict.ts';

const lacking = lackingForCuts();
const isCi = process.env['CI'] !== undefined;
const TIMEOUT_MS = 400_000;
/** As the unit has it. */
const WATCHDOG_MS = 30_000;
const SLOW_WRITE_MS = 2000;
const MANY = 1_000_000;
const READY_MS = 30_000;

const rests: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const remove of rests.splice(0).toReversed()) await remove();
});

async function open(options: Parameters<typeof FailingDock.open>[0] = {}): Promise<FailingDock> {
  const dock = await FailingDock.open(options);
  rests.push(() => dock.close());
  return dock;
}

/** A dock with one recording, whose disk does not give back what is sent: once, or until it is made well. */
async function withheldFrom(
  isOnce: boolean,
): Promise<{ readonly dock: FailingDock; readonly library: ErrorLibrary }> {
  const library = await ErrorLibrary.build(['read']);
  rests.push(() => library.remove());
  const environment: Record<string, string> = {};
  const dock = await open({ wish: { agentEnvironment: environment } });
  const { path } = dock.disk;
  const named = { op: 'read', pathClass: 'ready/*/payload.age', number: 1, start: 1 };
  const point: ErrorPoint = { ...named, code: 'EIO', forGood: false };
  Object.assign(
    environment,
    isOnce ? library.environment(path, point) : library.partEnvironment(path, point),
  );
  await dock.record(1, 1);
  await dock.rig.start();
  return { dock, library };
}

describe.skipIf((lacking !== undefined || lacksTools('mosquitto')) && !isCi)(
  `the disk of a whole station${lacking === undefined ? '' : ` (missing: ${lacking})`}`,
  () => {
    const fault = (name: string, run: () => Promise<void>): void => {
      test.skipIf(!isStateDue(name))(name, { timeout: TIMEOUT_MS }, run);
    };

    fault(
      'that the kernel makes read-only: no more pulls, told on MQTT, and a start with it repaired delivers all',
      async () => {
        const dock = await open();
        const { rig, disk, view } = dock;
        await dock.record(1, 1);
        await rig.start();
        await dock.untilDelivered();
        await disk.breakTables();
        await dock.record(2, 6);
        await dock.untilTold('disk.failing', 'custody.write-failed');
        expect(view.status?.state).toBe('degraded');
        await dock.until('somebody is called', () => view.bays.get('bay-2')?.light === 'call-someone');
        expect([...view.told]).not.toContain('camera.failed');
        const pulls = countOf(rig.agent.log(), /entry not pulled, will retry/g);
        expect(await rig.filesOn(2)).toBe(6);
        expect(lossesIn(rig.check([], false))).toEqual([]);
        expect(countOf(rig.agent.log(), /entry not pulled, will retry/g)).toBe(pulls);
        await rig.agent.stop();
        await disk.repair();
        await rig.agent.start();
        await dock.untilDelivered();
        expect(await dock.endsWell()).toEqual([]);
      },
    );

    fault('without inodes: as a full one, and all goes on by itself', async () => {
      const dock = await open({ inodes: 400 });
      const { rig, disk, view } = dock;
      await rig.start();
      await dock.record(1, 1);
      await dock.untilDelivered();
      const foreign = join(disk.path, 'lost+found');
      for (let number = 0; ; number++) {
        const isMade = await writeFile(join(foreign, `${number}`), '').then(
          () => true,
          () => false,
        );
        if (!isMade) break;
      }
      await dock.record(2, 2);
      await dock.untilTold('spool.full');
      expect(await rig.filesOn(2)).toBe(2);
      for (const name of await readdir(foreign)) await rm(join(foreign, name));
      await dock.untilDelivered();
      await dock.until('it is over', () => !view.conditions.has('spool.full'));
      expect(await dock.endsWell()).toEqual([]);
    });

    for (const place of ['', 'ready'])
      fault(`with a million foreign names in its ${place || 'own'} folder: ready within 30 s`, async () => {
        const dock = await open({ diskMib: 2048, inodes: MANY + 10_000 });
        const { rig, disk } = dock;
        await rig.start();
        await rig.agent.stop();
        const fill = `const fs = require('node:fs'); for (let n = 0; n < ${MANY}; n++) fs.closeSync(fs.openSync('foreign-' + n, 'w'))`;
        await promisify(execFile)(process.execPath, ['-e', fill], { cwd: join(disk.path, place) });
        const startedMs = performance.now();
        await rig.agent.start();
        const readyMs = performance.now() - startedMs;
        console.log(`ready after ${Math.round(readyMs)} ms`);
        expect(readyMs).toBeLessThan(READY_MS);
        await dock.record(1, 2);
        await dock.untilDelivered();
        expect((await readdir(join(disk.path, place))).length).toBeGreaterThan(MANY - 2000);
        expect(await dock.endsWell()).toEqual([]);
      });

    fault(
      'that is taken away, with another one in its place: known, nothing is written there, and all goes on with the right one',
      async () => {
        const dock = await open();
        const { rig, disk, view } = dock;
        const other = await LoopDisk.mount(64);
        rests.push(() => other.close());
        await writeFile(join(other.path, 'spool.json'), '{"type":"spool","version":1,"spool":"aaaaaaaaaaaaaaaaaaaaaaaaaa","made_at":"2026-01-01T00:00:00.000Z"}\n'); // prettier-ignore
        const before = await contentsOf(other.path);
        await rig.agent.start();
        await dock.record(1, 2);
        await dock.until('two are spooled', async () => (await rig.spooled()).length === 2);

        await disk.unmountInUse();
        await dock.record(2, 2);
        await dock.untilTold('spool.gone');
        await rig.receiver.start(); // asks for what nobody can read now
        await dock.until('it cannot be sent', () => /delivery failed/.test(rig.agent.log()));
        expect(await contentsOf(disk.path)).toEqual({});

        await other.unmount();
        await other.remount(disk.path);
        await dock.until(
          'it looks again',
          untilMore(() => countOf(rig.agent.log(), /delivery failed/g), 2),
        );
        expect(await contentsOf(disk.path)).toEqual(before);
        expect(await rig.filesOn(2)).toBe(2);
        await other.unmount();

        await disk.remount();
        await dock.untilDelivered();
        await dock.until('it is over', () => !view.conditions.has('spool.gone'));
        expect([...view.told].filter((code) => code.startsWith('broker.'))).toEqual([]);
        expect(await readdir(join(rig.spool, 'quarantine'))).toEqual([]);
        expect(await dock.endsWell()).toEqual([]);
      },
    );

    fault(
      'that cannot be read for a moment while it is sent: it is told, and sent a moment later from the spool',
      async () => {
        const { dock, library } = await withheldFrom(true);
        await dock.untilTold('disk.failing');
        expect(await library.failed()).toBe(1);
        await dock.untilDelivered();
        expect([...dock.view.told]).not.toContain('spool.quarantine');
        expect(await readdir(join(dock.rig.spool, 'quarantine'))).toEqual([]);
        expect(await dock.endsWell()).toEqual([]);
      },
    );

    fault(
      'that cannot be read for a minute while it is sent: the recording is set aside, told, and taken again from the camera',
      async () => {
        const { dock, library } = await withheldFrom(false);
        await dock.untilTold('disk.failing', 'spool.quarantine');
        await library.makeWell(true);
        await dock.untilDelivered();
        expect(await readdir(join(dock.rig.spool, 'quarantine'))).toHaveLength(1);
        expect(await dock.endsWell()).toEqual([]);
      },
    );

    fault('each of whose writes lasts two seconds: no watchdog fires, and the camera waits', async () => {
      const library = await ErrorLibrary.build([]);
      rests.push(() => library.remove());
      const environment: Record<string, string> = {};
      const dock = await open({ wish: { agentEnvironment: environment } });
      const { rig, disk, view } = dock;
      const listener = await WatchdogListener.open(join(rig.folder, 'notify'));
      rests.push(() => listener.close());
      Object.assign(environment, library.slowEnvironment(disk.path, SLOW_WRITE_MS), {
        NOTIFY_SOCKET: listener.socketPath,
        WATCHDOG_USEC: String(WATCHDOG_MS * 1000),
      });
      await dock.record(1, 1);
      await rig.receiver.start();
      rig.agent.launch();
      await dock.until('the camera waits', () => view.bays.get('bay-1')?.light === 'do-not-take');
      await dock.untilDelivered();
      expect(listener.beats).toBeGreaterThan(2);
      expect(listener.longestSilenceMs).toBeLessThan(WATCHDOG_MS);
      expect(rig.agent.log()).not.toMatch(/no progress/);
      // To end in order would take longer than a test waits: with a disk of the usual speed.
      await rig.agent.kill();
      for (const key of Object.keys(environment)) delete environment[key];
      await rig.agent.start();
      expect(await dock.endsWell()).toEqual([]);
    });
  },
);

function countOf(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

/** True once the count is larger by that much than at the first look. */
function untilMore(count: () => number, more: number): () => boolean {
  const first = count();
  return () => count() >= first + more;
}
