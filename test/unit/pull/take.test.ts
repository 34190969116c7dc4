import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TrackedEntry } from '../../../agent/inventory/entry.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import { PullStop } from '../../../agent/pull/pull-stop.ts';
import { Taker } from '../../../agent/pull/take.ts';
import { Tries } from '../../../agent/pull/tries.ts';
import { UnfinishedPulls } from '../../../agent/pull/unfinished-pulls.ts';
import type { Bulk } from '../../../agent/seal/bulk.ts';
import { Committer, type DockingFacts } from '../../../agent/seal/commit.ts';
import { Spool } from '../../../agent/spool/spool.ts';
import { recordingType } from '../../../agent/spool/spooled-recording.ts';
import type { CameraSession } from '../../../drivers/driver.ts';
import { makeIdentity } from '../../../protocol/age/age-keys.ts';
import { inlineSigner, makeSecretKey, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import {
  makeDockingId,
  parseBayId,
  parseCameraId,
  parseStationId,
  type RecordingId,
} from '../../../protocol/format/ids.ts';
import { KeyedMutex } from '../../../protocol/format/keyed-mutex.ts';
import { DOCKING_SEEN_MAX, PULL_PIECE_BYTES } from '../../../protocol/format/limits.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import { patternBytes } from '../../contracts/driver-subject.ts';
import { bulkInline } from '../../fakes/bulk-inline.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { itemsAround } from '../../fakes/items-around.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { MEMORY_IDENTITY, MemoryCamera } from '../../fakes/memory-camera.ts';
import { simulatedDriver } from '../../fakes/simulated-driver.ts';
import { trackedEntry } from '../../fakes/tracked-entry.ts';
import { PTP_PLACE, ptpBench } from '../drivers/ptp/subject.ts';

const random = nodeRandom();
const clock = nodeClock();
const files = nodeFiles();
const stationKey = makeSecretKey(random);
const facts: DockingFacts = {
  station: parseStationId('kod-1'),
  bay: parseBayId('bay-1'),
  docking: makeDockingId(random),
  camera: parseCameraId('cam-1'),
  identity: MEMORY_IDENTITY,
  recipients: [makeIdentity(random).recipient],
};
const { signal } = new AbortController();
const rejections: unknown[] = [];
const onRejection = (error: unknown): void => {
  rejections.push(error);
};

let folder: string;
let spool: Spool;
let camera: MemoryCamera;
let session: CameraSession;
let custody: MemoryCustody;
let pushed: RecordingId[];
let conditions: MemoryConditions;
let tries: Tries;
const log = new MemoryLog();
beforeEach(async () => {
  conditions = new MemoryConditions();
  folder = await mkdtemp(join(tmpdir(), 'bodydock-'));
  ({ spool } = await Spool.open({
    path: folder,
    reserveBytes: 0,
    files,
    bulk: bulkInline({ files, random }),
    clock,
    random,
    log: new MemoryLog(),
    conditions,
    stationKeys: [publicKeyOf(stationKey)],
  }));
  camera = new MemoryCamera();
  session = await simulatedDriver(new Map([['/camera', camera]])).open(
    { kind: 'folder', path: '/camera' },
    signal,
  );
  custody = new MemoryCustody();
  tries = await openTries();
  pushed = [];
  const { changes } = spool;
  const put = changes.put.bind(changes);
  changes.put = (change) => {
    if (change.to === 'spooled') pushed.push(change.item);
    put(change);
  };
  rejections.length = 0;
  process.on('unhandledRejection', onRejection);
});
afterEach(async () => {
  process.off('unhandledRejection', onRejection);
  await spool.close();
  await rm(folder, { recursive: true, force: true });
});

function openTries(): Promise<Tries> {
  return Tries.open({
    folder: join(folder, 'tries'),
    files: spool.files,
    clock,
    log,
    bootId: 'one boot',
    version: 'test',
  });
}

function taker(bulk: Bulk = bulkInline({ files, random }), pullStop = newPullStop()): Taker {
  const unfinished = new UnfinishedPulls({ spool, clock, log });
  const working = { spool, bulk, custody, clock, random, log, tries, pullStop, unfinished };
  const deps = { ...working, makeRoom: async () => false };
  const committer = new Committer(
    {
      ...deps,
      items: itemsAround({
        types: [recordingType(spool, files, { manifests: new Map() })],
        custody,
        changes: spool.changes,
      }),
      signer: inlineSigner(stationKey),
      clockSynchronised: () => null,
      policy: { sha256: undefined },
      lastSpooled: () => undefined,
      turns: new KeyedMutex(),
    },
    facts,
  );
  return new Taker(deps, facts, session, committer, () => undefined);
}

function newPullStop(by: Clock = clock): PullStop {
  return new PullStop({ clock: by, conditions, log, tryDisk: () => spool.tryDisk() });
}

async function entryOf(path: string): Promise<TrackedEntry> {
  const { entries } = await session.inventory(signal);
  const listed = entries.find((entry) => Buffer.from(entry.path).toString() === path);
  if (listed === undefined) throw new Error(`${path} is not on the camera`);
  return trackedEntry(listed);
}

async function take(entry: TrackedEntry, by = taker()): Promise<void> {
  const { committing } = await by.take(entry, signal, () => undefined);
  await committing;
}

/** The log takes nothing from the n-th event of that name on. */
function overrunAt(event: string): () => void {
  const append = custody.append.bind(custody);
  custody.append = (each) => {
    if (each.event === event) throw new DockError('custody.overrun', 'too much waits', { retry: 'later' });
    append(each);
  };
  return () => (custody.append = append);
}

test('a recording that is durable is pushed although the log takes no entry of it', async () => {
  camera.put('a.mp4', Buffer.from('film'));
  overrunAt('spooled');
  const entry = await entryOf('a.mp4');
  await take(entry);
  expect([...spool.recordings()].map(({ recording }) => recording)).toEqual(pushed);
  expect(pushed).toHaveLength(1);
});

test('a log that takes nothing ends no commit with a rejection that nobody awaits, and leaves no staging', async () => {
  camera.put('a.mp4', Buffer.from('film'));
  overrunAt('pulled');
  const entry = await entryOf('a.mp4');
  const { committing } = await taker().take(entry, signal, () => undefined);
  await vi.waitFor(async () => expect(await readdir(join(folder, 'staging'))).toEqual([]));
  await expect(committing).resolves.toBeUndefined();
  expect(rejections).toEqual([]);
  expect(entry.fate).toEqual({ kind: 'waiting', reason: 'spool-failed' });
});

test('an entry that is not taken while the log takes nothing waits all the same', async () => {
  camera.put('a.mp4', Buffer.from('film'));
  overrunAt('not-taken');
  const broken = {
    ...bulkInline({ files, random }),
    startSeal: () => Promise.reject(new Error('no worker')),
  };
  const entry = await entryOf('a.mp4');
  await take(entry, taker(broken));
  expect(entry.fate).toEqual({ kind: 'waiting', reason: 'spool-failed' });
});

test('a file that its camera cannot give does not use up the one try of a disk that refused', async () => {
  const manual = new ManualClock();
  const pullStop = newPullStop(manual);
  for (let count = 0; count < 5; count++) pullStop.failed(new Error('the disk refuses it'));
  await manual.advance(15_000);
  camera.put('a.mp4', Buffer.from('film'));
  const entry = await entryOf('a.mp4');
  camera.remove('a.mp4');
  await take(entry, taker(undefined, pullStop));
  expect(entry.fate.kind).toBe('waiting');
  await manual.advance(15_000);
  camera.put('b.mp4', Buffer.from('film'));
  const other = await entryOf('b.mp4');
  await take(other, taker(undefined, pullStop));
  expect(other.fate.kind).toBe('spooled');
});

test('a sealing that cannot even begin leaves no folder behind', async () => {
  camera.put('a.mp4', Buffer.from('film'));
  const broken = {
    ...bulkInline({ files, random }),
    startSeal: () => Promise.reject(new Error('no worker')),
  };
  for (let attempt = 0; attempt < 3; attempt++) await take(await entryOf('a.mp4'), taker(broken));
  expect(await readdir(join(folder, 'staging'))).toEqual([]);
});

test('every step of a recording is entered in its order, with what was sealed and why it is odd', async () => {
  camera.put('a.mp4', new Uint8Array(0));
  const entry = await entryOf('a.mp4');
  entry.role = { ...entry.role, rejected: 'empty' };
  await take(entry);
  const [recording] = pushed;
  const spooled = recording && spool.get(recording);
  expect(custody.events).toEqual([
    {
      event: 'pulled',
      facts: {
        recording,
        docking: facts.docking,
        path_sha256: entry.pathSha256,
        size_bytes: 0,
        sha256: sha256Hex(new Uint8Array(0)),
      },
    },
    {
      event: 'sealed',
      facts: {
        recording,
        sealed_size_bytes: spooled?.sealedSizeBytes,
        chunks_sha256: spooled?.chunksSha256,
      },
    },
    { event: 'rejected', facts: { recording, reason: 'empty' } },
    {
      event: 'spooled',
      facts: {
        recording,
        manifest_sha256: spooled?.manifestSha256,
        sealed_size_bytes: spooled?.sealedSizeBytes,
      },
    },
  ]);
});

test('content that turns out to be known is entered as matched, under the recording that holds it', async () => {
  camera.put('a.mp4', Buffer.from('film'));
  const [first, second] = [await entryOf('a.mp4'), await entryOf('a.mp4')];
  const by = taker();
  const taken = await Promise.all([first, second].map((entry) => by.take(entry, signal, () => undefined)));
  for (const { committing } of taken) await committing;
  const [recording] = pushed;
  expect(pushed).toHaveLength(1);
  expect([first.fate, second.fate].map((fate) => 'recording' in fate && fate.recording)).toEqual([
    recording,
    recording,
  ]);
  expect(custody.of('matched').map(({ facts: { recording: named } }) => named)).toEqual([recording]);
});

test('content that is known to a recording on its way to the quarantine is not spooled: it is taken again', async () => {
  camera.put('a.mp4', Buffer.from('film'));
  const [first, second] = [await entryOf('a.mp4'), await entryOf('a.mp4')];
  const by = taker();
  const discard = spool.discard.bind(spool);
  spool.discard = async (staging) => {
    await discard(staging);
    for (const recording of pushed) await spool.quarantine(recording, 'damaged');
  };
  const [one, two] = await Promise.all(
    [first, second].map((entry) => by.take(entry, signal, () => undefined)),
  );
  await one?.committing;
  await two?.committing;
  // Whichever was sealed first is the known one.
  expect([first.fate.kind, second.fate.kind].sort()).toEqual(['spooled', 'waiting']);
});

test('a camera whose files can never be taken fills the log up to the bound, and its entries go on waiting', async () => {
  camera.put('a.mp4', Buffer.from('film'));
  const entry = await entryOf('a.mp4');
  vi.spyOn(spool, 'reserve').mockImplementation(async () => 'full');
  const by = taker();
  for (let round = 0; round < DOCKING_SEEN_MAX + 20; round++) await take(trackedEntry(entry.listed), by);
  await take(entry, by);
  expect(custody.of('not-taken')).toHaveLength(DOCKING_SEEN_MAX);
  expect(entry.fate).toEqual({ kind: 'waiting', reason: 'spool-full' });
});

test('a disk that refuses one recording after the other ends pulling: the camera is not read any more, and that is told', async () => {
  for (const name of ['A', 'B', 'C', 'D', 'E', 'F']) camera.put(`DCIM/${name}.MP4`, random.bytes(100));
  const by = taker();
  const commit = vi
    .spyOn(spool, 'commit')
    .mockRejectedValue(Object.assign(new Error('EIO'), { code: 'EIO' }));
  const read = vi.spyOn(session, 'read');
  for (const name of ['A', 'B', 'C', 'D', 'E', 'F']) {
    const entry = await entryOf(`DCIM/${name}.MP4`);
    await take(entry, by);
    expect(entry.fate).toEqual({ kind: 'waiting', reason: 'spool-failed' });
  }
  expect(read).toHaveBeenCalledTimes(5);
  expect(conditions.facts('spool.write-failed')).toEqual({ failures: 5, reason: 'EIO' });
  expect(await readdir(join(folder, 'staging'))).toEqual([]);
  commit.mockRestore();
});

test('a note lies there whenever the camera is read or a recording becomes durable, and none of what ended in order', async () => {
  camera.put('a.mp4', Buffer.from('film'));
  const notes = (): Promise<string[]> => readdir(join(folder, 'tries'));
  const seen: Record<'read' | 'commit', string[][]> = { read: [], commit: [] };
  const read = session.read.bind(session);
  session.read = async function* noted(...given) {
    seen.read.push(await notes());
    yield* read(...given);
  };
  const commit = spool.commit.bind(spool);
  let onRead = (): void => undefined;
  const isRead = new Promise<void>((resolve) => (onRead = resolve));
  spool.commit = async (...given) => {
    await isRead;
    seen.commit.push(await notes());
    return commit(...given);
  };
  const { committing } = await taker().take(await entryOf('a.mp4'), signal, () => undefined);
  onRead();
  await committing;
  await take(await entryOf('a.mp4')); // its digest alone
  expect(seen).toEqual({ read: [['bay-1.1.try'], ['bay-1.2.try']], commit: [['bay-1.1.try']] });
  expect(await notes()).toEqual([]);
  camera.put('b.mp4', Buffer.from('film'));
  const left = await entryOf('b.mp4');
  camera.detach();
  await expect(take(left)).rejects.toThrow();
  expect(seen.read.at(-1)).toEqual(['bay-1.3.try']);
  expect(await notes()).toEqual([]);
});

test('a camera on USB whose pipe halts at a file is a fault of that camera, and ends no pulling', async () => {
  const manual = new ManualClock();
  const running = setInterval(() => void manual.advance(500), 1);
  const bench = ptpBench({ clock: manual });
  try {
    bench.camera.put('a.mp4', new Uint8Array(1000));
    session = await bench.driver.open(PTP_PLACE, signal);
    const entry = await entryOf('a.mp4');
    bench.responder.misdeeds.silentAt = (operation) => {
      if (operation !== 0x95c1) return false;
      bench.wires.at(-1)?.halt('in');
      return true;
    };
    const by = taker();
    for (let attempts = 1; attempts <= 5; attempts++) await take(entry, by);
    const isOver = { kind: 'waiting', reason: 'camera-failed' };
    expect([entry.fate, conditions.codes()]).toEqual([isOver, []]);
  } finally {
    await session.close();
    clearInterval(running);
  }
});

test('a file at which a worker dies again and again says nothing of the disk: others are taken as ever', async () => {
  camera.put('a.mp4', Buffer.from('what no worker stands'));
  camera.put('b.mp4', Buffer.from('film'));
  const inline = bulkInline({ files, random });
  const [bad, good] = [await entryOf('a.mp4'), await entryOf('b.mp4')];
  let isDying = true;
  const died = (): DockError => new DockError('worker.died', 'a worker thread is gone', { retry: 'later' });
  const by = taker({
    ...inline,
    startSeal: (...given) => (isDying ? Promise.reject(died()) : inline.startSeal(...given)),
  });
  for (let times = 0; times < 6; times++) {
    bad.againAtMs = 0;
    await take(bad, by);
  }
  expect(bad.fate).toEqual({ kind: 'waiting', reason: 'spool-failed' });
  expect(conditions.isRaised('spool.write-failed', null)).toBe(false);
  isDying = false;
  await take(good, by);
  expect(good.fate.kind).toBe('spooled');
});

/** The camera leaves once in a reading, after the first piece; then each reading begins where the list tells. */
function leavingOnce(): number[] {
  const offsets: number[] = [];
  const read = session.read.bind(session);
  session.read = async function* (listed, offset, ending) {
    offsets.push(offset);
    for await (const piece of read(listed, offset, ending)) {
      yield piece;
      if (offsets.length === 1) throw new DockError('driver.detached', 'it left', { retry: 'later' });
    }
  };
  return offsets;
}

test('what was begun goes on although the space for the rest of it could not be asked for once', async () => {
  camera.put('a.mp4', patternBytes(3 * PULL_PIECE_BYTES));
  const entry = await entryOf('a.mp4');
  const offsets = leavingOnce();
  const by = taker();
  await expect(take(entry, by)).rejects.toThrow('it left');
  const begun = await readdir(join(folder, 'staging'));
  expect(begun).toHaveLength(1);
  vi.spyOn(spool, 'reserve').mockRejectedValueOnce(new Error('EIO'));
  await take(entry, by);
  expect(entry.fate).toEqual({ kind: 'waiting', reason: 'spool-failed' });
  expect(await readdir(join(folder, 'staging'))).toEqual(begun);
  await take(entry, by);
  expect(entry.fate).toMatchObject({ kind: 'spooled', recording: begun[0] });
  expect(offsets.at(-1)).toBeGreaterThan(0);
  expect(await readdir(join(folder, 'staging'))).toEqual([]);
});

test('a file that changed while its camera was away has space for all of it before it is read from its beginning', async () => {
  const content = patternBytes(3 * PULL_PIECE_BYTES);
  const modifiedAt = '2026-11-25T08:00:00.000Z';
  camera.put('a.mp4', content, { modifiedAt });
  const entry = await entryOf('a.mp4');
  const offsets = leavingOnce();
  const by = taker();
  await expect(take(entry, by)).rejects.toThrow('it left');
  camera.put('a.mp4', patternBytes(3 * PULL_PIECE_BYTES, 7), { modifiedAt });
  const reserve = vi.spyOn(spool, 'reserve');
  const changed = await entryOf('a.mp4');
  await take(changed, by);
  expect(changed.fate.kind).toBe('spooled');
  expect(offsets.at(-1)).toBe(0);
  expect(reserve.mock.lastCall?.[0]).toBeGreaterThan(content.length);
});
