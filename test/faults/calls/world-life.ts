// The life of recordings in a simulated world (test/simulation), always the same one: two cameras are emptied, both programs are killed in the
// middle of the largest transfer, go on, end in order, start again, and reclaim. What shall fail in it is arranged before it begins.
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { Days } from '../../simulation/day.ts';
import { lastProblems } from '../../simulation/last-judge.ts';
import { BEGIN_MS, type Machine } from '../../simulation/machine.ts';
import { contentOf, digestOf } from '../../simulation/recordings.ts';
import { deliver, finished } from '../../simulation/run-seed.ts';
import { VAULT } from '../../simulation/sides.ts';
import { World } from '../../simulation/world.ts';

const MINUTE_MS = 60_000;
/** What waits for something that a fault holds up continues after so long. */
const PATIENCE_MS = 20 * MINUTE_MS;
/** Docking records follow their cameras. */
const AFTER_MS = MINUTE_MS;
/** What was released is reclaimed within it. */
const KEPT_MS = 8 * MINUTE_MS;
const SEED = 20_261_127;

/** One of each kind of file: several units, a small one with its sidecar, an odd one, one without a byte. */
const FILES: readonly (readonly [path: string, sizeBytes: number])[] = [
  ['DCIM/100REC/REC0001.MP4', 3 * UNIT_BYTES + 1],
  ['DCIM/100REC/REC0002.MP4', 20_000],
  ['DCIM/100REC/REC0002.GPS', 300],
  ['DCIM/100REC/REC0003.QQQ', 5000],
  ['EMPTY.MP4', 0],
];

/** A world with its cameras filled; nothing runs yet. */
export function worldOfLife(): World {
  const world = new World(SEED);
  const [camera] = world.dock.cameras;
  for (const [variant, [path, sizeBytes]] of FILES.entries()) {
    const content = contentOf(variant, sizeBytes);
    const recording = {
      camera: camera?.name ?? '',
      path,
      content,
      sizeBytes,
      sha256: digestOf(variant, sizeBytes),
    };
    camera?.record(recording, new Date(BEGIN_MS).toISOString());
    world.recordings.push(recording);
  }
  return world;
}

/** Lives it, whatever fails. Gives the moment of the kill in its middle, in virtual ms. */
export async function live(world: World): Promise<number> {
  const { dock, timeline } = world;
  const bays = dock.bays.map((bay, at) => ({ bay, camera: dock.cameras[at] }));
  for (const { bay, camera } of bays) if (camera !== undefined) dock.plug(bay, camera);
  world.bootStore();
  world.bootStation();
  await reached(world, isInTransfer(world));
  const killedAtMs = timeline.nowMs;
  world.killStation();
  world.killStore();
  await reached(world, () => bays.every(({ camera }) => camera?.recordings.length === 0));
  await finished(world, timeline.sleep(AFTER_MS), 2 * AFTER_MS);
  for (const bay of dock.bays) dock.unplug(bay);
  await finished(world, timeline.sleep(AFTER_MS), 2 * AFTER_MS);
  await reached(world, () => world.isUp);
  await ended(world, world.stopStation(), world.station);
  await ended(world, world.stopStore(), world.store);
  world.bootStore();
  world.bootStation();
  await finished(world, timeline.sleep(KEPT_MS), 2 * KEPT_MS);
  await reached(world, () => world.isUp);
  return killedAtMs;
}

/** Once nothing fails any more: all is delivered, both programs end, and what is there is judged. One sentence for each rule that was broken. */
export async function judged(world: World): Promise<readonly string[]> {
  await deliver(world, new Days(world));
  return [...new Set([...world.judge.problems, ...lastProblems(world)])];
}

function reached(world: World, is: () => boolean): Promise<void> {
  return world.timeline.run(is, world.timeline.nowMs + PATIENCE_MS);
}

/** It ended in order, or otherwise. */
async function ended(world: World, stop: Promise<void>, machine: Machine): Promise<void> {
  const state = { hasStopped: false };
  void stop.then(() => (state.hasStopped = true));
  await reached(world, () => state.hasStopped || !machine.isAlive);
}

/** A part of the largest payload is in the vault: no other one has so many bytes. Looks where the disk has changed since. */
function isInTransfer({ store: { disk } }: World): () => boolean {
  let lookedAt: number | undefined;
  let isThere = false;
  return () => {
    if (disk.changes === lookedAt) return isThere;
    lookedAt = disk.changes;
    return (isThere = [...disk.files.tree(`${VAULT}/.incoming`)].some(
      ([path, bytes]) => path.endsWith('/payload.age') && (bytes?.length ?? 0) >= UNIT_BYTES,
    ));
  };
}
