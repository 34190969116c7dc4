// Bays that name no camera, a whole station with its store: whose recordings these are is what the camera says of itself, and one that
// nobody registered is not touched.
import { inspect } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import type { CameraConfig } from '../../config/station-config.ts';
import { ptpDriver } from '../../drivers/ptp/driver.ts';
import { MemoryCamera } from '../fakes/memory-camera.ts';
import { parseCameraId } from '../../protocol/format/ids.ts';
import { patternBytes } from '../contracts/driver-subject.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';
import { DockAndStore, type DockOptions } from '../fakes/dock-and-store.ts';
import { PtpResponder } from '../fakes/ptp/responder.ts';
import { UsbDock } from '../fakes/usb/dock.ts';

const PTP = { openSession: 0x1002, closeSession: 0x1003, deviceInfo: 0x1001 };
const REGISTERED: CameraConfig = {
  id: parseCameraId('cam-7'),
  alias: 'Camera 7',
  model: null,
  serial: 'KOD-7',
  passwordFile: null,
};
let dock: DockAndStore | undefined;
afterEach(async () => {
  await dock?.close();
  dock = undefined;
});

async function station(unknown: 'refuse' | 'accept', more: DockOptions = {}) {
  const clock = scaledClock(10);
  const usb = new UsbDock(clock);
  const driver = ptpDriver({
    devices: usb.devices,
    openUsb: usb.openUsb,
    clock,
    onRecovery: () => undefined,
  });
  const register = { cameras: [REGISTERED], unknown };
  const opened = await DockAndStore.open({
    cameras: 2,
    usb: { devices: usb.devices, driver },
    register,
    clock,
    ...more,
  });
  dock = opened;
  await opened.startReceiver();
  await opened.startStation();
  return { usb, dock: opened };
}

function camera(serial: string, name = 'A.MP4'): PtpResponder {
  const memory = new MemoryCamera();
  memory.put(`DCIM/${name}`, patternBytes(300_000, serial.length));
  return new PtpResponder(memory, { identity: { serial } });
}

test('a registered camera is known in whichever bay it is, and its chain goes on there', async () => {
  const { usb, dock: whole } = await station('refuse');
  const first = camera('kod-7', 'A.MP4');
  usb.plug('1-1.1', first);
  await whole.until('emptied', () => first.camera.files().length === 0);
  expect(whole.bay()['camera']).toBe('Camera 7');
  usb.unplug('1-1.1');
  await whole.until('taken out', () => whole.bay()['camera'] === null);
  first.camera.put('DCIM/B.MP4', patternBytes(1000));
  usb.plug('1-1.2', first);
  await whole.until('emptied again', () => first.camera.files().length === 0);
  const kept = (await whole.vault()).map(({ manifest }) => manifest);
  expect(kept.map((each) => [each.camera.id, each.bay])).toEqual([
    ['cam-7', 'bay-1'],
    ['cam-7', 'bay-2'],
  ]);
  expect(kept[1]?.previous_manifest_sha256).not.toBeNull();
});

test('an unregistered camera is asked who it is and nothing else, and told of until it leaves', async () => {
  const { usb, dock: whole } = await station('refuse');
  const stranger = camera('STRANGER-99');
  usb.plug('1-1.1', stranger);
  await whole.until('the light', () => whole.bay()['light'] === 'call-someone');
  expect(whole.bay()).toMatchObject({ state: 'failed', camera: null, entries: 0 });
  expect(whole.conditions.facts('camera.unknown', 'bay-1')).toEqual({ reason: 'unknown' });
  expect(whole.conditions.isRaised('camera.failed', 'bay-1')).toBe(false);
  await whole.until(
    'it is asked again',
    () => stranger.asked.filter((op) => op === PTP.deviceInfo).length > 1,
  );
  expect(new Set(stranger.asked)).toEqual(new Set(Object.values(PTP)));
  expect(stranger.camera.files()).toHaveLength(1);

  usb.unplug('1-1.1');
  await whole.until('the bay is empty', () => whole.bay()['state'] === 'empty');
  expect(whole.conditions.isRaised('camera.unknown', 'bay-1')).toBe(false);
  const next = camera('KOD-7');
  usb.plug('1-1.1', next);
  await whole.until('the next one is emptied', () => next.camera.files().length === 0);
  await whole.stopStation();
  expect(await whole.dockings()).toMatchObject([{ camera: { id: 'cam-7' } }]);
  const entries = await whole.custody();
  expect(entries.filter(({ event }) => event === 'camera-refused').map(({ facts }) => facts)).toEqual([
    { bay: 'bay-1', reason: 'unknown' },
  ]);
  expect(entries.filter(({ event }) => event === 'docked')).toHaveLength(1);
});

test('where the file takes unregistered cameras each has an id that stays, and no topic or log says its serial number', async () => {
  const { usb, dock: whole } = await station('accept');
  const [one, two] = [camera('STRANGER-1'), camera('STRANGER-22')];
  const emptied = async (port: string, which: PtpResponder): Promise<void> => {
    usb.plug(port, which);
    await whole.until('emptied', () => which.camera.files().length === 0);
  };
  await Promise.all([emptied('1-1.1', one), emptied('1-1.2', two)]);
  const alias = String(whole.bay()['camera']);
  usb.unplug('1-1.1');
  await whole.until('taken out', () => whole.bay()['camera'] === null);
  await whole.stopStation();
  await whole.startStation();
  one.camera.put('DCIM/C.MP4', patternBytes(10));
  await emptied('1-1.1', one);
  expect(whole.bay()['camera']).toBe(alias);
  const idOf = new Map<string | null, Set<string>>();
  for (const { manifest } of await whole.vault())
    idOf.set(manifest.camera.serial, (idOf.get(manifest.camera.serial) ?? new Set()).add(manifest.camera.id));
  const [ofOne, ofTwo] = ['STRANGER-1', 'STRANGER-22'].map((serial) => [...(idOf.get(serial) ?? [])]);
  expect([ofOne?.length, ofTwo?.length, ofOne?.[0] === ofTwo?.[0]]).toEqual([1, 1, false]);
  expect(alias).toBe(`unregistered ${ofOne?.[0]?.slice(2, 8)}`);
  await whole.stopStation();
  const said = [
    inspect(whole.log.lines, { depth: 9 }),
    JSON.stringify(await whole.custody()),
    whole.retainedText(),
  ];
  for (const text of said) expect(text).not.toMatch(/STRANGER/i);
});

test('a bay with a camera of its own refuses another registered one, and serves its own behind it', async () => {
  const cameras = [
    REGISTERED,
    { ...REGISTERED, id: parseCameraId('cam-1'), alias: 'Camera 1', serial: 'KOD-1' },
  ];
  const { usb, dock: whole } = await station('refuse', { register: { cameras, bays: ['cam-1', null] } });
  const [own, other] = [camera('KOD-1'), camera('KOD-7')];
  usb.plug('1-1.1', other);
  await whole.until('the condition', () => whole.conditions.isRaised('camera.other', 'bay-1'));
  expect(whole.conditions.facts('camera.other', 'bay-1')).toMatchObject({
    camera: 'cam-7',
    expected: 'cam-1',
  });
  usb.plug('1-1.1', own);
  usb.plug('1-1.2', other);
  await whole.until('both emptied', () => own.camera.files().length + other.camera.files().length === 0);
  expect(whole.conditions.isRaised('camera.other', 'bay-1')).toBe(false);
  const places = (await whole.vault()).map(({ manifest }) => `${manifest.camera.id} in ${manifest.bay}`);
  expect(new Set(places)).toEqual(new Set(['cam-1 in bay-1', 'cam-7 in bay-2']));
});
