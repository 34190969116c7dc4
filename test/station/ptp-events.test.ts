// Whole stations with PTP cameras that say by events what they do: a hint that makes things sooner, and that nothing depends on.
import { afterEach, expect, test } from 'vitest';
import { patternBytes } from '../contracts/driver-subject.ts';
import type { DockAndStore } from '../fakes/dock-and-store.ts';
import { FILES_STORE } from '../fakes/ptp/operations.ts';
import type { PtpResponder } from '../fakes/ptp/responder.ts';
import { ptpStation } from '../fakes/ptp/station.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';

const PORT = '1-1.1';
const OTHER_STORE = 0x00020001;
const PARTIAL_64 = 0x95c1;

/** Looks one after the other in which nothing was asked: behind the receipt a camera is listed once more. */
const QUIET_LOOKS = 50;

let dock: DockAndStore | undefined;
afterEach(async () => {
  await dock?.close();
  dock = undefined;
});

function isQuiet({ asked }: PtpResponder): () => boolean {
  let [seen, looks] = [-1, 0];
  return () => {
    looks = asked.length === seen ? looks + 1 : 0;
    seen = asked.length;
    return looks > QUIET_LOOKS;
  };
}

test('a file that a camera finishes while it is docked is taken as soon as the camera says so, not half a minute later', async () => {
  const { usb, dock: whole, camera } = await ptpStation({ release: 'never' }); // waits 15 s at most: sooner than the next round
  dock = whole;
  const one = camera('PTP-E', { 'A.MP4': patternBytes(5000) }, { tellsEvents: true });
  usb.plug(PORT, one);
  await whole.until('the first', async () => (await whole.vault()).length === 1);
  await whole.until('nothing is asked of the camera any more', isQuiet(one));
  one.put('B.MP4', patternBytes(6000, 2));
  await whole.until('the second', async () => (await whole.vault()).length === 2);
  usb.unplug(PORT);
  await whole.until('the record', async () => (await whole.dockings()).length === 1);
  const [record] = await whole.dockings();
  expect(record?.entries.map(({ fate, later }) => [fate, later])).toEqual([
    ['stored', false],
    ['stored', true],
  ]);
});

test('a store that is taken out in the middle of a file ends that file with what happened; put in again, it is taken whole', async () => {
  const { usb, dock: whole, camera } = await ptpStation({ clock: scaledClock(20), release: 'never' });
  dock = whole;
  const file = patternBytes(5_000_000);
  const one = camera('PTP-S', { 'A.MP4': file }, { tellsEvents: true });
  one.putIn(OTHER_STORE);
  let parts = 0;
  one.misdeeds.change = (operation) => {
    if (operation === PARTIAL_64 && ++parts === 3) one.takeOut(FILES_STORE);
  };
  usb.plug(PORT, one);
  await whole.until('it is told', () => JSON.stringify(whole.log.lines).includes('driver.store-gone'));
  one.putIn(FILES_STORE);
  await whole.until('it is stored', async () => (await whole.vault()).length === 1);
  const [kept] = await whole.vault();
  expect([kept?.path, kept?.original.equals(file)]).toEqual(['00010001/A.MP4', true]);
});
