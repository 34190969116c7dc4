// A camera that stays in its bay is listed anew behind each day: what it proves by then is signed, and its stay goes on.
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { parseDockingRecord, stayOf, type DockingRecord } from '../../protocol/documents/docking-record.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import type { Files } from '../../protocol/format/ports.ts';
import type { CameraSession, Driver, Piece } from '../../drivers/driver.ts';
import { BelievingClock } from '../fakes/clock-believing.ts';
import { DockAndStore, type DockOptions } from '../fakes/dock-and-store.ts';
import { misbehavingDriver, type Misdeeds } from '../fakes/misbehaving-camera.ts';

const HOUR_MS = 3_600_000;
/** The station's zone is east of UTC: its Wednesday ends at 23:00 UTC. */
const ZONE_MS = HOUR_MS;
const END_OF_DAY_MS = Date.UTC(2026, 10, 25, 23);
const clip = randomBytes(700_000);

let dock: DockAndStore;
/** Called before each listing of a camera. */
let beforeListing: () => void;
/** Calls of sessions by name. */
let calls: Map<string, number>;
afterEach(() => dock.close());

const clockAt = (beforeEndMs: number, pace = 20): BelievingClock =>
  new BelievingClock({ pace, startMs: END_OF_DAY_MS - beforeEndMs });

async function open(clock: BelievingClock, options: DockOptions = {}): Promise<void> {
  calls = new Map();
  beforeListing = () => undefined;
  const { wrapDriver = (driver: Driver) => driver, ...more } = options;
  dock = await DockAndStore.open({
    release: 'never',
    clock,
    localMs: (utcMs) => utcMs + ZONE_MS,
    wrapDriver: (driver) => countingDriver(wrapDriver(driver)),
    ...more,
  });
}

function countingDriver(driver: Driver): Driver {
  return {
    name: driver.name,
    probe: (place, signal) => driver.probe(place, signal),
    open: async (place, signal) => counting(await driver.open(place, signal)),
  };
}

function counting(session: CameraSession): CameraSession {
  count('open');
  return new Proxy(session, {
    get: (target, name: keyof CameraSession) => {
      const value: unknown = target[name];
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        count(name);
        if (name === 'inventory') beforeListing();
        return Reflect.apply(value, target, args) as Promise<unknown> | AsyncIterable<Piece>;
      };
    },
  });
}

function count(name: string): void {
  calls.set(name, (calls.get(name) ?? 0) + 1);
}

/** Events of the log, as often as they are in it. */
async function logged(event: string): Promise<number> {
  return (await dock.custody()).filter((entry) => entry.event === event).length;
}

async function untilListed(dockings: number): Promise<void> {
  await dock.until(`${dockings} dockings`, async () => (await logged('docking-recorded')) === dockings - 1);
  await dock.until('listed', async () => (await logged('inventory')) >= dockings);
  await dock.until('done', () => dock.bay()['state'] === 'done');
}

async function records(count: number): Promise<DockingRecord[]> {
  await dock.until(`${count} records`, async () => (await dock.dockings()).length === count);
  return (await dock.dockings()).sort((a, b) => (a.docked_at < b.docked_at ? -1 : 1));
}

test('each day ends with a whole listing of a docking of its own, over one session, and nothing is read twice', async () => {
  const clock = clockAt(120_000);
  await open(clock);
  dock.camera.put('a.mp4', clip);
  await dock.startReceiver();
  await dock.startStation();
  await untilListed(1);
  const since = dock.bay()['docked_at'];
  await untilListed(2);
  let ahead = 0;
  clock.aheadMs = () => ahead;
  ahead = 24 * HOUR_MS;
  await untilListed(3);
  expect(calls.get('open')).toBe(1);
  expect(calls.get('read')).toBe(1);
  await dock.stopStation();
  await dock.startStation();
  await untilListed(4);
  ahead = 48 * HOUR_MS;
  await untilListed(5);
  expect(dock.bay()).toMatchObject({
    docked_at: since,
    light: 'safe-to-take',
    entries: 1,
    entries_receipted: 1,
  });
  dock.camera.put('b.mp4', clip.subarray(1));
  await dock.until('the new one', () => dock.bay()['entries_receipted'] === 2);
  dock.camera.detach();
  const all = await records(5);
  expect(all.map(({ ended }) => ended)).toEqual([
    'continued',
    'continued',
    'stopped',
    'continued',
    'unplugged',
  ]);
  expect(new Set(all.map((record) => stayOf(record).stay))).toEqual(new Set([all[0]?.docking]));
  expect(all.map((record) => stayOf(record).dockedAt)).toEqual(all.map(() => since));
  for (const [at, record] of all.entries()) {
    expect(record.inventory).toMatchObject({ complete: true, entries: 1 });
    const [entry] = record.entries;
    expect(entry?.fate).toBe(at === 0 ? 'stored' : 'matched');
  }
  const listedAt = all.map(({ inventory }) => Date.parse(inventory?.taken_at ?? ''));
  expect(listedAt[1]).toBeGreaterThanOrEqual(END_OF_DAY_MS);
  expect(listedAt[1]).toBeLessThan(END_OF_DAY_MS + 120_000);
  expect(listedAt[2]).toBeGreaterThanOrEqual(END_OF_DAY_MS + 24 * HOUR_MS);
  expect((await dock.vault()).map(({ path }) => path)).toEqual(['a.mp4', 'b.mp4']);
});

test('a file that waits for its receipt over midnight is erased without being read again', async () => {
  await open(clockAt(60_000), { release: 'after-receipt' });
  dock.camera.put('a.mp4', clip);
  await dock.startStation();
  await dock.until('here', () => dock.bay()['entries_spooled'] === 1);
  await dock.until('the next day', async () => (await logged('docked')) === 2);
  await dock.until('matched', async () => (await logged('matched')) === 1);
  await dock.startReceiver();
  await dock.until('erased', () => dock.camera.files().length === 0);
  expect(calls.get('read')).toBe(1);
  dock.camera.detach();
  const [first, second] = await records(2);
  expect(first?.entries).toMatchObject([{ fate: 'stored', erased: false }]);
  expect(second?.entries).toMatchObject([{ fate: 'matched', erased: true }]);
});

test('a file that changes over midnight is read again, and one that vanishes is told', async () => {
  const clock = clockAt(60_000);
  await open(clock, { release: 'after-receipt' });
  dock.camera.put('a.mp4', clip);
  dock.camera.put('b.mp4', clip.subarray(1));
  beforeListing = () => {
    if (clock.wallMs() < END_OF_DAY_MS) return;
    beforeListing = () => undefined;
    dock.camera.put('a.mp4', clip.subarray(2));
    dock.camera.remove('b.mp4');
  };
  await dock.startStation();
  await dock.until('here', () => dock.bay()['entries_spooled'] === 2);
  await dock.until('the changed one', async () => (await logged('spooled')) === 3);
  expect(await logged('docked')).toBe(2);
  expect(dock.conditions.isRaised('camera.vanished', 'cam-1')).toBe(true);
  expect(dock.conditions.facts('camera.vanished', 'cam-1')).toMatchObject({ entries: 1, entries_here: 1 });
});

test('the day waits for a pull that is under way: it is read once, and stored in the docking in which it began', async () => {
  const clock = clockAt(60_000);
  const misdeeds: Misdeeds = { pieceMs: 50_000 };
  await open(clock, { wrapDriver: (driver) => misbehavingDriver(driver, misdeeds, clock) });
  dock.camera.put('a.mp4', randomBytes(4_000_000));
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('pulling', () => dock.bay()['state'] === 'pulling');
  await dock.until('behind midnight', () => clock.wallMs() > END_OF_DAY_MS);
  expect(await logged('pulled')).toBe(0);
  expect(await logged('docked')).toBe(1);
  await untilListed(2);
  expect(calls.get('read')).toBe(1);
  dock.camera.detach();
  const [first, second] = await records(2);
  expect(first).toMatchObject({ ended: 'continued', entries: [{ fate: 'stored' }] });
  expect(Date.parse(first?.ended_at ?? '')).toBeGreaterThan(END_OF_DAY_MS);
  expect(second).toMatchObject({ entries: [{ fate: 'matched' }] });
});

test('a process that ends anywhere in a daily listing leaves one chain of one stay, and a record of each docking', async () => {
  const clock = clockAt(30_000);
  const images: string[] = [];
  let isOn = false;
  const files = snapshotting(() => {
    const image = join(dock.folder, `image-${images.length}`);
    if (!isOn || clock.wallMs() < END_OF_DAY_MS) return;
    cpSync(join(dock.folder, 'spool'), image, { recursive: true });
    images.push(image);
  });
  await open(clock, { stationFiles: files });
  dock.camera.put('a.mp4', clip);
  await dock.startStation();
  await dock.until('here', () => dock.bay()['entries_spooled'] === 1);
  isOn = true;
  await dock.until('the next day', async () => (await logged('matched')) === 1);
  isOn = false;
  await dock.stopStation();
  expect(images.length).toBeGreaterThan(10);
  const ends = new Set<string>();
  for (const image of images.filter((_, at) => at % 3 === 0)) {
    await rm(join(dock.folder, 'spool'), { recursive: true });
    await rename(image, join(dock.folder, 'spool'));
    await dock.startStation();
    await dock.until('docked again', () => dock.bay()['entries_spooled'] === 1);
    await dock.stopStation();
    const chain = spooledChain();
    const docked = (await dock.custody()).filter(({ event }) => event === 'docked');
    const recorded = chain.map(({ docking }) => docking);
    for (const { facts } of docked) expect(recorded).toContain(facts['docking']);
    expect(new Set(chain.map((record) => stayOf(record).stay))).toEqual(new Set([chain[0]?.docking]));
    ends.add(chain.map(({ ended }) => ended).join(' '));
  }
  expect(ends).toContain('continued cut-off stopped');
  expect([...ends].some((each) => each.startsWith('cut-off'))).toBe(true);
}, 240_000);

/** Calls before each call that changes something. */
function snapshotting(before: () => void): Files {
  const CHANGES = new Set(['rename', 'syncFolder', 'unlink', 'removeTree', 'makeFolder']);
  return new Proxy(nodeFiles(), {
    get: (target, name: keyof Files) => {
      const value: unknown = target[name];
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (CHANGES.has(name)) before();
        return Reflect.apply(value, target, args);
      };
    },
  });
}

/** Records in the spool, each behind the one that it names. Throws where they are no single chain. */
function spooledChain(): DockingRecord[] {
  const folder = join(dock.folder, 'spool', 'dockings');
  const all = readdirSync(folder).map((name) => readFileSync(join(folder, name, 'docking.json')));
  const byPrevious = new Map(all.map((bytes) => [parseDockingRecord(bytes).previous_docking_sha256, bytes]));
  const chain: DockingRecord[] = [];
  for (let bytes = byPrevious.get(null); bytes !== undefined; bytes = byPrevious.get(sha256Hex(bytes)))
    chain.push(parseDockingRecord(bytes));
  if (chain.length !== all.length)
    throw new Error(`${chain.length} of ${all.length} records are in the chain`);
  return chain;
}
