// A store that was put back and takes nothing more of the log: it has not said what it lost, so nothing may be erased for its old receipts.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ScaledClock } from '../../fakes/clock-scaled.ts';
import { DockAndStore } from '../../fakes/dock-and-store.ts';
import { backUp, holdLog } from './put-back-vault.ts';

let dock: DockAndStore;
beforeEach(async () => {
  dock = await DockAndStore.open({ release: 'after-receipt', clock: new ScaledClock(20) });
});
afterEach(() => dock.close());

test('nothing is erased for a store that was put back, as long as it has not said so', async () => {
  const { camera } = dock;
  const putBack = await backUp(dock);
  camera.isProtected = true; // it stays for the next docking
  camera.put('a.mp4', Buffer.from('the only film'));
  await dock.until('receipted', () => dock.conditions.isRaised('camera.not-erased', 'bay-1'));
  camera.detach();
  await dock.until('taken out', () => dock.bay()['state'] === 'empty');
  camera.isProtected = false;

  await dock.stopReceiver();
  await putBack();
  // Its disk takes no more of the log, or this line is bad: batches stay without an answer, questions do not.
  holdLog(dock);
  await dock.startReceiver();
  await dock.until('behind', () => dock.conditions.isRaised('store.rolled-back'));
  camera.attach();
  await dock.until('known again', () => dock.bay()['entries_spooled'] === 1);
  await new Promise((resolve) => setTimeout(resolve, 6000)); // two minutes of the station
  expect((await dock.vault()).length).toBe(0);
  expect(camera.files()).toHaveLength(1);
  expect(dock.conditions.isRaised('store.rolled-back')).toBe(true);
});
