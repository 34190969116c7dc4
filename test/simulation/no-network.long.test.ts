// Three days without a network at a station whose disk is too small for them; in CI, whose time is limited, of three hours each.
import { expect, test } from 'vitest';
import { SPOOL_HEADROOM_BYTES } from '../../agent/platform/space.ts';
import { Days } from './day.ts';
import type { WornCamera } from './dock.ts';
import { lastProblems } from './last-judge.ts';
import { BEGIN_MS } from './machine.ts';
import { contentOf, digestOf } from './recordings.ts';
import { deliver, finished } from './run-seed.ts';
import { World } from './world.ts';
import { takesShare } from '../fakes/share-of-run.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = (takesShare ? 3 : 24) * HOUR_MS;
const MIB = 1024 * 1024;
const DAYS = 3;
const RECORDINGS = 3;
const RECORDING_BYTES = 1_200_000;
/** What the disk takes beyond what lies there when the network goes: not the recordings of two days. */
const ROOM_BYTES = 20 * MIB;

test(`${(DAYS * DAY_MS) / HOUR_MS} hours without a network: cameras are docked each day, the spool fills to its bound, cameras keep the rest, and all is delivered after`, async () => {
  const world = new World(72);
  const { timeline, wire, station } = world;
  const codes: string[] = [];
  world.trace.onLine = (line) => {
    const [, code] = /station \w+ condition raised .*"condition":"([a-z.-]+)"/.exec(line) ?? [];
    if (code !== undefined) codes.push(code);
  };
  const days = new Days(world);
  world.bootStore();
  world.bootStation();
  await finished(world, days.day(), HOUR_MS);
  await timeline.run(() => false, timeline.nowMs + HOUR_MS); // delivered and reclaimed
  wire.hub.reconnectMs = 60_000; // as the longest pause of a station
  wire.hub.hold('station');
  const goneAtMs = timeline.nowMs;
  const { files } = station.disk;
  files.capacityBytes = files.usedBytes + ROOM_BYTES;
  const before = world.recordings.length;
  const kept: number[] = [];
  for (let day = 1; day <= DAYS; day++) {
    await finished(world, dockAll(world, day), DAY_MS);
    const made = world.recordings.slice(before);
    kept.push(world.judge.unspooled(made).length);
    world.look(`end of day ${day}`);
    await timeline.run(() => false, goneAtMs + day * DAY_MS);
  }
  expect(timeline.nowMs - goneAtMs).toBe(DAYS * DAY_MS);
  expect(kept[0]).toBe(0);
  expect(kept[DAYS - 1]).toBeGreaterThan(RECORDINGS);
  expect(codes).toContain('spool.full');
  const leftBytes = files.capacityBytes - files.usedBytes;
  expect(leftBytes - SPOOL_HEADROOM_BYTES).toBeLessThan(2 * RECORDING_BYTES);
  const early = world.required.length - world.judge.undelivered(world.required).length;

  wire.hub.reconnectMs = 1000;
  wire.hub.release('station');
  await deliver(world, days);
  expect([...world.judge.problems, ...lastProblems(world)]).toEqual([]);
  expect(world.required.length - early).toBeGreaterThan(DAYS * RECORDINGS);
});

/** Every camera is filled and in a bay for a while, one after the other. */
async function dockAll(world: World, day: number): Promise<void> {
  const [bay = ''] = world.dock.bays;
  for (const camera of world.dock.cameras) {
    for (let number = 1; number <= RECORDINGS; number++) record(world, camera, `D${day}_${number}`, number);
    world.dock.plug(bay, camera);
    await world.timeline.sleep(600_000);
    world.dock.unplug(bay);
    await world.timeline.sleep(60_000);
  }
}

function record(world: World, camera: WornCamera, name: string, variant: number): void {
  const recording = {
    camera: camera.name,
    path: `DCIM/100REC/${name}.MP4`,
    content: contentOf(variant, RECORDING_BYTES),
    sizeBytes: RECORDING_BYTES,
    sha256: digestOf(variant, RECORDING_BYTES),
  };
  const at = Math.floor((BEGIN_MS + world.timeline.nowMs) / 2000) * 2000;
  camera.record(recording, new Date(at).toISOString());
  world.recordings.push(recording);
}
