// A file that is rewritten at its size, with its time put back, where nothing shows it: on a file system that keeps neither inode numbers nor times
// of change. The receipt is of the old bytes, so the new ones must stay on the camera.
import { afterEach, expect, test } from 'vitest';
import type { CameraSession, InventoryEntry } from '../../../drivers/driver.ts';
import { patternBytes } from '../../contracts/driver-subject.ts';
import { scaledClock } from '../../fakes/clock-scaled.ts';
import { DockAndStore } from '../../fakes/dock-and-store.ts';

const PATH = 'a.mp4';
const AT = '2026-11-25T08:00:00.000Z';
const content = patternBytes(100_000);

let dock: DockAndStore;
afterEach(() => dock.close());

/** A session whose stamps show size and time alone. */
function forgetful(session: CameraSession): CameraSession {
  const inventory = session.inventory.bind(session);
  const read = session.read.bind(session);
  const erase = session.erase.bind(session);
  async function asItIs(entry: InventoryEntry, signal: AbortSignal): Promise<InventoryEntry> {
    const { entries } = await inventory(signal);
    return entries.find(({ path }) => Buffer.compare(path, entry.path) === 0) ?? entry;
  }
  return Object.assign(session, {
    mayHideRewrites: true,
    inventory: async (signal: AbortSignal) => {
      const { entries, problems } = await inventory(signal);
      const seen = entries.map((entry) => ({ ...entry, stamp: `${entry.sizeBytes} ${entry.modifiedAt}` }));
      return { entries: seen, problems };
    },
    async *read(entry: InventoryEntry, offset: number, signal: AbortSignal) {
      yield* read(await asItIs(entry, signal), offset, signal);
    },
    erase: async (entry: InventoryEntry, signal: AbortSignal, sha256: Uint8Array) =>
      erase(await asItIs(entry, signal), signal, sha256),
  });
}

async function openWithFile(): Promise<void> {
  dock = await DockAndStore.open({
    clock: scaledClock(20),
    wrapDriver: (driver) => ({
      ...driver,
      open: async (place, signal) => forgetful(await driver.open(place, signal)),
    }),
  });
  dock.camera.put(PATH, content, { modifiedAt: AT });
  await dock.startStation();
  await dock.until('spooled', async () => (await eventsOf()).includes('spooled'));
}

async function eventsOf(): Promise<string[]> {
  return (await dock.custody()).map(({ event }) => event);
}

test('is not erased for the receipt of what it was', async () => {
  await openWithFile();
  const other = Buffer.from(content);
  other[5] = (other[5] ?? 0) ^ 1;
  dock.camera.put(PATH, other, { modifiedAt: AT });
  await dock.startReceiver();
  await dock.until('refused', () => dock.conditions.isRaised('release.refused', 'bay-1'));
  expect(dock.conditions.facts('release.refused', 'bay-1')).toEqual({ reason: 'read-differently' });
  expect(dock.camera.files()).toHaveLength(1);
  expect(await eventsOf()).not.toContain('erasing');
});

test('is erased once it was read again, where nobody rewrote it', async () => {
  await openWithFile();
  await dock.startReceiver();
  await dock.until('erased', () => dock.bay()['entries_erased'] === 1);
  const events = await eventsOf();
  expect(events.indexOf('matched')).toBeGreaterThan(events.indexOf('spooled'));
  expect(events.indexOf('erasing')).toBeGreaterThan(events.indexOf('matched'));
});
