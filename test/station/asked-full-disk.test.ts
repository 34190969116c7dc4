// A store that was put back asks for what it lost while the disk of the station is full: the copy that it asks for must not go to make room.
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { DockAndStore, STATION } from '../fakes/dock-and-store.ts';

/** A disk without room for recordings, and (`takesMarks` false) for what the store asks for again. */
class FullDisk {
  isFull = false;
  takesMarks = true;
  refused = 0;
  readonly files: Files;

  constructor() {
    const real = nodeFiles();
    const refuses = (path: string): boolean => !this.takesMarks && path.includes('/asked');
    this.files = {
      makeFolder: (path) => (refuses(path) ? this.#refuse() : real.makeFolder(path)),
      create: (path) => (refuses(path) ? this.#refuse() : real.create(path)),
      open: (path, mode) => real.open(path, mode),
      rename: (from, to) => real.rename(from, to),
      unlink: (path) => real.unlink(path),
      removeTree: (path) => real.removeTree(path),
      syncFolder: (path) => real.syncFolder(path),
      list: (path) => real.list(path),
      stat: (path) => real.stat(path),
      readAll: (path, bytesMax) => real.readAll(path, bytesMax),
      freeBytes: async (path) => (this.isFull ? 0 : real.freeBytes(path)),
    };
  }

  #refuse(): Promise<never> {
    this.refused++;
    return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }));
  }
}

let dock: DockAndStore;
afterEach(() => dock.close());

const ready = (): Promise<string[]> => readdir(join(dock.folder, 'spool', 'ready'));
const eventsOf = async (recording: string): Promise<string[]> =>
  (await dock.custody()).filter(({ facts }) => facts['recording'] === recording).map(({ event }) => event);
async function storeLog(): Promise<string> {
  const folder = join(dock.folder, 'vault', STATION, 'custody');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('');
}
const inVault = async (recording: string): Promise<boolean> =>
  [...(await dock.receipted()).values()].some((manifest) => manifest.recording === recording);

test('a copy that the store asks for again stays although the disk takes no mark, and is delivered once it takes one', async () => {
  const disk = new FullDisk();
  dock = await DockAndStore.open({ hasFastSigner: true, stationFiles: disk.files });
  const { camera } = dock;
  camera.put('DCIM/A.MP4', randomBytes(900));
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => camera.files().length === 0);
  const [first = ''] = await ready();
  await dock.until('logged', async () => (await eventsOf(first)).includes('erased'));
  await dock.until('kept by the store', async () => (await storeLog()).includes('"event":"erased"'));
  await dock.stopReceiver();
  await rm(join(dock.folder, 'vault', STATION), { recursive: true }); // put back to before that station came
  [disk.isFull, disk.takesMarks] = [true, false];
  await dock.startReceiver();
  await dock.until('asked for', () => disk.refused > 1);
  camera.detach();
  await dock.until('out', () => dock.bay()['state'] === 'empty');
  camera.put('DCIM/B.MP4', randomBytes(900)); // wants room
  camera.attach();
  await dock.until('full', () => dock.conditions.isRaised('spool.full'));
  await dock.until('tried again', () => disk.refused > 3);
  expect(await ready()).toEqual([first]);
  expect(dock.conditions.isRaised('store.put-back')).toBe(true);
  expect(await eventsOf(first)).not.toContain('spool-reclaimed');
  disk.takesMarks = true;
  await dock.until('delivered again', () => inVault(first));
  expect(await eventsOf(first)).toContain('asked-again');
  disk.isFull = false;
  await dock.until('taken', () => camera.files().length === 0);
});
