// Programs that lack what a process takes for granted: somebody who takes their output, or file handles. They go on, tell of it where they can,
// deliver everything once there is enough again, and end when asked to.
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DockRig } from '../fakes/dock-rig.ts';
import { NOTIFY_TOOLS, NotifySocket } from '../fakes/notify-socket.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { until } from '../fakes/until.ts';

const FILES = 5;
const CAMERAS = [1, 2, 3, 4];
const LARGE = ['L.MP4', 'M.MP4', 'N.MP4'];
/** A user who has no other processes. */
const NOBODY_ELSE = { uid: 61_417, gid: 61_417 };

async function openRig(wish: Parameters<typeof DockRig.open>[0] = {}): Promise<DockRig> {
  const rig = await DockRig.open(wish);
  onTestFinished(() => rig.close());
  return rig;
}

async function putFiles(rig: DockRig): Promise<void> {
  for (let number = 1; number <= FILES; number++)
    await rig.put(1, `DCIM/${number}.MP4`, seededRandom(number).bytes(50_000));
}

describe.skipIf(lacksTools('age', 'minisign', 'prlimit'))('a station and its store', () => {
  test.each([
    ['that nobody reads', 'unread'],
    ['that is full', { device: '/dev/full' }],
  ] as const)(
    'whose output goes to something %s deliver all, and end when asked to',
    async (_what, output) => {
      const rig = await openRig({ output });
      await putFiles(rig);
      await rig.start();
      await rig.untilEmptied(1, 60_000);
      await rig.stop();
      expect(rig.check()).toMatchObject({ problems: [], recordings: FILES, onCameras: 0 });
    },
  );

  test('of which the station has no file handle left tell so and keep all, and take it when there are some', async () => {
    const rig = await openRig();
    await rig.start();
    const { pid = 0 } = rig.agent;
    await limitHandles(pid, (await readdir(`/proc/${pid}/fd`)).length + 1);
    await putFiles(rig);
    // Which call lacks one first is for the event loop to say: a listing, a file of the camera, or the spool's id file.
    const told = (): boolean =>
      /EMFILE.*short of memory or file handles/.test(rig.agent.log()) &&
      /"condition":"(camera\.failed|camera\.not-taken|station\.short)".*"condition raised"/.test(
        rig.agent.log(),
      );
    await until('a condition', 20_000, told, () => rig.tails());
    expect(rig.agent.log()).not.toContain('"condition":"spool.gone"');
    expect(await rig.filesOn()).toBe(FILES);
    await limitHandles(pid, 4096);
    await rig.untilEmptied(1, 60_000);
    expect(rig.agent.pid).toBe(pid);
    await rig.stop();
    expect(rig.check()).toMatchObject({ problems: [], recordings: FILES, onCameras: 0 });
  });

  test.skipIf(process.getuid?.() !== 0 || lacksTools(...NOTIFY_TOOLS))(
    'of which the station gets neither thread nor process tell so and keep all, and take it when there are some',
    async () => {
      const manager = await NotifySocket.open();
      onTestFinished(() => manager.close());
      const rig = await openRig({
        cameras: CAMERAS.length,
        agentUser: NOBODY_ELSE,
        agentEnvironment: manager.environment(3000),
      });
      await rig.start();
      const { pid = 0 } = rig.agent;
      await until('a word', 20_000, () => manager.heard('WATCHDOG=1').length > 0);
      await limitTasks(pid, 1);
      // The first worker is there, a second one has to be started where two are read at a time: on a busy machine the first ones may not be.
      const block = seededRandom(1).bytes(1_000_000);
      for (const name of LARGE)
        for (const number of CAMERAS)
          await rig.ledger.putLarge(`cam-${number}`, rig.camera(number), name, { block, count: 16 });
      const told = (): boolean =>
        /EAGAIN/.test(rig.agent.log()) && rig.agent.log().includes('"condition":"camera.not-taken"');
      // A file that was seen to grow is looked at again ten seconds later, and only then read.
      await until('a condition', 60_000, told, () => rig.tails());
      await until('words that are not sent', 20_000, () =>
        rig.agent.log().includes('service manager not notified'),
      );
      const heard = manager.words.length;
      await limitTasks(pid, 4096);
      for (const number of CAMERAS) await rig.untilEmptied(number, 120_000);
      await until('a word', 20_000, () => manager.words.length > heard);
      expect(rig.agent.pid).toBe(pid);
      await rig.stop();
      const recordings = CAMERAS.length * LARGE.length;
      expect(rig.check()).toMatchObject({ problems: [], recordings, onCameras: 0 });
    },
  );
});

/** Of a process that runs, and of its user: how many threads and processes he may have, of all of them. */
async function limitTasks(pid: number, most: number): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', `${pid}`, `--nproc=${most}:`], NOBODY_ELSE);
}

/** Of a process that runs: what it may have open at a time. */
async function limitHandles(pid: number, most: number): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', `${pid}`, `--nofile=${most}:`]);
}
