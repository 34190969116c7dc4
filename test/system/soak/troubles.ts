// Troubles that come and go beside running programs. Each heals itself: what follows must be as if nothing had been.
import type { DockRig } from '../../fakes/dock-rig.ts';
import type { Mosquitto } from '../../fakes/mosquitto.ts';
import type { SeededRandom } from '../../fakes/random-seeded.ts';
import type { SmallDisk } from '../../fakes/small-disk.ts';
import type { TcpProxy } from '../../fakes/tcp-proxy.ts';
import { pause } from '../../fakes/until.ts';

const MIB = 1024 * 1024;
/** Left of a full disk: less than any reserve. */
const LEFT_MIB = 2;

/** What a trouble can be made with. */
export interface TroubleSpots {
  readonly rig: DockRig;
  readonly broker: Mosquitto;
  /** The station's line to its broker. */
  readonly line: TcpProxy;
  /** The station's disk; undefined where none can be mounted. */
  readonly disk: SmallDisk | undefined;
}

/** Resolves when it is over. `ms` says how long it lasts, where it lasts. */
export type Trouble = (spots: TroubleSpots, ms: number) => Promise<void>;

/** By name, as they are counted in the end. */
export const TROUBLES: Readonly<Record<string, Trouble>> = {
  'broker killed': async ({ broker }, ms) => {
    await broker.kill();
    await pause(ms / 4);
    await broker.start();
  },
  'line cut': async ({ line }, ms) => {
    for (let times = 3; times > 0; times--) {
      line.cut();
      await pause(ms / 6);
    }
  },
  'network gone': async ({ line }, ms) => {
    line.refusing = true;
    line.cut();
    await pause(ms);
    line.refusing = false;
  },
  'line half open': async ({ line }, ms) => {
    line.holes.add('down');
    await pause(ms);
    line.holes.clear();
    line.cut(); // bytes are missing in the middle of it
  },
  'line slow': async ({ line }, ms) => {
    line.bytesPerS = 300_000;
    await pause(ms);
    line.bytesPerS = undefined;
  },
  'store held still': async ({ rig }, ms) => {
    rig.receiver.pause();
    await pause(ms);
    rig.receiver.resume();
  },
  'station held still': async ({ rig }, ms) => {
    rig.agent.pause();
    await pause(ms / 2);
    rig.agent.resume();
  },
  'disk full': async ({ disk }, ms) => {
    if (disk === undefined) return;
    await disk.fill(Math.max(1, Math.floor((await disk.freeBytes()) / MIB) - LEFT_MIB)).catch(unlessFull);
    await pause(ms);
    await disk.clear();
  },
};

/** The station writes meanwhile, so that it may be full sooner. */
function unlessFull(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOSPC') throw error;
}

/** One of those that can be made here. */
export function drawTrouble(random: SeededRandom, spots: TroubleSpots): string {
  const names = Object.keys(TROUBLES).filter((name) => spots.disk !== undefined || name !== 'disk full');
  return random.pick(names);
}
