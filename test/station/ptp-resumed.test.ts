// A PTP camera that is pulled out in the middle of a file and plugged in again: the file goes on where it was (SPEC 18).
import { afterEach, expect, test } from 'vitest';
import { PULL_PIECE_BYTES } from '../../protocol/format/limits.ts';
import { patternBytes } from '../contracts/driver-subject.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';
import { ptpStation, type PtpStation } from '../fakes/ptp/station.ts';

const PORT = '1-1.1';
const PARTIAL_64 = 0x95c1;
const content = patternBytes(4 * PULL_PIECE_BYTES + 7);

let station: PtpStation | undefined;
afterEach(() => station?.dock.close());

test('a file whose camera is pulled out in its middle goes on where it was, is compared as a whole, and goes', async () => {
  station = await ptpStation({ clock: scaledClock(20) });
  const { usb, dock } = station;
  const camera = station.camera('PTP-1', { 'DCIM/A.MP4': content });
  let reads = 0;
  camera.misdeeds.change = (operation) => {
    if (operation === PARTIAL_64 && ++reads === 3) usb.unplug(PORT);
  };
  usb.plug(PORT, camera);
  await dock.until('its record', async () => (await dock.dockings()).length === 1);
  usb.plug(PORT, camera);
  await dock.until('erased', () => camera.camera.files().length === 0);
  const [kept] = await dock.vault();
  expect(kept?.original.equals(content)).toBe(true);
  expect(kept?.manifest.version).toBe(2);
  expect(kept?.manifest.joints).toHaveLength(1);
});
