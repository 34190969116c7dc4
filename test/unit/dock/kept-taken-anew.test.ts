// A file that stays on its camera although it has its receipt, and whose recording leaves the spool: the camera holds the only bytes then.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SkippingClock } from '../../fakes/clock-skipping.ts';
import { DockAndStore } from '../../fakes/dock-and-store.ts';
import { sayRestored } from '../../fakes/restored-store.ts';
import { backUp } from '../station/put-back-vault.ts';

let dock: DockAndStore;
let clock: SkippingClock;
beforeEach(async () => {
  clock = new SkippingClock(20);
  dock = await DockAndStore.open({ release: 'never', clock });
});
afterEach(() => dock.close());

const ready = (...names: string[]): string => join(dock.folder, 'spool', 'ready', ...names);

/** The file has its receipt and stays, as the policy says; gives its recording. */
async function deliver(): Promise<string> {
  dock.camera.put('a.mp4', Buffer.from('the only film'));
  await dock.until(
    'delivered',
    () => dock.bay()['entries_receipted'] === 1 && dock.bay()['state'] === 'done',
  );
  const [recording] = await readdir(ready());
  if (recording === undefined) throw new Error('nothing in the spool');
  await dock.stopReceiver();
  return recording;
}

async function expectTakenAnew(instead: string): Promise<void> {
  await dock.until('taken anew and in the vault', async () => (await dock.vault()).length === 1, 10_000);
  const [kept] = await dock.vault();
  expect(kept?.original.toString()).toBe('the only film');
  expect(kept?.manifest.supersedes).toEqual([instead]);
  await dock.until('safe', () => dock.bay()['light'] === 'safe-to-take' && dock.bay()['state'] === 'done');
}

test('is taken anew where the store lost it and only documents are left here', async () => {
  const putBack = await backUp(dock);
  const recording = await deliver();
  clock.skippedMs = 49 * 3_600_000;
  await dock.until('the copy is gone', async () => (await readdir(ready())).length === 0);
  await putBack();
  await sayRestored(join(dock.folder, 'vault'), dock.storeKey);
  await dock.startReceiver();
  await dock.until('statement followed', async () =>
    (await dock.custody()).some(({ event }) => event === 'store-restored'),
  );
  await expectTakenAnew(recording);
});

test('is taken anew where the store lost it and the copy here is damaged', async () => {
  const putBack = await backUp(dock);
  const recording = await deliver();
  const path = ready(recording, 'payload.age');
  const bytes = await readFile(path);
  await writeFile(path, bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1));
  await putBack();
  await sayRestored(join(dock.folder, 'vault'), dock.storeKey);
  await dock.startReceiver();
  await dock.until('quarantined', () => dock.conditions.isRaised('spool.quarantine'));
  await expectTakenAnew(recording);
});
