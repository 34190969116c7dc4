// How much is erased between two listings of a camera, and what the log says before each part of it is touched.
import { expect, test } from 'vitest';
import { Eraser } from '../../../agent/bay/erase.ts';
import type { DockingFacts } from '../../../agent/bay/manifest-build.ts';
import type { TrackedEntry } from '../../../agent/entries/entry.ts';
import type { SpooledRecording } from '../../../agent/spool/spool.ts';
import type { CameraSession } from '../../../drivers/driver.ts';
import { MEMORY_IDENTITY } from '../../../drivers/simulated/memory-camera.ts';
import { encodeUtf8, sha256Hex } from '../../../protocol/bytes.ts';
import { DockError } from '../../../protocol/errors.ts';
import { parseBayId } from '../../../protocol/ids.ts';
import { publicKeyOf } from '../../../protocol/minisign.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { listedFile, trackedEntry } from '../../fakes/tracked-entry.ts';
import { prepare, stationKey, STATION, storeKey } from '../spool/scenario.ts';

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

/** An eraser over a camera, and what happened to both. */
function eraserWith(erase: (nth: number) => Promise<'done'> = async () => 'done') {
  const custody = new MemoryCustody();
  const steps: string[] = [];
  let erased = 0;
  const session = {
    erase: () => {
      const isSaid = custody.of('erasing').length > erased && custody.covered >= custody.events.length;
      steps.push(isSaid ? 'erase' : 'erase unsaid');
      return erase(erased++);
    },
    inventory: async () => {
      steps.push('list');
      return { entries: [], problems: [] };
    },
  } as Partial<CameraSession> as CameraSession;
  const eraser = new Eraser(
    {
      policy: 'after-receipt',
      stationKeys: [publicKeyOf(stationKey)],
      storeKeys: [publicKeyOf(storeKey)],
      provenRecipients: () => new Set(manifest.recipients),
      storeBehind: () => false,
      spool: { stateOf: () => 'receipted', find: async () => ({ folder: '/ready/it' }) as SpooledRecording },
      files: { readAll: async (path) => documents[path.slice('/ready/it/'.length)] ?? new Uint8Array() },
      custody,
      clock: { sleep: () => Promise.resolve() },
      conditions: new MemoryConditions(),
      log: new MemoryLog(),
    },
    facts,
    session,
  );
  return { eraser, custody, steps };
}

test.each([
  [3, 3],
  [500, 500],
  [8000, 500],
  [8001, 501],
  [20_000, 1250],
])('of a camera with %i files %i are up for release at a time', (files, wave) => {
  const { eraser } = eraserWith();
  const entries = Array.from({ length: files }, () => entryOf());
  expect(eraser.ready(entries, files)).toHaveLength(wave);
});

test('a large wave is said in the log part by part before the camera is touched, and listed once', async () => {
  const { eraser, custody, steps } = eraserWith();
  const entries = Array.from({ length: 1100 }, () => entryOf());
  const listing = await eraser.wave(entries, new AbortController().signal);
  expect(listing).toEqual({ entries: [], problems: [] });
  expect(steps).toEqual([...Array.from({ length: 1100 }, () => 'erase'), 'list']);
  const names = custody.names();
  expect(names.slice(0, 1100)).toEqual(Array.from({ length: 1100 }, () => 'erasing'));
  expect(names.slice(1100)).toEqual(Array.from({ length: 1100 }, () => 'erased'));
  expect(custody.covered).toBe(2200);
  expect(entries.every(({ fate }) => fate.kind === 'erased')).toBe(true);
  expect(sha256Hex(encodeUtf8(PATH))).toBe(custody.of('erased')[0]?.facts['path_sha256']);
});

test('a camera that leaves in the second part of a wave: the log says nothing of the third, and that none is erased', async () => {
  const { eraser, custody } = eraserWith(async (nth) => {
    if (nth === 700) throw new DockError('driver.detached', 'the camera left', { retry: 'later' });
    return 'done';
  });
  const entries = Array.from({ length: 1100 }, () => entryOf());
  await expect(eraser.wave(entries, new AbortController().signal)).rejects.toMatchObject({
    code: 'driver.detached',
  });
  expect(custody.of('erasing')).toHaveLength(1000);
  expect(custody.of('erased')).toHaveLength(0);
  expect(entries.every(({ fate }) => fate.kind === 'spooled')).toBe(true);
});
