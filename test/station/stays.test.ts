// What people call a docking is a stay of a camera: it goes on over whatever the station does meanwhile, and ends when the camera leaves.
import { randomBytes } from 'node:crypto';
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { stayOf, type DockingRecord } from '../../protocol/documents/docking-record.ts';
import { DockAndStore, type DockOptions } from '../fakes/dock-and-store.ts';

let dock: DockAndStore;
afterEach(() => dock.close());

const clip = randomBytes(40_000);

async function begin(options: DockOptions = {}): Promise<void> {
  dock = await DockAndStore.open({ release: 'never', ...options });
  dock.camera.put('a.mp4', clip);
  await dock.startReceiver();
  await dock.startStation();
  await untilDone();
}

/** What is retained may be of the run before: the log tells which docking it is. */
async function untilDone(dockings = 1): Promise<void> {
  const listed = async (): Promise<number> =>
    (await dock.custody()).filter(({ event }) => event === 'inventory').length;
  await dock.until(`${dockings} dockings`, async () => (await listed()) === dockings);
  await dock.until('done', () => dock.bay()['state'] === 'done');
}

async function restart(dockings: number): Promise<void> {
  await dock.stopStation();
  await dock.startStation();
  await untilDone(dockings);
}

/** Records in the order of their beginnings. */
async function records(count: number): Promise<DockingRecord[]> {
  await dock.until(`${count} records`, async () => (await dock.dockings()).length === count);
  return (await dock.dockings()).sort((a, b) => (a.docked_at < b.docked_at ? -1 : 1));
}

/** By their stays: 0 is the first one, as in [0, 0, 1]. */
function staysOf(all: readonly DockingRecord[]): number[] {
  const names = [...new Set(all.map((record) => stayOf(record).stay))];
  return all.map((record) => names.indexOf(stayOf(record).stay));
}

async function takeOut(): Promise<void> {
  dock.camera.detach();
  await dock.until('empty', () => dock.bay()['state'] === 'empty');
}

test('a camera that stays over starts has one stay, and its bay says since when it is there', async () => {
  await begin();
  const since = dock.bay()['docked_at'];
  await restart(2);
  expect(dock.bay()['docked_at']).toBe(since);
  await restart(3);
  expect(dock.bay()['docked_at']).toBe(since);
  await takeOut();
  expect(dock.bay()['docked_at']).toBeNull();
  const all = await records(3);
  expect(all.map(({ ended }) => ended)).toEqual(['stopped', 'stopped', 'unplugged']);
  expect(staysOf(all)).toEqual([0, 0, 0]);
  expect(all.map((record) => stayOf(record).dockedAt)).toEqual([since, since, since]);
  dock.camera.attach();
  await untilDone(4);
  expect(dock.bay()['docked_at']).not.toBe(since);
  await takeOut();
  expect(staysOf(await records(4))).toEqual([0, 0, 0, 1]);
});

test('a camera that left while the station was down and is back in another bay begins a new stay', async () => {
  dock = await DockAndStore.open({
    cameras: 2,
    release: 'never',
    register: { cameras: [], unknown: 'accept' },
    identities: [1, 2].map(() => ({ vendor: null, model: 'BC-2', serial: 'SERIAL-1', firmware: null })),
  });
  const [first, second] = dock.cameras;
  second?.detach();
  await dock.startReceiver();
  await dock.startStation();
  await untilDone();
  await dock.stopStation();
  first?.detach();
  second?.attach();
  await dock.startStation();
  await dock.until('done in the other bay', () => dock.bay(2)['state'] === 'done');
  await dock.stopStation();
  expect(staysOf(await records(2))).toEqual([0, 1]);
});

test('a spool with a docking that 0.1.0 left open is taken over: its record, and the stay that goes on', async () => {
  dock = await DockAndStore.open({ release: 'never' });
  dock.camera.put('a.mp4', clip);
  await dock.startStation();
  await dock.until('all is here', () => dock.bay()['entries_spooled'] === 1);
  await dock.until('the log tells of it', async () =>
    (await dock.custody()).some(({ event }) => event === 'spooled'),
  );
  const since = dock.bay()['docked_at'];
  const [spool, image] = ['spool', 'image'].map((name) => join(dock.folder, name)) as [string, string];
  await cp(spool, image, { recursive: true });
  await dock.stopStation();
  await rm(spool, { recursive: true });
  await rename(image, spool);
  const [journal = ''] = (await readdir(join(spool, 'docked'))).filter((name) => name.endsWith('.opening'));
  const file = join(spool, 'docked', journal);
  await writeFile(file, ofVersion1(await readFile(file, 'utf8')));
  await dock.startReceiver();
  await dock.startStation();
  await untilDone(2);
  expect(dock.bay()['docked_at']).toBe(since);
  await takeOut();
  const [cut, next] = await records(2);
  const { docking } = cut ?? { docking: '' };
  expect(cut).toMatchObject({
    version: 2,
    ended: 'cut-off',
    stay: docking,
    stay_docked_at: since,
    plug: null,
  });
  expect(next).toMatchObject({ version: 2, ended: 'unplugged', stay: docking, stay_docked_at: since });
  expect(dock.log.lines.filter(({ message }) => message.includes('quarantine'))).toEqual([]);
});

/** The journal's opening without what 0.1.0 did not know. */
function ofVersion1(text: string): string {
  const [header = '', opening = ''] = text.split('\n');
  const { stay, stay_docked_at, plug, ...old } = JSON.parse(opening.slice('opening '.length)) as Record<
    string,
    unknown
  >;
  expect({ stay, stay_docked_at, plug }).not.toMatchObject({ stay: undefined });
  const body = `${header}\nopening ${JSON.stringify(old)}\n`;
  return `${body}{"entries":1,"sha256":"${sha256Hex(Buffer.from(body))}"}\n`;
}
