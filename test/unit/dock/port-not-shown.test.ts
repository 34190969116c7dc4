// The kernel's tables cannot be read for a moment, since the process has no file handle left: that says nothing of the camera at the port.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { patternBytes } from '../../contracts/driver-subject.ts';
import { ptpStation, type PtpStation } from '../../fakes/ptp/station.ts';

let station: PtpStation;
afterEach(() => station.dock.close());

/** As long as it is true, each look at a port fails. */
let isBlind: boolean;
let looks: number;
async function open(): Promise<void> {
  station = await ptpStation();
  isBlind = false;
  looks = 0;
  const { devices } = station.usb;
  const at = devices.at.bind(devices);
  devices.at = async (...asked) => {
    looks++;
    await nextTurn(); // a look at the tables is a real one
    if (isBlind) throw Object.assign(new Error('EMFILE: too many open files, open'), { code: 'EMFILE' });
    return at(...asked);
  };
}

test('one look that fails ends no docking', async () => {
  await open();
  const { usb, dock, camera } = station;
  const plugged = camera('PTP-7', { 'A.MP4': patternBytes(1000) });
  usb.plug('1-1.1', plugged);
  await dock.until('emptied', () => plugged.camera.files().length === 0 && dock.bay()['state'] === 'done');
  isBlind = true;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  isBlind = false;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  usb.unplug('1-1.1');
  await dock.until('a record', async () => (await dock.dockings()).length > 0);
  expect((await dock.dockings()).map(({ ended }) => ended)).toEqual(['unplugged']);
});

test('looks that fail one after the other are made with pauses', async () => {
  await open();
  isBlind = true;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(looks).toBeLessThan(30); // one bay, two looks a second
});

test('looks that fail say nothing of an empty bay either: nobody is called to it, and the next camera is emptied', async () => {
  await open();
  const { usb, dock, camera } = station;
  const lights = new Set<unknown>();
  isBlind = true;
  for (let looked = 0; looked < 30; looked++) {
    lights.add(dock.bay()['light']);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  isBlind = false;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(dock.conditions.isRaised('camera.failed', 'bay-1')).toBe(false);
  expect([...lights]).not.toContain('call-someone');
  const plugged = camera('PTP-7', { 'A.MP4': patternBytes(1000) });
  usb.plug('1-1.1', plugged);
  await dock.until('emptied', () => plugged.camera.files().length === 0);
});
