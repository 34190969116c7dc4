// A power cut behind what left the spool and before the log says so: the next start makes up for the entry, and store and people hear what is so.
import { randomBytes } from 'node:crypto';
import { cpSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import type { CustodyEntry } from '../../protocol/custody/custody-entry.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { DockAndStore, STATION } from '../fakes/dock-and-store.ts';
import { filesWith } from '../fakes/files-with.ts';
import { sayRestored } from '../fakes/restored-store.ts';

let dock: DockAndStore;
afterEach(() => dock.close());

/** What the disk holds behind the sync of that folder is what the next start finds. */
class Cut {
  wanted: (folder: string) => boolean = () => false;
  freeBytes: number | undefined;
  isTaken = false;

  files(): Files {
    const files = nodeFiles();
    return filesWith(files, {
      freeBytes: async (path) => this.freeBytes ?? files.freeBytes(path),
      syncFolder: async (path) => {
        await files.syncFolder(path);
        if (this.isTaken || !this.wanted(path)) return;
        this.isTaken = true;
        this.freeBytes = undefined;
        cpSync(join(dock.folder, 'spool'), join(dock.folder, 'cut'), { recursive: true });
      },
    });
  }

  async comes(): Promise<void> {
    await rename(join(dock.folder, 'spool'), join(dock.folder, 'spool-after'));
    await rename(join(dock.folder, 'cut'), join(dock.folder, 'spool'));
  }
}

async function events(recording: string): Promise<CustodyEntry['event'][]> {
  const about = (await dock.custody()).filter(({ facts }) => Object.values(facts).includes(recording));
  return about.map(({ event }) => event);
}

async function ready(): Promise<string> {
  const [first = ''] = await readdir(join(dock.folder, 'spool', 'ready'));
  return first;
}

async function takeOut(): Promise<void> {
  dock.camera.detach();
  await dock.until('out', () => dock.bay()['state'] === 'empty');
}

test('a recording in the quarantine of which the log does not say so is entered, and not called lost', async () => {
  const cut = new Cut();
  dock = await DockAndStore.open({ hasFastSigner: true, stationFiles: cut.files() });
  dock.camera.put('DCIM/A.MP4', randomBytes(900));
  await dock.startStation();
  await dock.until('spooled', () => dock.bay()['entries_spooled'] === 1);
  await takeOut();
  const recording = await ready();
  const path = join(dock.folder, 'spool', 'ready', recording, 'payload.age');
  const bytes = await readFile(path);
  await writeFile(path, bytes.with(bytes.length - 5, (bytes[bytes.length - 5] ?? 0) ^ 1));
  cut.wanted = (folder) => folder.endsWith('/quarantine');
  await dock.startReceiver();
  await dock.until('quarantined', () => cut.isTaken);
  await dock.stopStation();
  await cut.comes();
  expect(await events(recording)).not.toContain('quarantined');
  await dock.startStation();
  await dock.until('its entry', async () => (await events(recording)).includes('quarantined'), 30_000);
  expect(dock.conditions.codes()).toContain('spool.quarantine');
  expect(dock.conditions.codes()).not.toContain('spool.recordings-lost');
  expect(await events(recording)).not.toContain('difference-found');
});

test.each([
  ['it is restored while the entry is missing', false],
  ['it is restored once the entry is made up for', true],
])('a store that lost what the station let go says that it is lost: %s', async (_what, isMadeUpFirst) => {
  const cut = new Cut();
  dock = await DockAndStore.open({ hasFastSigner: true, stationFiles: cut.files() });
  const { camera } = dock;
  camera.put('DCIM/A.MP4', randomBytes(900));
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => camera.files().length === 0);
  const recording = await ready();
  await dock.until('logged', async () => (await events(recording)).includes('erased'));
  cut.wanted = (folder) => folder.endsWith(`/released/${recording}`);
  cut.freeBytes = 0;
  camera.put('DCIM/B.MP4', randomBytes(900)); // there is no room: the copy of the first one goes
  await dock.until('reclaimed', () => cut.isTaken);
  await takeOut();
  await dock.stopStation();
  await dock.stopReceiver();
  await cut.comes();
  expect(await events(recording)).not.toContain('spool-reclaimed');
  await rm(join(dock.folder, 'vault', STATION), { recursive: true }); // restored to before that station came
  await sayRestored(join(dock.folder, 'vault'), dock.storeKey);
  const isMadeUp = async (): Promise<boolean> => (await events(recording)).includes('spool-reclaimed');
  await dock.startStation();
  if (isMadeUpFirst) await dock.until('its entry', isMadeUp, 30_000);
  await dock.startReceiver();
  const isTold = (): boolean => dock.conditions.isRaised('store.recordings-lost');
  await dock.until('that it is lost', isTold, 30_000);
  await dock.until('its entry', isMadeUp, 30_000);
  expect((await events(recording)).filter((event) => event === 'spool-reclaimed')).toHaveLength(1);
});
