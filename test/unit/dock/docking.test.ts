import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PendingEvents } from '../../../agent/custody/custody-pending.ts';
import type { BayActivity } from '../../../agent/dock/bay-state.ts';
import { Docking, News } from '../../../agent/dock/docking.ts';
import { DockingEntries } from '../../../agent/inventory/docking-entries.ts';
import type { FileClock } from '../../../agent/inventory/looks.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import { PullStop } from '../../../agent/pull/pull-stop.ts';
import { Taker } from '../../../agent/pull/take.ts';
import { writeTally } from '../../../agent/pull/tally.ts';
import { Tries } from '../../../agent/pull/tries.ts';
import { UnfinishedPulls } from '../../../agent/pull/unfinished-pulls.ts';
import { Eraser } from '../../../agent/release/erase.ts';
import { Committer, type DockingFacts } from '../../../agent/seal/commit.ts';
import { Spool } from '../../../agent/spool/spool.ts';
import { recordingType } from '../../../agent/spool/spooled-recording.ts';
import type { CameraSession, Inventory } from '../../../drivers/driver.ts';
import { makeIdentity } from '../../../protocol/age/age-keys.ts';
import { inlineSigner, makeSecretKey, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import {
  makeDockingId,
  makeRecordingId,
  parseBayId,
  parseCameraId,
  parseStationId,
} from '../../../protocol/format/ids.ts';
import { instantText } from '../../../protocol/format/instants.ts';
import { KeyedMutex } from '../../../protocol/format/keyed-mutex.ts';
import { bulkInline } from '../../fakes/bulk-inline.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { itemsAround } from '../../fakes/items-around.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { MEMORY_IDENTITY, MemoryCamera } from '../../fakes/memory-camera.ts';
import { simulatedDriver } from '../../fakes/simulated-driver.ts';

const random = nodeRandom();
const files = nodeFiles();
const log = new MemoryLog();
const facts: DockingFacts = {
  station: parseStationId('kod-1'),
  bay: parseBayId('bay-1'),
  docking: makeDockingId(random),
  camera: parseCameraId('cam-1'),
  identity: MEMORY_IDENTITY,
  recipients: [makeIdentity(random).recipient],
};

let folder: string;
let spool: Spool;
let clock: ManualClock;
let camera: MemoryCamera;
let session: CameraSession;
let entries: DockingEntries;
let news: News;
let activity: BayActivity;
let tries: Tries;
let custody: MemoryCustody;
/** Files about which the gate was ever asked, receipt or not. */
let offered: Set<string>;
/** What the docking showed, one after the other. */
let shown: BayActivity[];
let running: Promise<unknown>;
/** The day is over. */
let isOver: boolean;
/** The docking begins. */
let plug: () => Promise<unknown>;
const ending = new AbortController();

beforeEach(async () => {
  const key = makeSecretKey(random);
  const stationKeys = [publicKeyOf(key)];
  clock = new ManualClock();
  camera = new MemoryCamera();
  activity = 'empty';
  custody = new MemoryCustody();
  shown = [];
  isOver = false;
  folder = await mkdtemp(join(tmpdir(), 'bodydock-'));
  const conditions = new MemoryConditions();
  const bulk = bulkInline({ files, random });
  const common = { files, bulk, clock, random, log, conditions, stationKeys, custody };
  ({ spool } = await Spool.open({ ...common, path: folder, reserveBytes: 0 }));
  const driver = simulatedDriver(new Map([['/camera', camera]]));
  session = await driver.open({ kind: 'folder', path: '/camera' }, ending.signal);
  tries = await openTries();
  const items = itemsAround({
    types: [recordingType(spool, files, { manifests: new Map() })],
    custody,
    changes: spool.changes,
  });
  const working = { ...common, spool, items };
  const signer = inlineSigner(key);
  const lastSpooled = (): undefined => undefined;
  const turns = new KeyedMutex<typeof facts.camera>();
  const committer = new Committer(
    { ...working, signer, clockSynchronised: () => null, lastSpooled, turns, policy: { sha256: undefined } },
    facts,
  );
  const pullStop = new PullStop({ ...working, tryDisk: () => spool.tryDisk() });
  const unfinished = new UnfinishedPulls(working);
  const taking = { ...working, tries: asItIs, makeRoom: async () => false, pullStop, unfinished };
  const taker = new Taker(taking, facts, session, committer, () => undefined);
  const provenRecipients = (): ReadonlySet<string> => new Set();
  const eraser = new Eraser(
    {
      ...working,
      policy: 'never',
      storeKeys: [],
      provenRecipients,
      receivers: [],
      store: { isBehind: false, isForked: false, vault: undefined },
      items,
    },
    facts,
    session,
  );
  offered = new Set();
  const ready = eraser.ready.bind(eraser);
  eraser.ready = (given) => {
    const all = [...given];
    for (const { listed } of all) offered.add(Buffer.from(listed.path).toString());
    return ready(all);
  };
  const journal = { inventoryTaken: async () => undefined, holdsInventory: true };
  news = new News();
  const fileClock = (): FileClock => {
    return { nowMs: clock.wallMs(), uncertaintyMs: 0, zoneMinutes: null, isSure: true };
  };
  entries = new DockingEntries({ ...common, docking: facts.docking, journal, fileClock });
  const docking = new Docking({
    ...common,
    session,
    entries,
    taker,
    eraser,
    journal,
    news,
    isOver: () => isOver,
    onAllHere: async () => undefined,
    onShow: (now) => {
      activity = now;
      if (shown.at(-1) !== now) shown.push(now);
    },
  });
  plug = () => (running = docking.run(ending.signal).catch((error: unknown) => error));
});

afterEach(async () => {
  camera.detach();
  news.ring();
  await clock.advance(1000);
  await running;
  await spool.close();
  await rm(folder, { recursive: true, force: true });
});

/** What is remembered may change under a docking. */
const asItIs: Pick<Tries, 'isSetAside' | 'isAlone' | 'begin'> = {
  isSetAside: (file) => tries.isSetAside(file),
  isAlone: (file) => tries.isAlone(file),
  begin: (...given) => tries.begin(...given),
};

function openTries(): Promise<Tries> {
  const run = { bootId: 'one boot', version: 'test', onAgain: () => undefined };
  return Tries.open({ files, clock, log, folder: join(folder, 'tries'), ...run });
}

/** The agent ended so often while it took that file. */
async function remember(path: string, sizeBytes: number, brokenOff: number): Promise<void> {
  const { bay, camera } = facts;
  const pathSha256 = sha256Hex(Buffer.from(path));
  const remembered = { bay, camera, pathSha256, sizeBytes, brokenOff, at: '2026-11-25T08:00:00.000Z' };
  await writeTally(files, join(folder, 'tries'), { agent: 'test', files: [remembered] });
  tries = await openTries();
  await clock.advance(20_000); // from then on it may be tried alone
}

/** What waits for a disk may take its time on a loaded machine. */
function waitFor(holds: () => void): Promise<void> {
  return vi.waitFor(holds, 15_000);
}

const OLD = { modifiedAt: '2026-11-25T06:00:00.000Z' };

/** Files of which something was read, in that order. */
function countReads(): string[] {
  const reads: string[] = [];
  const read = session.read.bind(session);
  session.read = (entry, offset, signal) => {
    reads.push(Buffer.from(entry.path).toString());
    return read(entry, offset, signal);
  };
  return reads;
}

/** A recorder writes the next piece now. */
let written = 0;
function write(name: string): void {
  camera.put(name, Buffer.alloc(++written), { modifiedAt: instantText(clock.wallMs()) });
}

/** So much time passes; disk and workers get the time that they need. */
async function pass(ms: number, stepMs = 500): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await clock.advance(stepMs);
    await realSleep(2);
  }
}

/** Runs the docking for so long by its own clock; disk and workers get the time that they need. */
async function stay(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 5000) {
    await waitFor(() => expect(activity).toBe('resting'));
    await clock.advance(5000);
    await realSleep(5);
  }
  await waitFor(() => expect(activity).toBe('resting'));
}

test('an entry that cannot be read is tried again ever more rarely, so that the light stands still', async () => {
  camera.put('a.mp4', Buffer.from('film'), OLD);
  let reads = 0;
  session.read = () => {
    reads++;
    throw new DockError('driver.unreadable', 'it may not be opened', { retry: 'later' });
  };
  void plug();
  await stay(300_000);
  expect(reads).toBeGreaterThanOrEqual(4);
  expect(reads).toBeLessThanOrEqual(8);
});

test('what is no file and was seen only once is forgotten', async () => {
  void plug();
  for (let round = 0; round < 5; round++) {
    if (round > 0) camera.remove(`link-${round - 1}`);
    camera.put(`link-${round}`, new Uint8Array(0), { kind: 'not-a-file' });
    await stay(30_000);
  }
  expect([...entries.all]).toHaveLength(1);
});

test('a file at which the agent ended twice is taken last, and one that is set aside not before somebody says so', async () => {
  const read: string[] = [];
  let listings = 0;
  const inventory = session.inventory.bind(session);
  session.inventory = (...given) => {
    listings++;
    return inventory(...given);
  };
  const sessionRead = session.read.bind(session);
  session.read = (entry, ...given) => {
    read.push(Buffer.from(entry.path).toString());
    return sessionRead(entry, ...given);
  };
  await remember('a.mp4', 4, 2);
  for (const name of ['a.mp4', 'b.mp4', 'c.mp4'])
    camera.put(name, Buffer.from('film'), { ...OLD, locked: name === 'a.mp4' });
  void plug();
  await stay(60_000);
  expect(read).toEqual(['b.mp4', 'c.mp4', 'a.mp4']);
  await remember('d.mp4', 4, 3);
  camera.put('d.mp4', Buffer.from('film'), OLD);
  await stay(60_000);
  listings = 0;
  await stay(300_000);
  expect(listings).toBeLessThanOrEqual(12); // as of a camera at rest
  expect(read).toHaveLength(3);
  const account = entries.account();
  expect(account.slice(account.length - 1, account.length)[0]).toMatchObject({
    fate: 'waiting',
    reason: 'agent-failed',
  });
  await remember('d.mp4', 4, 2);
  entries.tryAgain();
  news.ring();
  await stay(5000);
  expect(read).toEqual(['b.mp4', 'c.mp4', 'a.mp4', 'd.mp4']);
  expect(entries.areAllHere).toBe(true);
});

test('a docking says that it waits as long as a file waits for what other bays take', async () => {
  let waits = 0;
  Object.assign(session, { waits: () => waits++ });
  await remember('a.mp4', 4, 2);
  const other = {
    bay: facts.bay,
    camera: facts.camera,
    pathSha256: sha256Hex(Buffer.from('b.mp4')),
    sizeBytes: 9,
  };
  const begun = { ...other, brokenOff: 0, at: '2026-11-25T08:00:00.000Z' };
  const taken = await tries.begin(begun, ending.signal, () => undefined);
  camera.put('a.mp4', Buffer.from('film'), OLD);
  void plug();
  await pass(600_000);
  expect(waits).toBeGreaterThanOrEqual(9);
  expect(entries.areAllHere).toBe(false);
  await taken.end(true);
  await waitFor(() => expect([entries.areAllHere, activity]).toEqual([true, 'resting']));
});

test('a docking with nothing but old files takes no second look and no time for one', async () => {
  let listings = 0;
  const inventory = session.inventory.bind(session);
  session.inventory = (...given) => {
    listings++;
    return inventory(...given);
  };
  for (const name of ['a.mp4', 'b.mp4', 'empty.mp4'])
    camera.put(name, Buffer.alloc(name === 'empty.mp4' ? 0 : 9), OLD);
  void plug();
  await waitFor(() => expect([entries.areAllHere, activity]).toEqual([true, 'resting']));
  expect([listings, clock.monotonicMs()]).toEqual([1, 0]);
  expect(shown).toEqual(['reading', 'pulling', 'resting']);
});

test('a file of these minutes waits for a second look, and the others are read meanwhile', async () => {
  const reads = countReads();
  write('a.mp4');
  camera.put('b.mp4', Buffer.from('film'), OLD);
  void plug();
  await waitFor(() => expect([reads, activity]).toEqual([['b.mp4'], 'reading']));
  await pass(2500);
  expect(reads).toEqual(['b.mp4']);
  expect(shown).not.toContain('resting');
  await pass(1000);
  await waitFor(() => expect(activity).toBe('resting'));
  expect(reads).toEqual(['b.mp4', 'a.mp4']);
  expect(custody.of('not-taken')).toEqual([]);
});

test.each([1000, 2000, 4000])(
  'a file that is written every %i ms is read only once it is over',
  async (ms) => {
    const reads = countReads();
    write('a.mp4');
    void plug();
    await waitFor(() => expect(activity).toBe('reading'));
    for (let times = 0; times < 6; times++) {
      await pass(times === 0 ? Math.min(ms, 2500) : ms); // a recorder that writes now and not just after the first look
      write('a.mp4');
    }
    expect(reads).toEqual([]);
    expect(shown).not.toContain('resting');
    await pass(20_000);
    await waitFor(() => expect(activity).toBe('resting'));
    expect(reads).toEqual(['a.mp4']);
    expect([...entries.all].map(({ fate }) => fate.kind)).toEqual(['spooled']);
    expect(custody.of('not-taken').map(({ facts }) => facts['reason'])).toEqual(['changing']);
  },
);

test('a file that shrinks, or changes while it is read, is read again when it stays as it is', async () => {
  const reads = countReads();
  camera.put('a.mp4', Buffer.alloc(9), OLD);
  const read = session.read.bind(session);
  let isFirst = true;
  session.read = (entry, offset, signal) => {
    if (isFirst) camera.put('a.mp4', Buffer.alloc(5), OLD);
    isFirst = false;
    return read(entry, offset, signal);
  };
  void plug();
  await waitFor(() => expect([reads.length, activity]).toEqual([1, 'reading']));
  await pass(2500);
  expect(shown).not.toContain('resting');
  await pass(10_000);
  expect(reads).toEqual(['a.mp4']);
  await pass(2000);
  await waitFor(() => expect(activity).toBe('resting'));
  expect(reads).toEqual(['a.mp4', 'a.mp4']);
  expect([...entries.all].map(({ listed, fate }) => [listed.sizeBytes, fate.kind])).toEqual([[5, 'spooled']]);
});

test('nobody waits longer than 5 minutes for a file that goes on changing, and it is read when it is over', async () => {
  const reads = countReads();
  write('a.mp4');
  void plug();
  await waitFor(() => expect(activity).toBe('reading'));
  for (let passed = 0; passed < 330_000; passed += 2500) {
    await pass(2500, 2500);
    write('a.mp4');
    if (passed < 295_000) expect(shown, `${passed} ms`).not.toContain('resting');
  }
  expect(shown).toContain('resting');
  expect([...entries.all].map(({ fate }) => fate)).toEqual([{ kind: 'waiting', reason: 'changing' }]);
  expect(reads).toEqual([]);
  await pass(25_000);
  await waitFor(() => expect([reads, activity]).toEqual([['a.mp4'], 'resting']));
});

test('nothing asks to erase a file of these minutes before a look 10 s behind the first one', async () => {
  write('a.mp4');
  camera.put('b.mp4', Buffer.from('film'), OLD);
  void plug();
  await waitFor(() => expect([...entries.all].map(({ fate }) => fate.kind)).toEqual(['pending', 'spooled']));
  await waitFor(() => expect(activity).toBe('reading'));
  await pass(4000);
  await waitFor(() => expect(activity).toBe('resting'));
  await waitFor(() => expect([...entries.all].map(({ fate }) => fate.kind)).toEqual(['spooled', 'spooled']));
  await pass(5000);
  expect([...offered]).toEqual(['b.mp4']);
  await pass(2000);
  await waitFor(() => expect([...offered]).toEqual(['b.mp4', 'a.mp4']));
});

test('a camera that answers again gives all that waited for it in one go', async () => {
  const names = ['a.mp4', 'b.mp4', 'c.mp4', 'd.mp4', 'e.mp4', 'f.mp4'];
  for (const name of names) camera.put(name, Buffer.from(`film of ${name}`), OLD);
  const read = session.read.bind(session);
  let isFailing = true;
  session.read = (...given) => {
    if (isFailing) throw new DockError('driver.refused', 'it answers nonsense', { retry: 'later' });
    return read(...given);
  };
  void plug();
  const waiting = (): number => [...entries.all].filter(({ fate }) => fate.kind === 'waiting').length;
  for (let rounds = 0; waiting() < names.length; rounds++) {
    expect(rounds).toBeLessThan(20);
    await stay(5000);
  }
  isFailing = false;
  for (const entry of entries.all) entry.againAtMs = 0; // the camera is asked for all of them
  shown.length = 0;
  news.ring();
  await clock.advance(300);
  await waitFor(() => expect(shown).toContain('resting'));
  expect([...entries.all].map(({ fate }) => fate.kind)).toEqual(names.map(() => 'spooled'));
});

/** Counts the listings; `shows` makes of a listing what the driver gives. */
function countListings(shows: (whole: Inventory) => Inventory = (whole) => whole): () => number {
  let listings = 0;
  const inventory = session.inventory.bind(session);
  session.inventory = async (signal) => {
    listings++;
    return shows(await inventory(signal));
  };
  return () => listings;
}

test('a file that was taken and goes before it may be erased is not looked for without a pause', async () => {
  const listings = countListings();
  write('a.mp4');
  void plug();
  await waitFor(() => expect(activity).toBe('reading'));
  await pass(3500);
  await waitFor(() => expect([entries.areAllHere, activity]).toEqual([true, 'resting']));
  camera.remove('a.mp4');
  await pass(60_000);
  expect(listings()).toBeLessThanOrEqual(2 + 1 + 60_000 / 30_000 + 1);
});

test('a file that waits for a second look, in a folder that cannot be listed any more, is not looked for without a pause', async () => {
  let isHidden = false;
  const problem = { reason: 'unreadable-folder', path: Buffer.from('DCIM') };
  const listings = countListings((whole) => (isHidden ? { entries: [], problems: [problem] } : whole));
  write('a.mp4');
  void plug();
  await waitFor(() => expect(activity).toBe('reading'));
  isHidden = true;
  await pass(60_000);
  expect(listings()).toBeLessThanOrEqual(20);
  await waitFor(() => expect(activity).toBe('resting'));
  isHidden = false;
  await pass(40_000);
  await waitFor(() => expect([entries.areAllHere, activity]).toEqual([true, 'resting']));
});

test('once its day is over a docking ends at rest, without one more listing', async () => {
  camera.put('a.mp4', Buffer.from('film'), OLD);
  let listings = 0;
  const list = session.inventory.bind(session);
  session.inventory = (signal) => {
    listings++;
    return list(signal);
  };
  const ended = plug();
  await stay(0);
  const before = listings;
  isOver = true;
  await pass(31_000);
  expect(await ended).toBeUndefined();
  expect(listings).toBe(before);
});

test('a day of very many files that are all known is listed anew without holding up the log and everybody else', async () => {
  const count = 20_000;
  const pending = new PendingEvents();
  const settle = (): void => pending.settle(pending.first(pending.length));
  custody.append = ({ event, facts: told }) =>
    pending.push({ event, facts: told, at: instantText(clock.wallMs()), monotonic_ms: 0, boot: 'one-boot' });
  custody.checkpoint = async () => {
    await realSleep(0);
    settle();
  };
  const written = setInterval(settle, 50); // as a log on a disk does
  const recording = makeRecordingId(random);
  vi.spyOn(spool, 'stateOf').mockReturnValue('spooled');
  const track = entries.track.bind(entries);
  entries.track = async (...given) => {
    await track(...given);
    for (const entry of entries.all) {
      const { stamp } = entry.listed;
      entry.proven = { recording, matched: true, rejected: null, sha256: 'ab'.repeat(32), stamp };
    }
  };
  for (let at = 0; at < count; at++) camera.put(`DCIM/${at}.MP4`, Buffer.of(1), OLD);
  try {
    void plug();
    await vi.waitFor(async () => {
      await pass(1000);
      expect(activity).toBe('resting');
    }, 60_000);
    expect(entries.tally.open.size).toBe(0);
  } finally {
    clearInterval(written);
  }
}, 90_000);
