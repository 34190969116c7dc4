// What the caches of a growing spool cost: how much is written for a recording, what is written without need, and what the disk has when.
import { beforeEach, describe, expect, test } from 'vitest';
import { Catalogue } from '../../../agent/spool/catalogue.ts';
import { readIndex } from '../../../agent/spool/index-file.ts';
import { IndexKeeper } from '../../../agent/spool/index-keeper.ts';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import { RECORDING_ROW_BYTES } from '../../../agent/spool/recording-rows.ts';
import { readReleasedRows } from '../../../agent/spool/released-file.ts';
import { ReleasedRows } from '../../../agent/spool/released-rows.ts';
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
let keeper: IndexKeeper;
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
  catalogue = new Catalogue(layout);
  rows = new ReleasedRows();
  const files = filesWith(disk, { create: async (path) => counted(path, await disk.create(path)) });
  const deps = {
    files,
    log,
    clock,
    layout,
    catalogue,
    rows,
    unfinished: new Set<RecordingId>(),
    id: ID,
  };
  keeper = new IndexKeeper(deps, 0);
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

function writtenTo(name: string): { bytes: number; rows: number } {
  return written.get(`${ROOT}/${name}.new`) ?? { bytes: 0, rows: 0 };
}

function spooled(): RecordingId {
  const { recording } = catalogue.enter(facts(), 'spooled');
  keeper.changed();
  return recording;
}

function released(): void {
  rows.add(facts());
  keeper.releasedChanged();
}

/** The disk in memory takes no longer than its promises: all that was begun is over. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const indexed = async (): Promise<number> => (await readIndex(disk, layout, ID))?.size ?? 0;
const rowsWritten = async (): Promise<number> => (await readReleasedRows(disk, layout, ID)).size;

describe('the index of a spool that grows', () => {
  test('is written behind 500 changes by itself', async () => {
    for (let count = 1; count < 500; count++) spooled();
    await settled();
    expect(await indexed()).toBe(0);
    spooled();
    await settled();
    expect(await indexed()).toBe(500);
  });

  test('costs as many bytes for a recording when there are many as when there are few, and lacks a small part at most', async () => {
    const perRecording: number[] = [];
    for (const upTo of [16_000, 24_000, 48_000]) {
      const [before, first] = [writtenTo('index.jsonl').bytes, catalogue.size];
      while (catalogue.size < upTo) {
        for (let count = 0; count < 100; count++) spooled();
        await settled();
      }
      perRecording.push((writtenTo('index.jsonl').bytes - before) / (upTo - first));
      const lacking = upTo - writtenTo('index.jsonl').rows;
      expect(lacking).toBeLessThanOrEqual(upTo / 32 + 100);
    }
    const [, second = 0, third = 0] = perRecording;
    expect(third / second).toBeLessThan(1.3);
    expect(second).toBeGreaterThan(0);
  });

  test('is read as a whole, whatever comes and goes while it is being written', async () => {
    const ids = Array.from({ length: 3000 }, () => spooled());
    const closing = keeper.close();
    for (const recording of ids.slice(0, 1400)) {
      catalogue.remove(recording);
      keeper.changed();
      await Promise.resolve();
    }
    await closing;
    const index = await readIndex(disk, layout, ID);
    const left = ids.slice(1400);
    expect(left.filter((recording) => index?.find(recording) === undefined)).toEqual([]);
    expect(index?.size).toBeLessThanOrEqual(ids.length);
    expect(log.messages('warn')).toEqual([]);
  });

  test('is tried again at the end where the disk refused it once, and only there', async () => {
    disk.fail({ operation: 'write', path: 'index.jsonl', nth: 1, times: 1, code: 'ENOSPC' });
    for (let count = 0; count < 500; count++) spooled();
    await settled();
    expect(log.messages('warn')).toEqual(['spool index not written']);
    disk.heal();
    await settled();
    expect(await indexed()).toBe(0);
    await keeper.close();
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
    await settled(); // the first write waits for its gate
    expect(running).toBe(1);
    for (let count = 0; count < 1600; count++) spooled();
    const closing = keeper.close();
    await settled();
    open();
    await closing;
    expect(most).toBe(1);
    expect(await indexed()).toBe(2600);
    expect(writtenTo('index.jsonl').bytes).toBeLessThan(2.5 * (disk.peek(layout.index)?.length ?? 0));
  });
});

describe('the rows of released recordings', () => {
  test('are not written for what is only spooled, nor the index for what was only released', async () => {
    for (let count = 0; count < 500; count++) spooled();
    await settled();
    expect(writtenTo('released.jsonl').bytes).toBe(0);
    const before = writtenTo('index.jsonl').bytes;
    for (let count = 0; count < 500; count++) released();
    await settled();
    expect(await rowsWritten()).toBe(500);
    released();
    await keeper.close();
    expect(writtenTo('index.jsonl').bytes).toBe(before);
    expect(await rowsWritten()).toBe(501);
  });

  test('are written within an hour, however few changed, and no hour is waited for behind the end', async () => {
    released();
    await clock.advance(HOUR_MS - 1);
    await settled();
    expect(await rowsWritten()).toBe(0);
    await clock.advance(1);
    await settled();
    expect(await rowsWritten()).toBe(1);
    expect(clock.pending).toBe(0);
    released();
    await keeper.close();
    keeper.releasedChanged();
    expect(clock.pending).toBe(0);
  });

  test('leave out one whose payload is just being removed, and have it once that is done', async () => {
    released();
    const [recording] = rows.cameras.flatMap(({ camera }) => rows.ofCamera(camera));
    if (recording === undefined) throw new Error('no row');
    keeper.reclaimBegan(recording);
    await clock.advance(HOUR_MS);
    await settled();
    expect(await rowsWritten()).toBe(0);
    keeper.reclaimEnded(recording);
    await keeper.close();
    expect(await rowsWritten()).toBe(1);
  });
});
