// A station that was started with another key than the one that signed what waits in its spool: a backup that was put back, a key that somebody made
// anew. Nothing of that is damaged: it waits, a condition says which key is missing, and once that is back everything is delivered.
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { keyIdHex, makeSecretKey } from '../../protocol/documents/minisign.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { pause } from '../fakes/until.ts';

let dock: DockAndStore;
afterEach(() => dock.close());

const inSpool = (name: string): Promise<string[]> => readdir(join(dock.folder, 'spool', name));

test('what a key signed that is none of the station’s stands for no file on a camera: that is taken anew and delivered', async () => {
  dock = await DockAndStore.open({ hasFastSigner: true });
  const { camera, conditions } = dock;
  const key = dock.stationKey;
  dock.stationKey = makeSecretKey(nodeRandom());
  camera.put('DCIM/V1.MP4', randomBytes(600));
  await dock.startStation();
  await dock.until('spooled', () => dock.bay()['entries_spooled'] === 1);
  await dock.stopStation();
  const [byOther] = await inSpool('ready');

  dock.stationKey = key;
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => camera.files().length === 0);
  expect((await dock.vault()).map(({ path }) => path)).toEqual(['DCIM/V1.MP4']);
  expect([await inSpool('ready'), await inSpool('quarantine')]).toEqual([
    expect.arrayContaining([byOther]),
    [],
  ]);
  expect(conditions.isRaised('spool.other-key')).toBe(true);
});

test('what a key signed that is none of the station’s waits until that key is back', async () => {
  dock = await DockAndStore.open({ hasFastSigner: true });
  const { camera, conditions } = dock;
  camera.put('DCIM/V1.MP4', randomBytes(600));
  camera.put('DCIM/V2.MP4', randomBytes(700));
  await dock.startStation();
  await dock.until('spooled', () => dock.bay()['entries_spooled'] === 2);
  camera.detach();
  await dock.until('taken out', () => dock.bay()['state'] === 'empty');
  await dock.stopStation();
  const [recordings, records] = [await inSpool('ready'), await inSpool('dockings')];
  expect([recordings.length, records.length]).toEqual([2, 1]);

  const key = dock.stationKey;
  await dock.startReceiver();
  dock.stationKey = makeSecretKey(nodeRandom());
  await dock.startStation();
  await dock.until(
    'told',
    () => conditions.isRaised('spool.other-key') || conditions.isRaised('spool.quarantine'),
  );
  await pause(500);
  expect(conditions.facts('spool.other-key')).toMatchObject({ key: keyIdHex(key.keyId) });
  expect(await inSpool('quarantine')).toEqual([]);
  expect(await inSpool('ready')).toEqual(recordings);
  expect(await inSpool('dockings')).toEqual(expect.arrayContaining(records));
  await dock.stopStation();

  dock.stationKey = key;
  await dock.startStation();
  await dock.until('delivered', async () => (await dock.vault()).length === 2);
  expect(conditions.isRaised('spool.other-key')).toBe(false);
});
