// A second store signs with the store's own key (a test machine, a copy): its receipts count for nothing until a person lists it in place of the first.
import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { DockAndStore } from '../fakes/dock-and-store.ts';

let dock: DockAndStore;
afterEach(() => dock.close());

const files = (): number => dock.camera.files().length;
const entered = async (event: string): Promise<unknown[]> =>
  (await dock.custody()).filter((entry) => entry.event === event);

/** A station that pinned the vault of one recording, and a store that stopped. */
async function firstVault(): Promise<void> {
  dock = await DockAndStore.open({ hasFastSigner: true });
  dock.camera.put('DCIM/A.MP4', randomBytes(900));
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => files() === 0);
  await dock.stopReceiver();
}

test('what another vault gives receipts for stays on its camera, and goes to the vault of before', async () => {
  await firstVault();
  await dock.startReceiver('r-a', { vault: 'other', key: dock.storeKey });
  dock.camera.put('DCIM/B.MP4', randomBytes(900));
  await dock.until('refused', () => dock.conditions.codes().includes('receipt.refused'), 60_000);
  expect(files()).toBe(1);
  await dock.stopStation();
  await dock.startStation(); // the pinned vault outlives a start
  await dock.until('refused', () => dock.conditions.codes().includes('receipt.refused'), 60_000);
  expect(files()).toBe(1);
  const refused = (await entered('receipt-refused')) as { facts: { reason: string } }[];
  expect(new Set(refused.map(({ facts }) => facts.reason))).toEqual(new Set(['receipt.other-store']));
  await dock.stopReceiver();
  await dock.startReceiver();
  await dock.until('receipted', async () => (await dock.receipted()).size === 2, 60_000);
  await dock.until('not refused', () => !dock.conditions.codes().includes('receipt.refused'), 60_000);
  expect(files()).toBe(1); // the other one showed less of the log, so that the store counts as behind until it says that it was restored
});

test('a vault that is replaced on purpose counts once its receiver, of an id of its own, is listed in place of the one before', async () => {
  await firstVault();
  await dock.stopStation();
  dock.camera.put('DCIM/B.MP4', randomBytes(900));
  await dock.startReceiver('r-new', { vault: 'other', key: dock.storeKey });
  dock.listed = ['r-new'];
  await dock.startStation();
  await dock.until('erased', () => files() === 0);
  expect(dock.conditions.codes()).toEqual([]);
  expect(await entered('receipt-refused')).toEqual([]);
});
