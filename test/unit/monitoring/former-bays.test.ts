// What becomes of the retained document of a bay that was taken out of the configuration, or has another name now.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MemoryCamera } from '../../fakes/memory-camera.ts';
import { DockAndStore } from '../../fakes/dock-and-store.ts';

let dock: DockAndStore;
beforeEach(async () => (dock = await DockAndStore.open({ cameras: 2, hasFastSigner: true })));
afterEach(() => dock.close());

test('a bay that is no more is shown no more, and the others stay', async () => {
  await dock.startStation();
  for (const camera of dock.cameras) camera.attach();
  await dock.until('both are read', () => [1, 2].every((bay) => dock.bay(bay)['state'] === 'done'));
  await dock.stopStation();
  (dock.cameras as MemoryCamera[]).pop();
  await dock.startStation();
  await dock.until('the bay is gone', () => dock.retained('bay/bay-2') === '');
  await dock.until('the other one is there', () => dock.bay(1)['state'] === 'done');
  const info = JSON.parse(dock.retained('info')) as { configuration: { bays: { bay: string }[] } };
  expect(info.configuration.bays.map(({ bay }) => bay)).toEqual(['bay-1']);
});
