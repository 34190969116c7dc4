// In the rig's guest: a whole station and a whole store with cards in USB readers, FAT in one bay and exFAT in the other, mounted by the helper as
// a process of its own. Pulled in each phase of a docking: while it is mounted, listed, read, and between an erasure and its confirmation. Wanted:
// each recording is on the card or in the store at each moment, nothing counts as erased that was not seen so, no mount is left, and the station
// empties the card when it is back. Ends with one line of figures.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { CameraSession, Driver, Piece } from '../../drivers/driver.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { until } from '../fakes/until.ts';
import { blockDevices, devices, DiskBench, portOf, WORK_MS } from './disk-bench.ts';
import { filesOn, makeVolume, toMachine, type CardFiles } from './disk-images.ts';
import { requireGoodClock } from './guest-clock.ts';
import { openMonitor, type Monitor } from './monitor.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';

const { env } = process;
const MIB = 1024 * 1024;
/** Of the big file on each card. */
const BIG_MIB = [10, 1];
const PULLED_AT_BYTES = 8 * MIB;
const CARDS = ['RIG-FAT', 'RIG-EXFAT'] as const;

const figures: string[] = [];
const originals: CardFiles[] = [filesOf('F', 0), filesOf('E', 1)];
let images: string[] = [];
let ports: string[] = [];
let monitor: Monitor;
let bench: DiskBench;
let dock: DockAndStore;
/** Called behind an erasure that the driver says is done, before anybody hears of it. */
let onErased: (() => Promise<void>) | undefined;
/** Called when 8 MiB of a file were read. */
let atBytes: (() => Promise<void>) | undefined;
/** Called when a listing begins. */
let onListing: (() => Promise<void>) | undefined;

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
    ports.push(await portOf(cardAt(at)));
    await monitor.unplugDisk(cardAt(at));
  }
  bench = await DiskBench.open(ports);
  note(`helper runs, ports are ${ports.join(' and ')}`);
  dock = await DockAndStore.open({
    cameras: 2,
    usb: { devices, driver: watched(bench.driver), ports },
    release: 'after-receipt',
  });
  await dock.startReceiver();
  await dock.startStation();
});

after(async () => {
  await dock?.close();
  await bench?.stop('SIGTERM');
  monitor?.close();
  process.stdout.write(`figures: ${figures.join('; ')}\n`);
});

void test('a card that is pulled while it is mounted is no docking, and leaves no mount', async () => {
  await plug(0);
  await until('its disk', WORK_MS, async () => (await blockDevices.below(ports[0] ?? '')).length > 0);
  await monitor.unplugDisk(cardAt(0));
  await isGone(0, 'while it is mounted');
});

void test('a card that is pulled while it is listed is not taken for an empty one', async () => {
  onListing = pullOnce(0);
  await plug(0);
  await until('the listing', WORK_MS, () => onListing === undefined);
  await isGone(0, 'while it is listed');
  assert.deepEqual(await vaultPaths(), []);
});

void test('a card that is pulled in the middle of a file keeps it', async () => {
  atBytes = async () => {
    atBytes = undefined;
    await monitor.unplugDisk(cardAt(0));
  };
  await plug(0);
  await plug(1);
  await until('the 8 MiB', WORK_MS, () => atBytes === undefined);
  await isGone(0, 'in the middle of a file');
  assert.deepEqual(await filesOn(images[0] ?? ''), [...filesAt(0).keys()].sort());
});

void test('a card of exFAT is emptied meanwhile', async () => {
  await emptied(1);
  await monitor.unplugDisk(cardAt(1));
  await isGone(1, 'when all is done');
  assert.deepEqual(await filesOn(images[1] ?? ''), []);
});

void test('what was erased when the card was pulled does not count as erased, and the rest is still there', async () => {
  let erased = 0;
  onErased = async () => {
    erased++;
    onErased = undefined;
    await monitor.unplugDisk(cardAt(0));
  };
  const startedMs = performance.now();
  await plug(0);
  await dock.until('an erasure', () => erased > 0, WORK_MS);
  figures.push(`FAT: ${BIG_MIB[0]} MiB from plug to first erasure in ${seconds(startedMs)} s`);
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
  figures.push(`FAT: put back and emptied in ${seconds(startedMs)} s`);
  await monitor.unplugDisk(cardAt(0));
  await isGone(0, 'when all is done');
  assert.deepEqual(await filesOn(images[0] ?? ''), []);
  const all = new Map([...filesAt(0), ...filesAt(1)]);
  const kept = await dock.vault();
  assert.deepEqual(kept.map(({ path }) => path).sort(), [...all.keys()].sort());
  for (const { path, original } of kept) assert.ok(original.equals(all.get(path) ?? Buffer.alloc(0)), path);
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

/** The driver with a look at what it does. */
function watched(driver: Driver): Driver {
  const open: Driver['open'] = async (place, signal) => watchedSession(await driver.open(place, signal));
  return { ...driver, open };
}

function watchedSession(session: CameraSession): CameraSession {
  return {
    identity: (signal) => session.identity(signal),
    readClock: (signal) => session.readClock(signal),
    setClock: (to, signal) => session.setClock(to, signal),
    condition: (signal) => session.condition(signal),
    inventory: async (signal) => {
      const listing = session.inventory(signal);
      listing.catch(() => undefined); // awaited below
      await onListing?.();
      return listing;
    },
    read: (...words) => counted(session.read(...words)),
    erase: async (...words) => {
      const outcome = await session.erase(...words);
      if (outcome === 'done') await onErased?.();
      return outcome;
    },
    close: () => session.close(),
  };
}

/** Hands the pieces on, and tells when 8 MiB of one file have come. */
async function* counted(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.kind === 'bytes' ? piece.bytes.length : piece.sizeBytes;
    if (bytes >= PULLED_AT_BYTES) await atBytes?.();
    yield piece;
  }
}

function pullOnce(at: number): () => Promise<void> {
  return async () => {
    onListing = undefined;
    await monitor.unplugDisk(cardAt(at));
  };
}

function cardAt(at: number): string {
  return CARDS[at] ?? '';
}

function filesAt(at: number): CardFiles {
  return originals[at] ?? new Map();
}

function filesOf(letter: string, at: number): CardFiles {
  const piece = randomBytes(MIB);
  const big = Buffer.concat(
    Array.from({ length: BIG_MIB[at] ?? 0 }, (_, number) => {
      const next = Buffer.from(piece); // random bytes are slow to make in the guest
      next.writeUInt32LE(number);
      return next;
    }),
  );
  return new Map([
    [`DCIM/100MEDIA/${letter}_1.MP4`, big],
    [`DCIM/100MEDIA/${letter}_ä2.MP4`, randomBytes(1000)],
    [`DCIM/${letter}_3.LOG`, Buffer.alloc(0)],
  ]);
}

async function plug(at: number): Promise<void> {
  await monitor.plugDisk(cardAt(at), images[at] ?? '', { port: `${at + 1}`, serial: cardAt(at) });
}

async function isGone(at: number, when: string): Promise<void> {
  const startedMs = performance.now();
  await dock.until(`bay-${at + 1} is empty`, () => dock.bay(at + 1)['state'] === 'empty', WORK_MS);
  const isClear = async (): Promise<boolean> =>
    (await bench.mounts()).every(({ folder }) => !folder.endsWith(`/bay-${at + 1}`));
  await until('its mount is gone', WORK_MS, isClear, () => bench.said);
  figures.push(`pulled ${when}: no mount after ${seconds(startedMs)} s`);
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

function note(what: string): void {
  process.stderr.write(`rig ${(performance.now() / 1000).toFixed(0)} s: ${what}\n`);
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1);
}
