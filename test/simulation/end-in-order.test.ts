// A station that ends in order leaves the end of its log at the store, in whichever moment of a docking it is asked to.
import { expect, test } from 'vitest';
import { finished, unsent } from './run-seed.ts';
import { World } from './world.ts';

const HOUR_MS = 3_600_000;
const SECOND_MS = 1000;
/** A camera that comes and goes writes for some four seconds to the log. */
const STOPS_MS = Array.from({ length: 40 }, (_, at) => at * 100);

test.each(STOPS_MS)('%i ms behind the docking of an empty camera', async (ms) => {
  const world = new World(7);
  const { timeline, dock } = world;
  const [bay = ''] = dock.bays;
  const [camera] = dock.cameras;
  if (camera === undefined) throw new Error('no camera');
  world.bootStore();
  world.bootStation();
  await finished(world, timeline.sleep(30 * SECOND_MS), HOUR_MS);
  dock.plug(bay, camera);
  await finished(world, timeline.sleep(ms), HOUR_MS);
  await finished(world, world.stop(), HOUR_MS);
  expect({ unsent: unsent(world), problems: world.judge.problems }).toEqual({ unsent: [], problems: [] });
});
