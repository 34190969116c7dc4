import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { TrackedEntry } from '../../../agent/inventory/entry.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { Eraser } from '../../../agent/release/erase.ts';
import type { DockingFacts } from '../../../agent/seal/commit.ts';
import type { SpooledRecording } from '../../../agent/spool/spool.ts';
import type { CameraSession, InventoryEntry } from '../../../drivers/driver.ts';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import {
  type DockingId,
  parseBayId,
  parseCameraId,
  parseRecordingId,
  parseStationId,
} from '../../../protocol/format/ids.ts';
import { scaledClock } from '../../fakes/clock-scaled.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { DockAndStore, type DockOptions } from '../../fakes/dock-and-store.ts';
import { filesWith } from '../../fakes/files-with.ts';
import { itemsAround } from '../../fakes/items-around.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { MEMORY_IDENTITY } from '../../fakes/memory-camera.ts';
import { listedFile, trackedEntry } from '../../fakes/tracked-entry.ts';

const opened: DockAndStore[] = [];
afterEach(async () => {
  for (const dock of opened.splice(0)) await dock.close();
});

async function open(options: DockOptions = {}): Promise<DockAndStore> {
  const dock = await DockAndStore.open(options);
  opened.push(dock);
  return dock;
}

const recording = parseRecordingId('abcdefghijklmnopqrstuvwxya');
const facts: DockingFacts = {
  station: parseStationId('kod-1'),
  bay: parseBayId('bay-1'),
  docking: 'abcdefghijklmnopqrstuvwxyi' as DockingId,
  camera: parseCameraId('cam-1'),
  identity: MEMORY_IDENTITY,
  recipients: [],
};

function spooledEntry(): TrackedEntry {
  return trackedEntry(listedFile('a.mp4'), {
    kind: 'spooled',
    recording,
    sha256: '1'.repeat(64),
    stamp: '1',
  });
}

/** Nothing is damaged. */
const undamaged = { recheck: async () => 'good' as const };

function eraserOver(
  state: SpooledRecording['state'] | undefined,
  storeBehind = false,
  more: Partial<ConstructorParameters<typeof Eraser>[0]> = {},
): Eraser {
  const session = {
    inventory: () => Promise.reject(new DockError('driver.detached', 'gone', { retry: 'later' })),
  } as Partial<CameraSession> as CameraSession;
  const eraser = new Eraser(
    {
      policy: 'after-receipt',
      stationKeys: [],
      storeKeys: [],
      provenRecipients: () => new Set(),
      receivers: [],
      store: { isBehind: storeBehind, isForked: false, vault: undefined },
      items: itemsAround(),
      spool: { ...undamaged, stateOf: () => state, find: async () => undefined },
      files: { readAll: () => Promise.reject(new Error('nothing is read here')) },
      custody: new MemoryCustody(),
      clock: nodeClock(),
      conditions: new MemoryConditions(),
      log: new MemoryLog(),
      ...more,
    },
    facts,
    session,
  );
  void eraser.listed({ entries: [], problems: [] }, new AbortController().signal);
  return eraser;
}

test.each([
  [2, 'manifest-invalid'],
  [3, 'manifest-invalid'],
  [6, 'receipt-invalid'],
])('a disk that refuses %i reads of the documents: the gate says %s', async (times, reason) => {
  let refusals = 0;
  const custody = new MemoryCustody();
  const eraser = eraserOver('receipted', false, {
    custody,
    spool: {
      ...undamaged,
      stateOf: () => 'receipted',
      find: async () => ({ folder: '/spool/ready/it' }) as SpooledRecording,
    },
    files: {
      readAll: async () => {
        if (refusals++ < times) throw Object.assign(new Error('EIO: readAll'), { code: 'EIO' });
        return encodeUtf8('no manifest');
      },
    },
  });
  const entry = spooledEntry();
  await eraser.wave([entry], new AbortController().signal);
  expect(entry.fate).toMatchObject({ kind: 'kept', reason });
});

test('a recording that is reclaimed while the gate reads it is erased all the same: its documents only lie elsewhere', async () => {
  const real = nodeFiles();
  let moved = 0;
  const stationFiles = filesWith(real, {
    readAll: async (path, bytesMax) => {
      if (path.endsWith('/receipt.json') && moved++ === 0)
        throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), {
          code: 'ENOENT',
        });
      return real.readAll(path, bytesMax);
    },
  });
  const dock = await open({ stationFiles });
  dock.camera.put('a.mp4', Buffer.from('film'));
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => dock.camera.files().length === 0);
  expect(moved).toBeGreaterThan(1);
  expect(dock.conditions.isRaised('release.refused', 'bay-1')).toBe(false);
  expect(dock.log.messages()).not.toContain('release refused');
});

test('only a recording with its receipt is up for release', () => {
  const ready = (state: SpooledRecording['state'] | undefined): number =>
    eraserOver(state).ready([spooledEntry()]).length;
  expect(ready('spooled')).toBe(0);
  expect(ready('receipted')).toBe(1);
  expect(ready('released')).toBe(1);
});

test('a recording that left the spool for the quarantine is not up for release: it is taken again', () => {
  expect(eraserOver(undefined).ready([spooledEntry()])).toEqual([]);
});

test('nothing is up for release while the store is behind', () => {
  expect(eraserOver('receipted', true).ready([spooledEntry()])).toEqual([]);
});

test('what the store asks for again at the moment of erasing is not erased, and not decided either', async () => {
  const entry = spooledEntry();
  await eraserOver('spooled').wave([entry], new AbortController().signal);
  await eraserOver(undefined).wave([entry], new AbortController().signal);
  await eraserOver('receipted', true).wave([entry], new AbortController().signal);
  expect(entry.fate.kind).toBe('spooled');
});

test('a receipt that is taken back because no log names it allows nothing, and nothing is decided', async () => {
  let state: SpooledRecording['state'] = 'receipted';
  const makeUp = async (): Promise<boolean> => {
    state = 'spooled';
    return false;
  };
  const items = { makeUp, rechecked: () => undefined };
  const find = (): Promise<never> => Promise.reject(new Error('the gate is not asked'));
  const entry = spooledEntry();
  const eraser = eraserOver('receipted', false, {
    items,
    spool: { ...undamaged, stateOf: () => state, find },
  });
  await eraser.wave([entry], new AbortController().signal);
  expect([state, entry.fate.kind]).toEqual(['spooled', 'spooled']);
});

test('a camera that leaves during a wave ends it: nothing is said of the files that were not reached', async () => {
  const dock = await open({
    wrapDriver: (driver) => ({
      ...driver,
      open: async (place, signal) => {
        const session = await driver.open(place, signal);
        session.erase = async () => {
          dock.camera.detach();
          throw new DockError('driver.detached', 'the camera left', { retry: 'later' });
        };
        return session;
      },
    }),
  });
  const { camera } = dock;
  for (let at = 0; at < 5; at++) camera.put(`v${at}.mp4`, Buffer.from(`film ${at}`));
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('left', () => !camera.isAttached);
  await dock.until('empty', () => dock.bay()['state'] === 'empty');
  expect(dock.log.messages().filter((line) => line.includes('not erased'))).toEqual([]);
  expect(dock.conditions.isRaised('camera.not-erased', 'bay-1')).toBe(false);
});

/** A camera with one file whose sessions do one thing otherwise. */
async function openWith(
  otherwise: (session: CameraSession, dock: () => DockAndStore) => void,
  options: DockOptions = {},
): Promise<DockAndStore> {
  const dock: DockAndStore = await open({
    ...options,
    wrapDriver: (driver) => ({
      ...driver,
      open: async (place, signal) => {
        const session = await driver.open(place, signal);
        otherwise(session, () => dock);
        return session;
      },
    }),
  });
  dock.camera.put('a.mp4', Buffer.from('film'));
  return dock;
}

/** Entries of the custody log as they lie on the disk at this moment. */
async function entriesOnDisk(
  dock: DockAndStore,
): Promise<{ event: string; facts: { reason?: string; recording?: string } }[]> {
  const folder = join(dock.folder, 'spool', 'custody');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { event: string; facts: { reason?: string; recording?: string } }),
  );
}

/** Lives through one docking, and finds in the log that nothing was erased, and why. */
async function expectNotErased(dock: DockAndStore, why: string): Promise<void> {
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('told', () => dock.conditions.isRaised('camera.not-erased', 'bay-1'));
  await dock.stopStation();
  const entries = await entriesOnDisk(dock);
  const reasons = entries.filter(({ event }) => event === 'not-erased').map(({ facts }) => facts.reason);
  expect(reasons).toContain(why);
  expect(entries.some(({ event }) => event === 'erased')).toBe(false);
}

test('the log on the disk says what is to be erased before the camera is touched', async () => {
  const seen: string[][] = [];
  const dock = await openWith((session, opened) => {
    const erase = session.erase.bind(session);
    session.erase = async (...asked) => {
      seen.push((await entriesOnDisk(opened())).map(({ event }) => event));
      return erase(...asked);
    };
  });
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => dock.camera.files().length === 0);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toContain('erasing');
  expect(seen[0]?.at(-1)).toBe('checkpoint');
});

test('a camera that says "done" and shows the file all the same has not erased it', async () => {
  const dock = await openWith((session) => {
    session.erase = async () => 'done';
  });
  await expectNotErased(dock, 'still-listed');
});

test('what leaves the spool while its file is erased is reported as erased, and the docking goes on', async () => {
  let left: string | undefined;
  const dock = await openWith((session, opened) => {
    const erase = session.erase.bind(session);
    session.erase = async (...asked) => {
      const outcome = await erase(...asked);
      const erasing = (await entriesOnDisk(opened())).findLast(({ event }) => event === 'erasing');
      left = erasing?.facts.recording;
      if (left !== undefined)
        opened().station?.changes.put({ kind: 'recording', item: parseRecordingId(left), to: 'gone' });
      return outcome;
    };
  });
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => dock.camera.files().length === 0);
  await dock.until('done', () => dock.bay()['state'] === 'done');
  await dock.stopStation();
  const entries = await entriesOnDisk(dock);
  const erased = entries.filter(({ event }) => event === 'erased').map(({ facts }) => facts.recording);
  expect(erased).toEqual([left]);
  const [record] = await dock.dockings();
  expect(record?.ended).toBe('stopped');
});

/** A camera whose listings lack a place while `isCut` says so; `onErase` is called after each erasure. */
function openCut(isCut: () => boolean, onErase: () => void = () => undefined): Promise<DockAndStore> {
  const otherwise = (session: CameraSession): void => {
    const [erase, inventory] = [session.erase.bind(session), session.inventory.bind(session)];
    session.erase = async (...asked) => {
      const outcome = await erase(...asked);
      onErase();
      return outcome;
    };
    session.inventory = async (signal) => {
      const whole = await inventory(signal);
      return isCut() ? { ...whole, problems: [{ reason: 'unreadable-folder', path: null }] } : whole;
    };
  };
  return openWith(otherwise, { clock: scaledClock(20) });
}

/** What the log on the disk says of erasures: event and reason. */
async function erasuresOf(dock: DockAndStore): Promise<string[]> {
  const entries = await entriesOnDisk(dock);
  return entries
    .filter(({ event }) => event.startsWith('eras') || event === 'not-erased')
    .map(({ event, facts: { reason } }) => (reason === undefined ? event : `${event} ${reason}`));
}

test('after a listing that is not complete nothing is erased, and a condition says so; after a whole one it is', async () => {
  let isCut = true;
  const dock = await openCut(() => isCut);
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('told', () => dock.conditions.isRaised('release.listing', 'bay-1'));
  await dock.until('published', () =>
    (dock.retained('condition/release.listing') ?? '').includes('stay on the camera'),
  );
  expect(dock.camera.files()).toHaveLength(1);
  expect(await erasuresOf(dock)).toEqual([]);
  isCut = false;
  await dock.until('erased', () => dock.camera.files().length === 0);
  await dock.until('no longer told', () => !dock.conditions.isRaised('release.listing', 'bay-1'));
  await dock.stopStation();
  expect(await erasuresOf(dock)).toEqual(['erasing', 'erased']);
});

test('an erasure that no whole listing follows is said to be unconfirmed, in the log and in the record', async () => {
  let isCut = false;
  const dock = await openCut(
    () => isCut,
    () => (isCut = true),
  );
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('gone', () => dock.camera.files().length === 0);
  await dock.until(
    'settled',
    () => dock.bay()['entries_erased'] === 0 && dock.bay()['light'] === 'call-someone',
  );
  await dock.stopStation();
  expect(await erasuresOf(dock)).toEqual(['erasing', 'erasure-unconfirmed listing-incomplete']);
  const [record] = await dock.dockings();
  expect(record?.entries).toMatchObject([{ fate: 'stored', erased: null }]);
});

test('a whole listing behind one that was not says what became of the file after all', async () => {
  let isCut = false;
  let cuts = 0;
  const dock = await openCut(
    () => isCut && cuts++ < 1,
    () => (isCut = true),
  );
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => dock.bay()['entries_erased'] === 1);
  await dock.stopStation();
  expect(await erasuresOf(dock)).toEqual(['erasing', 'erasure-unconfirmed listing-incomplete', 'erased']);
  const [record] = await dock.dockings();
  expect(record?.entries).toMatchObject([{ fate: 'stored', erased: true }]);
});

test('of a camera that leaves before it is listed again nobody knows what it erased', async () => {
  const dock = await openCut(
    () => false,
    () => dock.camera.detach(),
  );
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('its record', async () => (await dock.dockings()).length === 1);
  expect(await erasuresOf(dock)).toEqual(['erasing', 'erasure-unconfirmed not-listed-again']);
  const [record] = await dock.dockings();
  expect(record).toMatchObject({ ended: 'unplugged', entries: [{ fate: 'stored', erased: null }] });
});

test('a session that can look for a single name erases behind a listing that is not complete, and says what it sees', async () => {
  const dock = await openWith((session, opened) => {
    const inventory = session.inventory.bind(session);
    const isThere = (path: Uint8Array): boolean => opened().camera.file(path) !== undefined;
    Object.assign(session, {
      inventory: async (signal: AbortSignal) => ({
        ...(await inventory(signal)),
        problems: [{ reason: 'too-deep', path: null }],
      }),
      goneOf: async (entries: readonly InventoryEntry[]) =>
        new Set(entries.filter(({ path }) => !isThere(path))),
    });
  });
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => dock.bay()['entries_erased'] === 1);
  await dock.stopStation();
  expect(await erasuresOf(dock)).toEqual(['erasing', 'erased']);
});

test('what a camera or the gate refused is cleared when the bay gets a camera anew', async () => {
  const dock = await open();
  const { camera } = dock;
  camera.put('a.mp4', Buffer.from('film'));
  camera.isProtected = true;
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('refused', () => dock.conditions.isRaised('camera.not-erased', 'bay-1'));
  camera.detach();
  await dock.until('empty', () => dock.bay()['state'] === 'empty');
  expect(dock.conditions.isRaised('camera.not-erased', 'bay-1')).toBe(true);
  camera.isProtected = false;
  camera.attach();
  await dock.until('erased', () => camera.files().length === 0 && dock.bay()['state'] === 'done');
  expect(dock.conditions.isRaised('camera.not-erased', 'bay-1')).toBe(false);
});
