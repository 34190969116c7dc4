// What the caches of a growing spool cost: how much is written for a recording, what is written without need, and what a start has to read.
import { describe, expect, test } from 'vitest';
import { InDoubt } from '../../../agent/in-doubt.ts';
import { Catalogue } from '../../../agent/spool/catalogue.ts';
import { readIndex } from '../../../agent/spool/index-file.ts';
import { IndexKeeper } from '../../../agent/spool/index-keeper.ts';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import { readReleasedRows } from '../../../agent/spool/released-file.ts';
import { ReleasedRows } from '../../../agent/spool/released-rows.ts';
import type { RecordingFacts } from '../../../agent/spool/spooled-recording.ts';
import { sha256Hex } from '../../../protocol/bytes.ts';
import { makeRecordingId, parseDockingId, type RecordingId } from '../../../protocol/ids.ts';
import type { OpenFile } from '../../../protocol/ports.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { filesWith } from '../../fakes/files-with.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { CAMERA, ROOT } from './scenario.ts';

const ID = 'spool-of-a-test';
const layout = spoolLayout(ROOT);
const digest = sha256Hex(Buffer.from('any'));

/** A keeper above a catalogue and rows that a test changes, and what it wrote. */
async function openKeeper() {
  const disk = new CrashDisk();
  await disk.makeFolder(ROOT);
  const random = seededRandom(5);
  const written = new Map<string, number>();
  const counted = (path: string, file: OpenFile): OpenFile =>
    ({
      read: (bytes, position) => file.read(bytes, position),
      sync: () => file.sync(),
      close: () => file.close(),
      write: (bytes, position) => {
        written.set(path, (written.get(path) ?? 0) + bytes.length);
        return file.write(bytes, position);
      },
    }) as OpenFile;
  const files = filesWith(disk, { create: async (path) => counted(path, await disk.create(path)) });
  const log = new MemoryLog();
  const catalogue = new Catalogue(layout);
  const rows = new ReleasedRows();
  const parts = {
    files,
    log,
    layout,
    catalogue,
    rows,
    links: { unread: new InDoubt<RecordingId>() },
    id: ID,
  };
  const keeper = new IndexKeeper({ ...parts, unfinished: new Set() }, 0);
  const facts = (): RecordingFacts => ({
    recording: makeRecordingId(random),
    camera: CAMERA,
    docking: parseDockingId('a'.repeat(25) + 'i'),
    role: 'media',
    locked: false,
    rejected: null,
    pathSha256: digest,
    originalSizeBytes: 7,
    originalSha256: digest,
    sealedSizeBytes: 300,
    chunksSha256: digest,
    manifestSha256: digest,
    previousManifestSha256: null,
    recipients: [],
    sealedAt: '2026-11-30T08:00:00.000Z',
    keyId: null,
  });
  return {
    disk,
    log,
    keeper,
    catalogue,
    rows,
    written: (name: string) => written.get(`${ROOT}/${name}.new`) ?? 0,
    spooled: (): RecordingId => {
      const { recording } = catalogue.add({ ...facts(), pathSha256: sha256Hex(random.bytes(8)) }, 'spooled');
      keeper.changed();
      return recording;
    },
    released: (): void => {
      rows.add({ ...facts(), pathSha256: sha256Hex(random.bytes(8)) });
      keeper.releasedChanged();
    },
    /** What lies on the disk once nothing is being written. */
    indexed: async () => (await readIndex(disk, layout, ID))?.size ?? 0,
    settled: () => new Promise((resolve) => setTimeout(resolve, 50)),
  };
}

describe('the index of a spool that grows', () => {
  test('is written behind 500 changes by itself', async () => {
    const at = await openKeeper();
    for (let count = 1; count < 500; count++) at.spooled();
    await at.settled();
    expect(await at.indexed()).toBe(0);
    at.spooled();
    await at.settled();
    expect(await at.indexed()).toBe(500);
  });

  test('costs as many bytes for a recording when there are many as when there are few, and lacks a sixteenth at most', async () => {
    const at = await openKeeper();
    const perRecording: number[] = [];
    for (const upTo of [8000, 16_000, 32_000]) {
      const [before, first] = [at.written('index.jsonl'), at.catalogue.size];
      while (at.catalogue.size < upTo) {
        for (let count = 0; count < 100; count++) at.spooled();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await at.settled();
      perRecording.push((at.written('index.jsonl') - before) / (upTo - first));
      expect(upTo - (await at.indexed())).toBeLessThanOrEqual(upTo / 16 + 200);
    }
    const [, second = 0, third = 0] = perRecording;
    expect(third / second).toBeLessThan(1.3);
    expect(second).toBeGreaterThan(0);
  });

  test('is read as a whole, whatever comes and goes while it is being written', async () => {
    const at = await openKeeper();
    const ids = Array.from({ length: 3000 }, () => at.spooled());
    const closing = at.keeper.close();
    for (const recording of ids.slice(0, 1500)) {
      at.catalogue.remove(recording);
      at.keeper.changed();
      await Promise.resolve();
    }
    await closing;
    await at.keeper.close();
    const index = await readIndex(at.disk, layout, ID);
    expect([...(index?.keys() ?? [])].toSorted()).toEqual(ids.slice(1500).toSorted());
    expect(at.log.messages('warn')).toEqual([]);
  });
});

describe('the rows of released recordings', () => {
  test('are not written for what is only spooled, nor the index for what was only released', async () => {
    const at = await openKeeper();
    for (let count = 0; count < 500; count++) at.spooled();
    await at.settled();
    expect(at.written('released.jsonl')).toBe(0);
    const before = at.written('index.jsonl');
    for (let count = 0; count < 500; count++) at.released();
    await at.settled();
    expect(at.written('index.jsonl')).toBe(before);
    expect((await readReleasedRows(at.disk, layout, ID)).size).toBe(500);
    at.released();
    await at.keeper.close();
    expect(at.written('index.jsonl')).toBe(before);
    expect((await readReleasedRows(at.disk, layout, ID)).size).toBe(501);
  });

  test('leave out one whose payload is just being removed, and have it once that is done', async () => {
    const at = await openKeeper();
    at.released();
    const [recording] = at.rows.ends(new Set());
    if (recording === undefined) throw new Error('no row');
    at.keeper.reclaimBegan(recording);
    await at.keeper.close();
    expect((await readReleasedRows(at.disk, layout, ID)).size).toBe(0);
    at.keeper.reclaimEnded(recording);
    await at.keeper.close();
    expect((await readReleasedRows(at.disk, layout, ID)).size).toBe(1);
  });
});
