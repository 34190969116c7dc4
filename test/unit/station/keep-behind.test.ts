// A store that was restored and has not said so yet: the station's copies may be the last.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SkippingClock } from '../../fakes/clock-skipping.ts';
import { DockAndStore } from '../../fakes/dock-and-store.ts';
import { sayRestored } from '../../fakes/restored-store.ts';
import { backUp, holdLog } from './put-back-vault.ts';

let dock: DockAndStore;
let clock: SkippingClock;
beforeEach(async () => {
  clock = new SkippingClock(20);
  dock = await DockAndStore.open({ release: 'after-receipt', clock });
});
afterEach(() => dock.close());

test('no copy goes while the store is behind, since it may be the last one there is', async () => {
  const copies = (): Promise<string[]> => readdir(join(dock.folder, 'spool', 'ready'));
  const putBack = await backUp(dock);
  dock.camera.put('a.mp4', Buffer.from('the only film'));
  await dock.until('erased', () => dock.camera.files().length === 0 && dock.bay()['state'] === 'done');
  expect(await copies()).toHaveLength(1);

  await dock.stopReceiver();
  await putBack();
  // The log comes slowly over this line; that the store is behind, the station knows by its answers to questions.
  let isSlow = true;
  holdLog(dock, () => isSlow);
  await dock.startReceiver();
  await dock.until('behind', () => dock.conditions.isRaised('store.rolled-back'));
  clock.skippedMs = 49 * 3_600_000; // its 48 hours are over meanwhile
  await new Promise((resolve) => setTimeout(resolve, 7000)); // more than two looks of a minute each
  isSlow = false;
  await dock.stopReceiver();
  await sayRestored(join(dock.folder, 'vault'), dock.storeKey);
  await dock.startReceiver();
  await dock.until('delivered again', async () => (await dock.vault()).length === 1, 8000);
  expect((await dock.vault()).map(({ original }) => original.toString())).toEqual(['the only film']);
});
