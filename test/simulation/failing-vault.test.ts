// A store at rest writes nothing but its signs of life: by these it tells of a disk that fails, and that it counts as well again.
import { expect, test } from 'vitest';
import { World } from './world.ts';

const MINUTE_MS = 60_000;

/** Of "disk.failing" in the store's log. */
async function toldWithin(world: World, minutes: number): Promise<string[]> {
  const told: string[] = [];
  world.trace.onLine = (line) => {
    const change = /store (?:warn|info) condition (raised|cleared) .*"condition":"disk\.failing"/.exec(
      line,
    )?.[1];
    if (change !== undefined) told.push(change);
  };
  await world.timeline.run(() => false, world.timeline.nowMs + minutes * MINUTE_MS);
  return told;
}

test('a store at rest whose disk fails once tells it, and an hour later that it is well again', async () => {
  const world = new World(1);
  world.bootStore();
  expect(await toldWithin(world, 1)).toEqual([]);
  world.store.disk.files.fail({ operation: 'list', nth: 1, code: 'EIO', path: '' });
  expect(await toldWithin(world, 5)).toEqual(['raised']);
  expect(await toldWithin(world, 70)).toEqual(['cleared']);
});
