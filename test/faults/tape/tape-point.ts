// Goes on from a moment of a life that is on tape: both programs' own logic on disks that hold what the cut left, on a virtual clock, until all is
// delivered; and judges what was there right after the cut, while they went on, and in the end.
import { hostname } from 'node:os';
import { plantTree, type DiskTree } from '../../fakes/disk-trees.ts';
import { Days } from '../../simulation/day.ts';
import { lastProblems } from '../../simulation/last-judge.ts';
import { BEGIN_MS } from '../../simulation/machine.ts';
import type { Recording } from '../../simulation/recordings.ts';
import { deliver, finished } from '../../simulation/run-seed.ts';
import { SPOOL, VAULT } from '../../simulation/sides.ts';
import { World } from '../../simulation/world.ts';
import type { FilmedRecording, TapedLife } from './tape-life.ts';
import type { TapePoint, TapeStates, Way } from './tape-states.ts';
import { STORE_PROCESS } from '../../fakes/running-process.ts';

const RUN_NOTE = '.leases/run.json';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** Between the cut and the next start. */
const AWAY_MS = MINUTE_MS;
/** Cameras that are in their bays are emptied within so long; those that are not come again. */
const DOCKED_MS = 10 * MINUTE_MS;

/** What is tried at a point. */
export interface TapeTry {
  readonly point: TapePoint;
  readonly way: Way;
  /** After so many changes of its disk while it recovers the power goes once more; 0 is never. */
  readonly again: number;
  /** Of all that happens after the cut. */
  readonly seed: number;
}

export interface TapeVerdict {
  /** One sentence for each rule that is broken. */
  readonly problems: readonly string[];
  /** It came to the second cut while it recovered. */
  readonly wasCutAgain: boolean;
}

/** `onLine` hears all that happens. */
export async function tryPoint(
  life: TapedLife,
  states: TapeStates,
  { point, way, again, seed }: TapeTry,
  onLine?: (line: string) => void,
): Promise<TapeVerdict> {
  const world = await worldAt(life, states, { point, way, seed });
  if (onLine !== undefined) world.trace.onLine = onLine;
  const { judge, dock, timeline } = world;
  world.look('right behind the cut', true);
  const machine = point.side === 'agent' ? world.station : world.store;
  const state = { wasCutAgain: false };
  const cut = (): void => {
    state.wasCutAgain = true;
    if (point.side === 'agent') world.cutStation();
    else world.cutStore();
  };
  if (again > 0) machine.disk.atStep(again, () => machine.soon(cut));
  for (const [at, camera] of dock.cameras.entries()) {
    const bay = dock.bays[at];
    if (bay !== undefined) dock.plug(bay, camera);
  }
  world.bootStore();
  world.bootStation();
  const emptied = Promise.all(dock.cameras.map((camera) => camera.emptied())).then(() => undefined);
  await finished(world, Promise.race([emptied, timeline.sleep(DOCKED_MS)]), 2 * DOCKED_MS);
  await finished(world, timeline.sleep(5 * SECOND_MS), MINUTE_MS);
  machine.disk.atStep(0, () => undefined); // what ends in order is not cut
  for (const bay of dock.bays) dock.unplug(bay);
  await deliver(world, new Days(world));
  judge.problems.push(...lastProblems(world));
  return { problems: [...new Set(judge.problems)], ...state };
}

async function worldAt(
  life: TapedLife,
  states: TapeStates,
  { point, way, seed }: Omit<TapeTry, 'again'>,
): Promise<World> {
  const { spool, vault, onCameras } = await states.cut(point, way);
  const world = new World(seed, false, life.site);
  plantTree(world.station.disk.files, SPOOL, spool);
  plantTree(world.store.disk.files, VAULT, ofTheSameMachine(vault));
  for (const machine of [world.station, world.store])
    machine.wallAheadMs = life.endedAtMs - BEGIN_MS + AWAY_MS;
  for (const filmed of life.recordings) {
    const recording = recordingOf(filmed);
    world.recordings.push(recording);
    if (!onCameras.includes(filmed)) continue;
    world.dock.cameras.find(({ name }) => name === filmed.camera)?.record(recording, filmed.modifiedAt);
  }
  return world;
}

/** The programs of the tape ran on this machine, those of the world run on another one: its receiver must find a note of its own machine. */
function ofTheSameMachine(vault: DiskTree): DiskTree {
  const note = vault.get(RUN_NOTE);
  if (note === undefined || note === null) return vault;
  const renamed = Buffer.from(note)
    .toString()
    .replaceAll(JSON.stringify(hostname()), JSON.stringify(STORE_PROCESS.host));
  return new Map([...vault, [RUN_NOTE, Buffer.from(renamed)]]);
}

function recordingOf({ camera, path, bytes, sizeBytes, sha256 }: FilmedRecording): Recording {
  return { camera, path, content: { sizeBytes, make: () => [bytes] }, sizeBytes, sha256 };
}
