// What the snapshot of a growing spool costs: how much is written for a recording, what is written without need, and what the disk has when.
import { beforeEach, describe, expect, test } from 'vitest';
import { readSnapshot, Snapshot } from '../../../agent/custody/ledger-file.ts';
import { Catalogue } from '../../../agent/spool/catalogue.ts';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import { RECORDING_ROW_BYTES } from '../../../agent/spool/recording-rows.ts';
import type { ReleasedRows } from '../../../agent/spool/released-rows.ts';
import { emptySnapshot, type SpoolSnapshot } from '../../../agent/spool/snapshot-rows.ts';
import type { RecordingFacts } from '../../../agent/spool/spooled-recording.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { makeRecordingId, parseDockingId, type RecordingId } from '../../../protocol/format/ids.ts';
import type { OpenFile } from '../../../protocol/format/ports.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { filesWith } from '../../fakes/files-with.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { CAMERA, ROOT } from './scenario.ts';

const ID = 'spool-of-a-test';
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const layout = spoolLayout(ROOT);
const random = seededRandom(5);
const digest = (): string => sha256Hex(random.bytes(8));

function facts(): RecordingFacts {
  return {
    recording: makeRecordingId(random),
    camera: CAMERA,
    docking: parseDockingId(`${'a'.repeat(25)}i`),
    role: 'media',
    locked: false,
    rejected: null,
    pathSha256: digest(),
    originalSizeBytes: 7,
    originalSha256: digest(),
    sealedSizeBytes: 300,
    chunksSha256: digest(),
    manifestSha256: digest(),
    previousManifestSha256: null,
    recipients: [],
    sealedAt: '2026-11-30T08:00:00.000Z',
    keyId: null,
  };
}

let disk: CrashDisk;
let log: MemoryLog;
let clock: ManualClock;
let catalogue: Catalogue;
let rows: ReleasedRows;
let snapshot: SpoolSnapshot;
/** By path: bytes of all that was ever written, and rows of the last file. */
let written: Map<string, { bytes: number; rows: number }>;
/** What each write waits for. */
let gate: () => Promise<void>;

beforeEach(async () => {
  disk = new CrashDisk(undefined, () => undefined);
  await disk.makeFolder(ROOT);
  written = new Map();
  gate = async () => undefined;
  log = new MemoryLog();
  clock = new ManualClock();
  const files = filesWith(disk, { create: async (path) => counted(path, await disk.create(path)) });
  snapshot = await Snapshot.open({ files, log, clock, path: layout.snapshot, spool: ID }, emptySnapshot);
  catalogue = new Catalogue(layout, snapshot.parts.recordings.rows);
  ({ rows } = snapshot.parts.released);
});

function counted(path: string, file: OpenFile): OpenFile {
  const of = { bytes: written.get(path)?.bytes ?? 0, rows: 0 };
  written.set(path, of);
  return {
    read: (target, position) => file.read(target, position),
    sizeBytes: () => file.sizeBytes(),
    sync: () => file.sync(),
    close: () => file.close(),
    write: async (bytes, position) => {
      await gate();
      of.bytes += bytes.length;
      of.rows += rowsIn(Buffer.from(bytes).toString('latin1'));
      await file.write(bytes, position);
    },
  };
}

/** Of whole lines. */
function rowsIn(text: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith('["rows"'));
  const bytes = lines.map((line) => Buffer.from(String((JSON.parse(line) as unknown[])[1]), 'base64').length);
  return bytes.reduce((sum, each) => sum + each, 0) / RECORDING_ROW_BYTES;
}

function writtenNow(): { bytes: number; rows: number } {
  return written.get(`${layout.snapshot}.new`) ?? { bytes: 0, rows: 0 };
}

function spooled(): RecordingId {
  const { recording } = catalogue.enter(facts(), 'spooled');
  snapshot.changed();
  return recording;
}

function released(): void {
  rows.add(facts());
  snapshot.changed();
}

/** The disk in memory takes no longer than its promises: all that was begun is over. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** The minute is over in which changes wait for more of them. */
async function minute(): Promise<void> {
  await clock.advance(MINUTE_MS);
  await settled();
}
const read = () => readSnapshot(disk, layout.snapshot, ID, emptySnapshot);
const indexed = async (): Promise<number> => (await read()).recordings.size;
const rowsWritten = async (): Promise<number> => (await read()).released.size;

describe('the snapshot of a spool that grows', () => {
  test('is written a minute after 500 changes by itself', async () => {
    for (let count = 1; count < 500; count++) spooled();
    await minute();
    expect(await indexed()).toBe(0);
    spooled();
    await minute();
    expect(await indexed()).toBe(500);
  });

  test('costs as many bytes for a recording when there are many as when there are few, and lacks a small part at most', async () => {
    const perRecording: number[] = [];
    for (const upTo of [16_000, 24_000, 48_000]) {
      const [before, first] = [writtenNow().bytes, catalogue.size];
      while (catalogue.size < upTo) {
        for (let count = 0; count < 100; count++) spooled();
        await minute();
      }
      perRecording.push((writtenNow().bytes - before) / (upTo - first));
      const lacking = upTo - writtenNow().rows;
      expect(lacking).toBeLessThanOrEqual(upTo / 32 + 100);
    }
    const [, second = 0, third = 0] = perRecording;
    expect(third / second).toBeLessThan(1.3);
    expect(second).toBeGreaterThan(0);
  });

  test('is read as a whole, whatever comes and goes while it is being written', async () => {
    const ids = Array.from({ length: 3000 }, () => spooled());
    const closing = snapshot.flush();
    for (const recording of ids.slice(0, 1400)) {
      catalogue.remove(recording);
      snapshot.changed();
      await Promise.resolve();
    }
    await closing;
    const { rows: index } = (await read()).recordings;
    const left = ids.slice(1400);
    expect(left.filter((recording) => index.find(recording) === undefined)).toEqual([]);
    expect(index.size).toBeLessThanOrEqual(ids.length);
    expect(log.messages('warn')).toEqual([]);
  });

  test('is tried again at the end where the disk refused it once, and only there', async () => {
    disk.fail({ operation: 'write', path: 'ledger.jsonl', nth: 1, times: 1, code: 'ENOSPC' });
    for (let count = 0; count < 500; count++) spooled();
    await minute();
    expect(log.messages('warn')).toEqual(['snapshot of the ledger not written']);
    disk.heal();
    await minute();
    expect(await indexed()).toBe(0);
    await snapshot.flush();
    expect(await indexed()).toBe(500);
  });

  test('is written once more where changes come during a write, however many, and never twice at one time', async () => {
    let open: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => (open = resolve));
    let [running, most] = [0, 0];
    gate = async () => {
      most = Math.max(most, ++running);
      await closed;
      running--;
    };
    for (let count = 0; count < 1000; count++) spooled();
    await minute(); // the first write waits for its gate
    expect(running).toBe(1);
    for (let count = 0; count < 1600; count++) spooled();
    const closing = snapshot.flush();
    await minute();
    open();
    await closing;
    expect(most).toBe(1);
    expect(await indexed()).toBe(2600);
    expect(writtenNow().bytes).toBeLessThan(2.5 * (disk.peek(layout.snapshot)?.length ?? 0));
  });
});

describe('little that changed', () => {
  test('is written within an hour, and no hour is waited for where nothing is to be written', async () => {
    released();
    await clock.advance(HOUR_MS - 1);
    await settled();
    expect(await rowsWritten()).toBe(0);
    await clock.advance(1);
    await settled();
    expect(await rowsWritten()).toBe(1);
    expect(clock.pending).toBe(0);
    const { bytes } = writtenNow();
    await snapshot.flush();
    snapshot.changed(0);
    expect(clock.pending).toBe(0);
    expect(writtenNow().bytes).toBe(bytes);
  });

  test('leaves out a released recording whose payload is just being removed, and has it once that is done', async () => {
    released();
    const [recording] = rows.cameras.flatMap(({ camera }) => rows.ofCamera(camera));
    if (recording === undefined) throw new Error('no row');
    const { unfinished } = snapshot.parts.released;
    unfinished.add(recording);
    await clock.advance(HOUR_MS);
    await settled();
    expect(await rowsWritten()).toBe(0);
    unfinished.delete(recording);
    snapshot.changed();
    await snapshot.flush();
    expect(await rowsWritten()).toBe(1);
  });
});
