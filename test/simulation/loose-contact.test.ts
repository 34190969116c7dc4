// A camera whose contact fails in the middle of every docking, while its device is there all the time: each docking makes a record, so they
// become rare, and the camera is taken whole once the contact holds.
import { expect, test } from 'vitest';
import { Days } from './day.ts';
import { lastProblems } from './last-judge.ts';
import { contentOf, digestOf } from './recordings.ts';
import { deliver } from './run-seed.ts';
import { BEGIN_MS } from './machine.ts';
import { World } from './world.ts';

const MINUTE_MS = 60_000;
const SIZE_BYTES = 300_000;
/** The session breaks off at this call, which is behind the beginning of the docking. */
const CALL = 5;

test('a camera that leaves at the same call again and again makes a record a minute, not ten a second, and is emptied in the end', async () => {
  const world = new World(81);
  const { timeline, dock } = world;
  const dockings: number[] = [];
  world.trace.onLine = (line) => {
    if (line.includes('docking recorded')) dockings.push(timeline.nowMs);
  };
  world.bootStore();
  world.bootStation();
  const [camera] = dock.cameras;
  const [bay = ''] = dock.bays;
  if (camera === undefined) throw new Error('no camera');
  const what = { content: contentOf(1, SIZE_BYTES), sha256: digestOf(1, SIZE_BYTES), sizeBytes: SIZE_BYTES };
  const recording = { camera: camera.name, path: 'DCIM/100REC/A.MP4', ...what };
  camera.record(recording, new Date(BEGIN_MS).toISOString());
  world.recordings.push(recording);
  camera.misdeeds.detachAtCall = CALL;
  dock.plug(bay, camera);
  await timeline.run(() => false, 6 * MINUTE_MS);
  expect(camera.recordings).toEqual([recording]);
  const inFirstMinute = dockings.filter((atMs) => atMs < MINUTE_MS).length;
  expect(inFirstMinute).toBeGreaterThan(2); // a contact that fails once costs seconds
  expect(dockings.length - inFirstMinute).toBeGreaterThan(3);
  expect(dockings.length - inFirstMinute).toBeLessThanOrEqual(6);
  delete camera.misdeeds.detachAtCall;
  await timeline.run(() => camera.recordings.length === 0, timeline.nowMs + 2 * MINUTE_MS);
  expect(camera.recordings).toEqual([]);
  dock.unplug(bay);
  await deliver(world, new Days(world));
  expect([...world.judge.problems, ...lastProblems(world)]).toEqual([]);
});
