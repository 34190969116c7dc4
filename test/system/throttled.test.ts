// A machine that has become slow: agent, receiver and broker get one core, and of its time an eighth, as half of a small computer's that is
// throttled by heat. All is delivered, later; nothing takes it for a fault.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DockRig } from '../fakes/dock-rig.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { NOTIFY_TOOLS, NotifySocket } from '../fakes/notify-socket.ts';
import { pointTried } from '../fakes/points.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { pause } from '../fakes/until.ts';
import { takesShare } from '../fakes/share-of-run.ts';

const LONG_BYTES = takesShare ? 2_000_000 : 24_000_000;
const SMALL = takesShare ? 2 : 30;
/** As in the unit. */
const WATCHDOG_MS = 30_000;
const RUN_MS = 10;
const STAND_MS = 70;
const DELIVERED_MS = 300_000;
/** Lines about what was late, tried again or lost; a storm would be one a second. */
const WARNINGS_MAX = 5;

/** Lets the processes run for RUN_MS and stand for STAND_MS, until it is called. */
async function throttle(pids: readonly number[]): Promise<() => Promise<void>> {
  for (const pid of pids) await promisify(execFile)('taskset', ['-a', '-c', '-p', '0', `${pid}`]);
  const over = new AbortController();
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of pids)
      try {
        process.kill(pid, name);
      } catch {
        over.abort(); // one has ended: the test says which
      }
  };
  const turns = (async () => {
    while (!over.signal.aborted) {
      signal('SIGSTOP');
      await pause(STAND_MS);
      signal('SIGCONT');
      await pause(RUN_MS);
      pointTried();
    }
  })();
  return async () => {
    over.abort();
    await turns;
  };
}

describe.skipIf(lacksTools('mosquitto', 'taskset', ...NOTIFY_TOOLS))(
  'a station with little of a slow core',
  () => {
    test('is slower, and neither its watchdog nor its deadlines mind', async () => {
      const broker = await Mosquitto.open();
      onTestFinished(() => broker.stop());
      const manager = await NotifySocket.open();
      onTestFinished(() => manager.close());
      const agentEnvironment = manager.environment(WATCHDOG_MS);
      const rig = await DockRig.open({ broker, agentEnvironment });
      onTestFinished(() => rig.close());
      await rig.start();
      await rig.untilBay(1, 'at rest', 60_000, ({ state }) => state === 'done');
      const begunMs = performance.now();
      const give = await throttle([rig.agent.pid ?? 0, rig.receiver.pid ?? 0, broker.pid ?? 0]);
      try {
        await rig.put(1, 'LONG.MP4', seededRandom(1).bytes(LONG_BYTES));
        for (let at = 0; at < SMALL; at++) await rig.put(1, `${at}.MP4`, seededRandom(at).bytes(20_000));
        await rig.untilReceipted(SMALL + 1, DELIVERED_MS);
        await rig.untilEmptied(1, DELIVERED_MS);
      } finally {
        await give();
      }
      const endedMs = performance.now();
      await rig.stop();
      const lines = `${rig.agent.log()}${rig.receiver.log()}`
        .split('\n')
        .filter((line) => /"level":"(?:warn|error)"/.test(line));
      console.log(
        `an eighth of a core: ${((endedMs - begunMs) / 1000).toFixed(1)} s, ${lines.length} warnings`,
      );
      expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(WARNINGS_MAX);
      expect(lines.filter((line) => line.includes('no progress'))).toEqual([]);
      const alive = manager.heard('WATCHDOG=1').filter((atMs) => atMs > begunMs);
      const gaps = [...alive, endedMs].map((atMs, at) => atMs - (alive[at - 1] ?? begunMs));
      expect(Math.max(...gaps)).toBeLessThan(WATCHDOG_MS);
      expect(rig.check([], false)).toMatchObject({ problems: [], recordings: SMALL + 1, onCameras: 0 });
    });
  },
);
