// Two cameras that say the same serial number, in two bays at a time: both are served, nothing of one counts for the other, and a person
// is told as long as both are there.
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { CameraTwins } from '../../agent/dock/camera-register.ts';
import { SimulatedClock } from '../../drivers/simulated/clock.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { parseBayId, parseCameraId } from '../../protocol/format/ids.ts';
import { BelievingClock } from '../fakes/clock-believing.ts';
import { FixedClockSource } from '../fakes/clock-source-fixed.ts';
import { MemoryConditions } from '../fakes/conditions-memory.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { MEMORY_IDENTITY, type MemoryCamera } from '../fakes/memory-camera.ts';

const SERIAL = 'SN-0815-4711';
const BAYS = ['bay-1', 'bay-2'];

describe('two cameras with one serial number at a station', () => {
  let dock: DockAndStore;
  afterEach(() => dock.close());

  test('are both served and never mixed, and the condition stands as long as both are there', async () => {
    const identity = { ...MEMORY_IDENTITY, serial: SERIAL };
    dock = await DockAndStore.open({ cameras: 2, identities: [identity, identity] });
    const [one, two] = dock.cameras;
    if (one === undefined || two === undefined) throw new Error('no cameras');
    // The same names and sizes, and once even the same bytes: only the camera tells them apart.
    const [alike, mine, yours] = [randomBytes(600_000), randomBytes(700_000), randomBytes(700_000)];
    one.put('DCIM/A.MP4', alike);
    two.put('DCIM/A.MP4', alike);
    one.put('DCIM/B.MP4', mine);
    two.put('DCIM/B.MP4', yours);
    await dock.startStation();
    for (const [at, bay] of BAYS.entries()) {
      await dock.until(`${bay} spooled`, () => dock.bay(at + 1)['entries_spooled'] === 2);
      expect(dock.conditions.facts('camera.twice', bay)).toEqual({
        bays: 'bay-1 bay-2',
        same: 'serial number',
      });
    }
    await dock.startReceiver();
    await dock.until('both emptied', () => one.files().length + two.files().length === 0);
    const kept = await dock.vault();
    const ofCamera = (id: string): unknown[] =>
      kept
        .filter(({ manifest }) => manifest.camera.id === id)
        .map(({ path, original, manifest }) => [
          path,
          sha256Hex(original),
          manifest.bay,
          manifest.camera.serial,
        ]);
    expect(kept).toHaveLength(4);
    expect(ofCamera('cam-1')).toEqual([
      ['DCIM/A.MP4', sha256Hex(alike), 'bay-1', SERIAL],
      ['DCIM/B.MP4', sha256Hex(mine), 'bay-1', SERIAL],
    ]);
    expect(ofCamera('cam-2')).toEqual([
      ['DCIM/A.MP4', sha256Hex(alike), 'bay-2', SERIAL],
      ['DCIM/B.MP4', sha256Hex(yours), 'bay-2', SERIAL],
    ]);

    two.detach();
    await dock.until('one of them left', () => dock.bay(2)['state'] === 'empty');
    for (const bay of BAYS) expect(dock.conditions.isRaised('camera.twice', bay)).toBe(false);
    two.attach();
    await dock.until('both again', () => dock.conditions.isRaised('camera.twice', 'bay-1'));
    await dock.stopStation();
    for (const bay of BAYS) expect(dock.conditions.isRaised('camera.twice', bay)).toBe(false);

    const records = await dock.dockings();
    for (const { camera, bay, entries, previous_docking_sha256: previous } of records) {
      expect(bay).toBe(camera.id.replace('cam', 'bay'));
      const own = kept.filter(({ manifest }) => manifest.camera.id === camera.id);
      const ids = own.map(({ manifest }) => manifest.recording);
      expect(entries.every(({ recording }) => ids.some((id) => id === recording))).toBe(true);
      if (camera.id === 'cam-1') expect(previous).toBeNull();
    }
    expect(records.map(({ camera }) => camera.id).sort()).toEqual(['cam-1', 'cam-2', 'cam-2']);
    expect(JSON.stringify([dock.log.lines, dock.conditions.history])).not.toContain(SERIAL);
  });
});

test('of a camera whose twin is there nobody knows when it was here before: its clock dates nothing', async () => {
  const time = new BelievingClock({ pace: 20, startMs: Date.UTC(2026, 10, 25, 15) });
  const identity = { ...MEMORY_IDENTITY, serial: SERIAL };
  const dock = await DockAndStore.open({
    cameras: 2,
    identities: [identity, identity],
    register: { cameras: [], unknown: 'accept' },
    clock: time,
    clockSource: new FixedClockSource(true, time),
  });
  onTestFinished(() => dock.close());
  const [one, two] = dock.cameras;
  if (one === undefined || two === undefined) throw new Error('no cameras');
  for (const camera of [one, two]) {
    camera.clock = new SimulatedClock(() => time.monotonicMs(), { shownMs: time.wallMs() });
    camera.detach();
  }
  await dock.startReceiver();
  await dock.startStation();
  const emptied = async (camera: MemoryCamera, name: string): Promise<void> => {
    camera.put(name, randomBytes(1000), { modifiedAt: new Date(time.wallMs()).toISOString() });
    await time.sleep(5000, new AbortController().signal);
    camera.attach();
    await dock.until('emptied', () => camera.files().length === 0);
  };
  await emptied(one, 'A.MP4');
  one.detach();
  await dock.until('its record', async () => (await dock.dockings()).length === 1);
  await emptied(one, 'B.MP4');
  await emptied(two, 'C.MP4');
  const kept = await dock.vault();
  expect(new Set(kept.map(({ manifest }) => manifest.camera.id)).size).toBe(1);
  const basisOf = (name: string): unknown => kept.find(({ path }) => path === name)?.manifest.capture.basis;
  expect([basisOf('B.MP4'), basisOf('C.MP4')]).toEqual(['clock-measured', 'clock-unmeasured']);
});

describe('a look for one camera in two bays', () => {
  const conditions = new MemoryConditions();
  const twins = new CameraTwins(conditions);
  const [bayOne, bayTwo, bayThree] = ['bay-1', 'bay-2', 'bay-3'].map(parseBayId);
  const [camOne, camTwo] = ['cam-1', 'cam-2'].map(parseCameraId);

  test('takes the same id as well, says which bays they are, and ends when all but one have left', () => {
    if (bayOne === undefined || bayTwo === undefined || bayThree === undefined) throw new Error('no bays');
    if (camOne === undefined || camTwo === undefined) throw new Error('no cameras');
    const leaveOne = twins.arrived(bayOne, camOne, null);
    const leaveTwo = twins.arrived(bayTwo, camTwo, null);
    expect(conditions.codes()).toEqual([]); // two cameras that tell no serial number are not the same for it
    const leaveThree = twins.arrived(bayThree, camOne, 'x');
    expect(conditions.facts('camera.twice', 'bay-1')).toEqual({ bays: 'bay-1 bay-3', same: 'camera' });
    expect(conditions.isRaised('camera.twice', 'bay-2')).toBe(false);
    expect([twins.hasTwin(bayOne, camOne), twins.hasTwin(bayTwo, camTwo)]).toEqual([true, false]);
    leaveOne();
    expect(twins.hasTwin(bayThree, camOne)).toBe(false);
    leaveOne();
    expect(conditions.codes()).toEqual([]);
    leaveTwo();
    leaveThree();
    expect(conditions.codes()).toEqual([]);
  });
});
