// How much is erased between two listings of a camera, and what the log says before each part of it is touched.
import { expect, test } from 'vitest';
import type { TrackedEntry } from '../../../agent/inventory/entry.ts';
import { Eraser } from '../../../agent/release/erase.ts';
import type { DockingFacts } from '../../../agent/seal/commit.ts';
import type { SpooledRecording } from '../../../agent/spool/spool.ts';
import type { CameraSession, EraseOutcome, InventoryEntry } from '../../../drivers/driver.ts';
import { publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { parseBayId, parseReceiverId } from '../../../protocol/format/ids.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { itemsAround } from '../../fakes/items-around.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { MEMORY_IDENTITY } from '../../fakes/memory-camera.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { listedFile, trackedEntry } from '../../fakes/tracked-entry.ts';
import { prepare, STATION, stationKey, storeKey } from '../spool/scenario.ts';

const PATH = 'a.mp4';
const one = prepare(seededRandom(1), { path: PATH });
const { manifest, manifestBytes, signature } = one.documents;
const documents: Record<string, Uint8Array> = {
  'manifest.json': manifestBytes,
  'manifest.json.minisig': encodeUtf8(signature),
  'receipt.json': one.receipt.bytes,
  'receipt.json.minisig': encodeUtf8(one.receipt.signature),
};
const facts: DockingFacts = {
  station: STATION,
  bay: parseBayId('bay-1'),
  docking: manifest.docking,
  camera: manifest.camera.id,
  identity: MEMORY_IDENTITY,
  recipients: manifest.recipients,
};

/** A file that may go; all of them by the same documents. */
function entryOf(): TrackedEntry {
  const { size_bytes, sha256 } = manifest.original;
  const fate = { kind: 'spooled', recording: one.recording, sha256, stamp: '1' } as const;
  return trackedEntry(listedFile(PATH, { sizeBytes: size_bytes }), fate);
}

interface Camera {
  readonly eraseMs?: number;
  readonly listMs?: number;
  /** Before the camera answers; counted from 0. What it gives is the answer, "done" where that is nothing. */
  readonly onErase?: (nth: number) => EraseOutcome | undefined | void;
  readonly listed?: InventoryEntry[];
  /** Before a document of the spool is read. */
  readonly onRead?: () => void;
  readonly storeBehind?: () => boolean;
  /** Recipients that have proven to open; all unless given. */
  readonly proven?: () => readonly string[];
}

/** An eraser over a camera, and what happened to both: `steps` are the files erased before each listing. */
function eraserWith({
  eraseMs = 1,
  listMs = 1,
  onErase = () => undefined,
  listed = [],
  onRead = () => undefined,
  storeBehind = () => false,
  proven = () => manifest.recipients,
}: Camera = {}) {
  const custody = new MemoryCustody();
  const steps: number[] = [];
  let [now, erased, sinceListing, unsaid] = [0, 0, 0, 0];
  const session = {
    erase: async () => {
      if (custody.of('erasing').length <= erased || custody.covered < custody.events.length) unsaid++;
      now += eraseMs;
      sinceListing++;
      return onErase(erased++) ?? 'done';
    },
    inventory: async () => {
      now += listMs;
      steps.push(sinceListing);
      sinceListing = 0;
      return { entries: listed, problems: [] };
    },
  } as Partial<CameraSession> as CameraSession;
  const eraser = new Eraser(
    {
      policy: 'after-receipt',
      stationKeys: [publicKeyOf(stationKey)],
      storeKeys: [publicKeyOf(storeKey)],
      receivers: [parseReceiverId('r-store')],
      provenRecipients: () => new Set(proven()),
      store: {
        isForked: false,
        get isBehind() {
          return storeBehind();
        },
        vault: undefined,
      },
      items: itemsAround(),
      spool: {
        stateOf: () => 'receipted',
        find: async () => ({ folder: '/ready/it' }) as SpooledRecording,
        recheck: async () => 'good',
      },
      files: {
        readAll: async (path) => {
          onRead();
          return documents[path.slice('/ready/it/'.length)] ?? new Uint8Array();
        },
      },
      custody,
      clock: { sleep: () => Promise.resolve(), monotonicMs: () => now },
      conditions: new MemoryConditions(),
      log: new MemoryLog(),
    },
    facts,
    session,
  );
  void eraser.listed({ entries: [], problems: [] }, never);
  return { eraser, custody, steps, unsaid: () => unsaid };
}

const never = new AbortController().signal;
const entriesOf = (count: number): TrackedEntry[] => Array.from({ length: count }, () => entryOf());

/** All of them, wave by wave. */
async function eraseAll(eraser: Eraser, entries: readonly TrackedEntry[]): Promise<void> {
  for (;;) {
    const ready = eraser.ready(entries.filter(({ fate }) => fate.kind === 'spooled'));
    if (ready.length === 0) return;
    await eraser.wave(ready, never);
  }
}

test('a camera that is listed fast is listed behind each 500 files', async () => {
  const { eraser, steps } = eraserWith({ eraseMs: 10, listMs: 100 });
  await eraseAll(eraser, entriesOf(1100));
  expect(steps).toEqual([500, 500, 100]);
});

test('one whose listing takes long is listed for a tenth of the time for which it is erased from', async () => {
  const { eraser, steps, custody, unsaid } = eraserWith({ eraseMs: 1, listMs: 120 });
  const entries = entriesOf(2200);
  await eraseAll(eraser, entries);
  // The first listing tells how long one takes; behind it 1,200 ms of erasing are three parts of 500.
  expect(steps).toEqual([500, 1500, 200]);
  expect(unsaid()).toBe(0);
  expect(custody.covered).toBe(custody.events.length);
  expect(entries.every(({ fate }) => fate.kind === 'erased')).toBe(true);
  expect(custody.of('erasing')).toHaveLength(2200);
  expect(custody.of('erased')).toHaveLength(2200);
  expect(sha256Hex(encodeUtf8(PATH))).toBe(custody.of('erased')[0]?.facts['path_sha256']);
});

test('the gate is asked again for each file right before it goes: what does not hold any more by then keeps it', async () => {
  let [isBehind, isProven] = [false, true];
  const wishes: readonly [Camera, string][] = [
    [{ storeBehind: () => isBehind, onErase: () => void (isBehind = true) }, 'spooled'],
    [{ proven: () => (isProven ? manifest.recipients : []), onErase: () => void (isProven = false) }, 'kept'],
  ];
  for (const [camera, left] of wishes) {
    const { eraser, steps, custody } = eraserWith(camera);
    const entries = entriesOf(3);
    await eraser.wave(entries, never);
    expect(custody.of('erasing')).toHaveLength(3); // all three were allowed when the wave began
    expect(steps).toEqual([1]);
    expect(entries.map(({ fate }) => fate.kind)).toEqual(['erased', left, left]);
    expect(custody.of('erased')).toHaveLength(1);
  }
});

test('of a camera that leaves while the gate is asked nothing is said to be about to go', async () => {
  const leaving = new AbortController();
  const { eraser, steps, custody } = eraserWith({
    onRead: () => leaving.abort(new Error('the camera left')),
  });
  const entries = entriesOf(3);
  await expect(eraser.wave(entries, leaving.signal)).rejects.toThrow('the camera left');
  expect([custody.events, steps]).toEqual([[], []]);
  expect(entries.every(({ fate }) => fate.kind === 'spooled')).toBe(true);
});

test('no more than 10,000 are up for one wave', () => {
  const { eraser } = eraserWith();
  expect(eraser.ready(entriesOf(10_001))).toHaveLength(10_000);
});

test('each part of a wave is shown', async () => {
  const { eraser } = eraserWith({ listMs: 1000 });
  await eraser.wave(entriesOf(1), never);
  let shown = 0;
  await eraser.wave(entriesOf(1100), never, () => shown++);
  expect(shown).toBe(3);
});

/** Before a wave in whose second part something happens, behind 700 files of it. */
async function beforeWave(onErase: () => void) {
  const at = eraserWith({ listMs: 1000, onErase: (nth) => (nth === 701 ? onErase() : undefined) });
  await at.eraser.wave(entriesOf(1), never);
  return { ...at, entries: entriesOf(1600) };
}

test('a camera that leaves in the second part of a wave: the log calls none erased, tells what was asked for from what was not, and does not speak of the third', async () => {
  const { eraser, custody, entries } = await beforeWave(() => {
    throw new DockError('driver.detached', 'the camera left', { retry: 'later' });
  });
  await expect(eraser.wave(entries, never)).rejects.toMatchObject({ code: 'driver.detached' });
  expect(custody.of('erasing')).toHaveLength(1 + 1000);
  expect(custody.of('erased')).toHaveLength(1);
  expect(custody.of('erasure-unconfirmed')).toHaveLength(701);
  expect(custody.of('not-erased').map(({ facts: said }) => said['reason'])).toEqual(
    Array.from({ length: 299 }, () => 'not-reached'),
  );
  expect(entries.map(({ fate }) => fate.kind)).toEqual([
    ...Array.from({ length: 701 }, () => 'kept'),
    ...Array.from({ length: 899 }, () => 'spooled'),
  ]);
});

test('a docking that is over in the second part of a wave: that is the last part of which the log speaks', async () => {
  const ending = new AbortController();
  const { eraser, custody, entries } = await beforeWave(() => ending.abort(new Error('the end')));
  await expect(eraser.wave(entries, ending.signal)).rejects.toThrow('the end');
  expect(custody.of('erasing')).toHaveLength(1 + 1000);
  expect(custody.of('erased')).toHaveLength(1);
});

test('a log that fails in the middle of a wave: what was erased until then is confirmed all the same', async () => {
  const { eraser, custody, steps, entries } = await beforeWave(() => {
    custody.failWith = new DockError('custody.write-failed', 'the disk is full', { retry: 'later' });
  });
  await expect(eraser.wave(entries, never)).rejects.toMatchObject({ code: 'custody.write-failed' });
  expect(steps).toEqual([1, 1000]);
  expect(custody.of('erased')).toHaveLength(1 + 1000);
  expect(entries.map(({ fate }) => fate.kind)).toEqual([
    ...Array.from({ length: 1000 }, () => 'erased'),
    ...Array.from({ length: 600 }, () => 'spooled'),
  ]);
});

test('a file that was gone before it was to be erased is not called erased, and the camera is listed for it', async () => {
  const { eraser, custody, steps } = eraserWith({ onErase: (nth) => (nth === 1 ? 'already-gone' : 'done') });
  const entries = entriesOf(3);
  await eraseAll(eraser, entries);
  expect(entries.map(({ fate }) => fate.kind)).toEqual(['erased', 'kept', 'erased']);
  expect(custody.of('erased')).toHaveLength(2);
  expect(custody.of('not-erased').map(({ facts: said }) => said['reason'])).toEqual(['already-gone']);
  const [alone] = entriesOf(1);
  if (alone === undefined) throw new Error('no entry');
  const gone = eraserWith({ onErase: () => 'already-gone' });
  await eraseAll(gone.eraser, [alone]);
  expect([gone.steps, steps]).toEqual([[1], [3]]);
});

test('one that the camera calls gone, and lists all the same, is still there', async () => {
  const { eraser, custody } = eraserWith({ onErase: () => 'already-gone', listed: [listedFile(PATH)] });
  const entries = entriesOf(1);
  await eraseAll(eraser, entries);
  expect(entries.map(({ fate }) => fate)).toMatchObject([{ kind: 'kept', reason: 'still-listed' }]);
  expect(custody.of('not-erased').map(({ facts: said }) => said['reason'])).toEqual(['still-listed']);
});
