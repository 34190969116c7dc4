// In the rig's guest: a whole station and a whole store with cards in USB readers, FAT in one bay and exFAT in the other, mounted by the helper as
// a process of its own. Pulled in each phase of a docking: while it is mounted, listed, read, and between an erasure and its confirmation. Wanted:
// each recording is on the card or in the store at each moment, nothing counts as erased that was not seen so, no mount is left, and the station
// empties the card when it is back. Ends with one line of figures.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { until } from '../fakes/until.ts';
import { cameraFiles, MIB } from './camera-files.ts';
import { blockDevices, DiskBench } from './disk-bench.ts';
import { filesOn, makeVolume, toMachine, type CardFiles } from './disk-images.ts';
import { Figures, note, seconds } from './figures.ts';
import { requireGoodClock } from './guest-clock.ts';
import { openMonitor, type Monitor } from './monitor.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';
import { devices, portOf, WORK_MS } from './usb-ports.ts';
import { watchedDriver, type Moment } from './watched-driver.ts';

const { env } = process;
const PULLED_AT_BYTES = 8 * MIB;
const CARDS = ['RIG-FAT', 'RIG-EXFAT'] as const;

const figures = new Figures();
const originals: CardFiles[] = [cameraFiles('F_ä', 10), cameraFiles('E_ä', 1)];
let images: string[] = [];
let ports: string[] = [];
let monitor: Monitor;
let bench: DiskBench;
let dock: DockAndStore;
/** When the first card is to be pulled; undefined once it was. */
let pullsAt: ((moment: Moment) => boolean) | undefined;

before(async () => {
  note('programs are loaded');
  await requireGoodClock(env['RIG_RUN'] ?? '');
  monitor = await openMonitor(env[TOOLS_VARIABLE] ?? '');
  images = [
    await toMachine(await makeVolume('fat32', 14, filesAt(0)), 'fat.img'),
    await toMachine(await makeVolume('exfat', 6, filesAt(1)), 'exfat.img'),
  ];
  note('cards are made');
  for (const at of [0, 1]) {
    await plug(at);
    const [port, otherPort] = await devices.portsOf(await portOf(cardAt(at)));
    assert.ok(port !== undefined && otherPort !== undefined, `one port alone: ${port}`);
    ports.push(at === 0 ? otherPort : port); // a bay may name either port of its socket
    await monitor.unplugDisk(cardAt(at));
  }
  bench = await DiskBench.open(ports);
  note(`helper runs, ports are ${ports.join(' and ')}`);
  dock = await DockAndStore.open({
    cameras: 2,
    usb: { devices, driver: watchedDriver(bench.driver, atMoment), ports },
    release: 'after-receipt',
    hasFastSigner: true,
  });
  await dock.startReceiver();
  await dock.startStation();
});

after(async () => {
  await dock?.close();
  await bench?.stop('SIGTERM');
  monitor?.close();
  figures.print();
});

void test('a card that is pulled while it is mounted is no docking, and leaves no mount', async () => {
  await plug(0);
  await until('its disk', WORK_MS, async () => (await blockDevices.below(ports[0] ?? '')).length > 0);
  await pull(0);
  await isGone(0, 'while it is mounted');
});

void test('a card that is pulled while it is listed is not taken for an empty one', async () => {
  await plugAndPullAt(({ kind }) => kind === 'listing');
  await isGone(0, 'while it is listed');
  assert.deepEqual(await vaultPaths(), []);
});

void test('a card that is pulled in the middle of a file keeps it', async () => {
  await plug(1);
  await plugAndPullAt((moment) => moment.kind === 'bytes' && moment.bytes >= PULLED_AT_BYTES);
  await isGone(0, 'in the middle of a file');
  assert.deepEqual(await filesOn(images[0] ?? ''), [...filesAt(0).keys()].sort());
});

void test('a card of exFAT is emptied meanwhile', async () => {
  await emptied(1);
  await pull(1);
  await isGone(1, 'when all is done');
  assert.deepEqual(await filesOn(images[1] ?? ''), []);
});

void test('what was erased when the card was pulled does not count as erased, and the rest is still there', async () => {
  const startedMs = performance.now();
  await plugAndPullAt(({ kind }) => kind === 'erased');
  figures.say(`FAT: from plug to first erasure in ${seconds(startedMs)} s`);
  await isGone(0, 'between erasure and listing');
  const left = await filesOn(images[0] ?? '');
  const kept = new Set((await dock.vault()).map(({ path }) => path));
  for (const path of filesAt(0).keys())
    assert.ok(left.includes(path) || kept.has(path), `${path} is somewhere`);
});

void test('the card that is back is emptied, and every file is in the store once and as it was', async () => {
  const startedMs = performance.now();
  await plug(0);
  await emptied(0);
  figures.say(`FAT: put back and emptied in ${seconds(startedMs)} s`);
  await pull(0);
  await isGone(0, 'when all is done');
  assert.deepEqual(await filesOn(images[0] ?? ''), []);
  const all = new Map([...filesAt(0), ...filesAt(1)]);
  const kept = await dock.vault();
  assert.deepEqual(kept.map(({ path }) => path).sort(), [...all.keys()].sort());
  for (const { path, original } of kept) assert.ok(original.equals(all.get(path) ?? Buffer.alloc(0)), path);
  figures.count('recordings receipted', kept.length);
});

void test('each docking has its record, and no record says erased of what was only asked for', async () => {
  const done = async (): Promise<boolean> => (await dock.dockings()).length >= 5;
  await dock.until('the records', done, WORK_MS);
  const records = await dock.dockings();
  assert.ok(records.every(({ camera }) => CARDS.some((serial) => serial === camera.serial)));
  const unread = records.filter(({ inventory }) => inventory === null);
  assert.ok(unread.length >= 1, 'the one that was pulled while it was listed has no inventory');
  const pulled = records.filter(({ inventory }) => inventory !== null && !inventory.complete);
  assert.deepEqual(pulled, [], 'no listing that was taken is incomplete');
});

async function atMoment(moment: Moment, port: string): Promise<void> {
  if (port !== ports[0] || pullsAt?.(moment) !== true) return;
  await pull(0);
  pullsAt = undefined;
}

async function plugAndPullAt(moment: (moment: Moment) => boolean): Promise<void> {
  pullsAt = moment;
  await plug(0);
  await dock.until('the moment to pull', () => pullsAt === undefined, WORK_MS);
}

function cardAt(at: number): string {
  return CARDS[at] ?? '';
}

function filesAt(at: number): CardFiles {
  return originals[at] ?? new Map();
}

async function plug(at: number): Promise<void> {
  await monitor.plugDisk(cardAt(at), images[at] ?? '', { port: `${at + 1}`, serial: cardAt(at) });
}

async function pull(at: number): Promise<void> {
  await monitor.unplugDisk(cardAt(at));
  figures.count('pulls');
}

async function isGone(at: number, when: string): Promise<void> {
  const startedMs = performance.now();
  await dock.until(`bay-${at + 1} is empty`, () => dock.bay(at + 1)['state'] === 'empty', WORK_MS);
  const isClear = async (): Promise<boolean> =>
    (await bench.mounts()).every(({ folder }) => !folder.endsWith(`/bay-${at + 1}`));
  await until('its mount is gone', WORK_MS, isClear, () => bench.said);
  figures.say(`pulled ${when}: no mount after ${seconds(startedMs)} s`);
  note(`pulled ${when}`);
}

async function emptied(at: number): Promise<void> {
  const isDone = ({ state, light, entries_erased: erased, entries }: Record<string, unknown>): boolean =>
    state === 'done' && light === 'safe-to-take' && erased === entries;
  await dock.until('safe to take, and empty', () => isDone(dock.bay(at + 1)), WORK_MS);
  note(`${cardAt(at)} is emptied`);
}

async function vaultPaths(): Promise<string[]> {
  return (await dock.vault()).map(({ path }) => path);
}
