// A store that is restored from a backup and says so, while the broker between keeps the true receipts that it gave since, and hands them out
// again: nothing goes off a camera before the store holds it again.
import { expect, test } from 'vitest';
import { contentOf, digestOf } from './recordings.ts';
import { SPOOL } from './sides.ts';
import { plantStatement } from './planted-statement.ts';
import { World } from './world.ts';

const MINUTE_MS = 60_000;
const FILMED_AT = '2026-11-25T05:00:00.000Z';

/** Puts a file of that length on a camera. */
function record(world: World, camera: number, sizeBytes: number): void {
  const worn = world.dock.cameras[camera];
  if (worn === undefined) throw new Error('no such camera');
  const path = `DCIM/V${sizeBytes}.MP4`;
  const recording = {
    camera: worn.name,
    path,
    content: contentOf(1, sizeBytes),
    sizeBytes,
    sha256: digestOf(1, sizeBytes),
  };
  world.recordings.push(recording);
  worn.record(recording, FILMED_AT);
}

function plug(world: World, bay: number, camera: number): void {
  const [place, worn] = [world.dock.bays[bay], world.dock.cameras[camera]];
  if (place === undefined || worn === undefined) throw new Error('no such bay or camera');
  world.dock.plug(place, worn);
}

async function until(world: World, what: string, holds: () => boolean): Promise<void> {
  await world.timeline.run(holds, world.timeline.nowMs + 30 * MINUTE_MS);
  if (!holds()) throw new Error(`not in time: ${what}\n${world.trace.last.slice(-20).join('\n')}`);
}

const isEmpty = (world: World, camera: number): boolean =>
  world.dock.cameras[camera]?.recordings.length === 0;

/** Sealed copies in the spool, and how many of them have a receipt. */
function copies(world: World): { readonly here: number; readonly receipted: number } {
  const { files } = world.station.disk;
  const names = files.peekNames(`${SPOOL}/ready`) ?? [];
  const receipted = names.filter((name) => files.peek(`${SPOOL}/ready/${name}/receipt.json`) !== undefined);
  return { here: names.length, receipted: receipted.length };
}

test.each([1, 2, 3])('by seed %i', async (seed) => {
  const world = new World(seed, 'receipts');
  world.bootStore();
  world.bootStation();
  await until(world, 'the station is there', () => world.agent !== undefined);
  record(world, 0, 900);
  plug(world, 0, 0);
  await until(world, 'a camera emptied', () => isEmpty(world, 0));
  world.dock.unplug(world.dock.bays[0] ?? '');
  const backup = world.store.disk.backup();

  // Receipted, and still on its camera: it was taken out before the store heard of it.
  world.wire.hub.hold('store');
  const { here } = copies(world);
  for (const sizeBytes of [1500, 70_000]) record(world, 1, sizeBytes);
  plug(world, 1, 1);
  await until(world, 'two recordings wait', () => copies(world).here === here + 2);
  world.dock.unplug(world.dock.bays[1] ?? '');
  world.wire.hub.release('store');
  await until(world, 'two receipts', () => copies(world).receipted === copies(world).here);
  world.putStoreBack(backup);
  const restoredAt = new Date(Date.parse('2026-11-25T06:00:00.000Z') + world.timeline.nowMs).toISOString();
  await plantStatement(world.store.disk.files, restoredAt);
  // What is erased before the station heard of it is lost (SPEC 6.10, limit): here it has heard of it.
  const isFollowed = (): boolean =>
    Buffer.from(world.station.disk.files.peek(`${SPOOL}/store.json`) ?? [])
      .toString()
      .includes('"offered":true');
  await until(world, 'the statement followed', isFollowed);
  plug(world, 1, 1);
  await until(world, 'the camera emptied', () => isEmpty(world, 1));
  world.look('the camera is empty', true);
  expect(world.judge.problems).toEqual([]);
  expect(world.wire.evil?.acts.get('give-old-receipt')).toBeGreaterThan(0);
  expect(world.recordings).toHaveLength(3);
});
