// PTP cameras that show no store, or not every one any more: what lies there is neither "nothing" nor "gone".
import { afterEach, expect, test } from 'vitest';
import { pathDigest } from '../../agent/inventory/entry.ts';
import type { DockingRecord } from '../../protocol/documents/docking-record.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';
import { ids, objectInfo } from '../fakes/ptp/encode.ts';
import { FILES_STORE } from '../fakes/ptp/operations.ts';
import type { PtpResponder } from '../fakes/ptp/responder.ts';
import { ptpStation, type PtpStation } from '../fakes/ptp/station.ts';

const FOLDER = {
  storage: FILES_STORE,
  format: 0x3001,
  isProtected: false,
  sizeBytes32: 0,
  capturedAt: '',
  modifiedAt: '',
};
const FACTS = { vendorId: 0x1234, productId: 1 };
let station: PtpStation;
afterEach(() => station.dock.close());

async function withCamera(): Promise<PtpResponder> {
  station = await ptpStation({ clock: scaledClock(20) });
  return station.camera('SN1', { 'a.mp4': Buffer.from('the film') });
}

/** The docking's record, once the camera was taken. */
async function recordOf(): Promise<DockingRecord> {
  station.usb.unplug('1-1.1');
  await station.dock.until('record', async () => (await station.dock.dockings()).length === 1);
  const [record] = await station.dock.dockings();
  if (record === undefined) throw new Error('no record');
  return record;
}

test('a camera that shows no store is no empty one: its record proves nothing, and nobody is told that it may be taken', async () => {
  const camera = await withCamera();
  camera.takeOut(FILES_STORE);
  station.usb.plug('1-1.1', camera, FACTS);
  await station.dock.until('listed', () => station.dock.bay()['state'] === 'done');
  expect(station.dock.bay()['light']).toBe('call-someone');
  expect((await recordOf()).inventory).toMatchObject({ entries: 0, complete: false });
});

test('a camera whose store comes some seconds after it has a whole listing, and its files are taken', async () => {
  const camera = await withCamera();
  camera.takeOut(FILES_STORE);
  station.usb.plug('1-1.1', camera, FACTS);
  await station.dock.until('asked twice', () => camera.asked.filter((code) => code === 0x1004).length > 1);
  camera.putIn(FILES_STORE);
  await station.dock.until('taken', () => station.dock.bay()['entries_spooled'] === 1);
  expect((await recordOf()).inventory).toMatchObject({ entries: 1, complete: true });
});

test('what lies on a store that went before it was to be erased is not erased, nor called so', async () => {
  const camera = await withCamera();
  await station.dock.stopReceiver();
  station.usb.plug('1-1.1', camera, FACTS);
  await station.dock.until('pushing', () => station.dock.bay()['state'] === 'pushing');
  camera.takeOut(FILES_STORE);
  await station.dock.startReceiver();
  await station.dock.until('told', () => station.dock.conditions.isRaised('release.listing', 'bay-1'));
  camera.putIn(FILES_STORE);
  const record = await recordOf();
  const path = pathDigest(Buffer.from('a.mp4'));
  expect(record.entries.find(({ path_sha256 }) => path_sha256 === path)).toMatchObject({ erased: false });
  expect(await station.said('a.mp4')).not.toContain('erasing');
});

test('nobody is told to take a camera whose only store left the listing with a recording that was not taken', async () => {
  const camera = await withCamera();
  camera.misdeeds.change = (operation, answer) => {
    if (operation === 0x95c1 || operation === 0x101b)
      Object.assign(answer, { code: 0x2002, data: undefined });
  };
  station.usb.plug('1-1.1', camera, FACTS);
  await station.dock.until('it waits', () => station.dock.bay()['light'] === 'call-someone');
  camera.takeOut(FILES_STORE);
  const lights = new Set<unknown>();
  await station.dock.until('somebody is called', () => {
    const { light } = station.dock.bay(); // another one while the file is tried again
    lights.add(light);
    return light === 'call-someone' && station.dock.conditions.isRaised('camera.listing', 'bay-1');
  });
  expect(station.dock.bay()['entries_waiting']).toBe(1);
  expect(lights).not.toContain('safe-to-take');
  expect((await recordOf()).entries).toHaveLength(1);
});

test('a camera whose folders lie in each other is no empty one: what is in them may be hidden, and somebody is called', async () => {
  const camera = await withCamera();
  const FOLDERS = [0x21, 0x22, 0x23];
  const [handles, info] = [0x1007, 0x1008];
  camera.misdeeds.change = (operation, answer, [handle = 0]) => {
    if (operation !== handles && operation !== info) return;
    const next = FOLDERS[(FOLDERS.indexOf(handle) + 1) % FOLDERS.length] ?? 0;
    const data =
      operation === handles ? ids(FOLDERS) : objectInfo({ ...FOLDER, parent: next, name: `f${handle}` });
    Object.assign(answer, { code: 0x2001, data, sizeBytes: data.length });
  };
  station.usb.plug('1-1.1', camera, FACTS);
  await station.dock.until('listed', () => station.dock.bay()['state'] === 'done');
  expect(station.dock.bay()['light']).toBe('call-someone');
  expect(station.dock.conditions.facts('camera.listing', 'bay-1')).toEqual({
    places: 1,
    reason: 'folders-in-circle',
  });
  expect((await recordOf()).inventory).toMatchObject({ entries: 0, complete: false });
});
