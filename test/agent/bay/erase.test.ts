import { afterEach, expect, test } from 'vitest';
import { Eraser } from '../../../agent/bay/erase.ts';
import type { TrackedEntry } from '../../../agent/bay/entry.ts';
import type { DockingFacts } from '../../../agent/bay/manifest-build.ts';
import type { SpooledRecording } from '../../../agent/spool/spool.ts';
import { sha256Hex, encodeUtf8 } from '../../../protocol/bytes.ts';
import { DockError } from '../../../protocol/errors.ts';
import {
  parseBayId,
  parseCameraId,
  parseRecordingId,
  parseStationId,
  type DockingId,
} from '../../../protocol/ids.ts';
import { MEMORY_IDENTITY } from '../../../drivers/simulated/memory-camera.ts';
import type { CameraSession } from '../../../drivers/driver.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { DockAndStore, type DockOptions } from '../../fakes/dock-and-store.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

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
  const path = encodeUtf8('a.mp4');
  return {
    pathSha256: sha256Hex(path),
    listed: {
      modifiedStepMs: 2000,
      path,
      kind: 'file',
      sizeBytes: 5,
      modifiedAt: null,
      stamp: '1',
      locked: false,
      vendor: {},
    },
    role: { role: 'media', rejected: null, sidecars: [], sidecarOf: null },
    fate: { kind: 'spooled', recording, sha256: '1'.repeat(64), stamp: '1' },
    attempts: 0,
    againAtMs: 0,
    supersedes: [],
  };
}

function eraserOver(state: SpooledRecording['state'] | undefined): Eraser {
  const session = {
    inventory: () => Promise.reject(new DockError('driver.detached', 'gone', { retry: 'later' })),
  } as Partial<CameraSession> as CameraSession;
  return new Eraser(
    {
      policy: 'after-receipt',
      stationKeys: [],
      storeKeys: [],
      provenRecipients: () => new Set(),
      spool: { get: () => (state === undefined ? undefined : ({ state } as SpooledRecording)) },
      files: { readAll: () => Promise.reject(new Error('nothing is read here')) },
      custody: new MemoryCustody(),
      conditions: new MemoryConditions(),
      log: new MemoryLog(),
    },
    facts,
    session,
  );
}

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
  expect(dock.log.messages().filter((line) => line.includes('was not erased'))).toEqual([]);
  expect(dock.conditions.isRaised('camera.not-erased', 'bay-1')).toBe(false);
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
