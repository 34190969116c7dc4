// A whole station with a camera that shows itself as a disk: through the driver, the helper's socket and the helper; the kernel is stood in for.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { scaledClock } from '../fakes/clock-scaled.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { PORT } from '../fakes/disk-port.ts';
import { MountRig } from '../fakes/mount-rig.ts';
import { bootSector } from '../fakes/volume-heads.ts';

const BAY = 'bay-1';
let rig: MountRig;
let dock: DockAndStore;

beforeEach(async () => {
  rig = await MountRig.open();
  await rig.port.card.put('DCIM/A.MP4', Buffer.from('a recording'));
  const { devices } = rig.port;
  const clock = scaledClock(20); // its one file may be of these minutes, as far as a disk tells
  dock = await DockAndStore.open({ cameras: 1, clock, usb: { devices, driver: rig.driver, ports: [PORT] } });
  await dock.startReceiver();
});
afterEach(async () => {
  await dock.close();
  await rig.close();
});

async function shows(state: string, light: string): Promise<void> {
  const isSo = (): boolean => dock.bay()['state'] === state && dock.bay()['light'] === light;
  await dock.until(`${state}, ${light}`, isSo);
}

test('a disk is emptied, confirmed from a new mount, and known by what its device says', async () => {
  await dock.startStation();
  await shows('done', 'safe-to-take');
  expect((await rig.port.card.contents()).size).toBe(0);
  expect((await dock.vault()).map(({ path, original }) => [path, original.toString()])).toEqual([['DCIM/A.MP4', 'a recording']]); // prettier-ignore
  const mounts = rig.port.commands.flatMap((line) => /^mount .*--options (r[ow]),/.exec(line)?.[1] ?? []);
  expect(mounts).toEqual(['ro', 'rw', 'ro']);
  await rig.port.pull();
  await shows('empty', 'off');
  await dock.until('its record', async () => (await dock.dockings()).length === 1);
  const [record] = await dock.dockings();
  expect(record).toMatchObject({ ended: 'unplugged', camera: { model: 'Camera', serial: '0001' } });
  expect(record?.inventory?.complete).toBe(true);
  await dock.until('no mount', () => rig.port.mounts.length === 0);
});

test('what lies beside the volume is a condition with its reason, and what is on the volume is taken', async () => {
  rig.port.volumes = [
    { partition: 1, head: bootSector('fat32') },
    { partition: 2, head: bootSector('bitlocker-to-go') },
  ];
  await dock.startStation();
  await dock.until('it is stored', async () => (await dock.vault()).length === 1);
  const isTold = (): boolean => dock.conditions.isRaised('camera.listing', BAY);
  await dock.until('a condition', isTold);
  expect(dock.conditions.facts('camera.listing', BAY)).toEqual({ places: 1, reason: 'encrypted-volume' });
  await dock.until('somebody is called', () => dock.bay()['light'] === 'call-someone');
  await rig.port.pull();
  await dock.until('its record', async () => (await dock.dockings()).length === 1);
  expect((await dock.dockings())[0]?.inventory).toMatchObject({ entries: 1, complete: false });
});

test('a protected card is a condition that says so, and keeps its files', async () => {
  rig.port.isProtected = true;
  await dock.startStation();
  const isTold = (): boolean => dock.conditions.isRaised('camera.not-erased', BAY);
  await dock.until('a condition', isTold);
  expect(dock.conditions.facts('camera.not-erased', BAY)).toMatchObject({ reason: 'write-protected' });
  expect((await rig.port.card.contents()).size).toBe(1);
});
