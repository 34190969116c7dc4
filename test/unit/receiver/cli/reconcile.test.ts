import { mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeRecordingId, makeSegmentId, type RecordingId } from '../../../../protocol/format/ids.ts';
import { makeSecretKey } from '../../../../protocol/documents/minisign.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { SegmentMaker } from '../custody-sample.ts';
import { RECEIVER } from '../keys/store-folder.ts';
import { STATION } from '../sample.ts';
import { withRetentionStore, type RetentionStore } from './retention-store.ts';

const DOCKING = 'abcdefghijklmnopqrstuvwxyi';
const PATH = '1'.repeat(64);
const RECEIPT = '7'.repeat(64);
const random = new SeededRandom(77);
const key = makeSecretKey(random);

/** A log that tells of receipts for recordings of one camera. */
function logOf(recordings: readonly RecordingId[]): SegmentMaker {
  const log = new SegmentMaker(STATION, makeSegmentId(random), key);
  log.add('docked', { bay: 'bay-1', camera: 'cam-9', docking: DOCKING });
  for (const recording of recordings)
    log
      .add('pulled', { recording, docking: DOCKING, path_sha256: PATH, size_bytes: 1, sha256: PATH })
      .add('spooled', { recording, manifest_sha256: PATH, sealed_size_bytes: 1 })
      .add('receipted', { recording, receiver: RECEIVER, receipt_sha256: RECEIPT });
  return log;
}

async function keepLog({ vault }: RetentionStore, log: SegmentMaker): Promise<void> {
  const folder = join(vault, STATION, 'custody');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${log.segment}.jsonl`), log.batch());
}

interface Row {
  readonly recording: string;
  readonly where: string;
}
interface Found {
  readonly code: number;
  readonly lost: Row[];
  readonly missing: Row[];
  readonly incomplete: { recording: string; what: string }[];
  readonly unreceipted: { recording: string }[];
  readonly waiting: number;
  readonly receipted: number;
}

async function found({ call }: RetentionStore, ...words: string[]): Promise<Found> {
  const { code, out, err } = await call('reconcile', ...words, '--json');
  expect(err).toBe('');
  const { stations, ...rest } = JSON.parse(out) as { stations: object[] };
  expect(stations).toHaveLength(1);
  return { ...rest, ...stations[0], code } as unknown as Found;
}

describe('bodydock-receiver reconcile', () => {
  test('is content with a vault that has all that the log tells of, and changes nothing', async () => {
    await withRetentionStore(async (store) => {
      const kept = await store.plant(1);
      const log = logOf([kept.recording]);
      const waiting = makeRecordingId(random);
      await keepLog(
        store,
        log.add('spooled', { recording: waiting, manifest_sha256: PATH, sealed_size_bytes: 1 }),
      );
      const before = await readdir(store.vault, { recursive: true });
      expect(await found(store)).toMatchObject({ code: 0, receipted: 1, waiting: 1, lost: [], missing: [] });
      expect(await readdir(store.vault, { recursive: true })).toEqual(before);
      const { out } = await store.call('reconcile');
      expect(out).toBe(
        `${STATION}: 1 here with receipt, 1 at the station without, 0 under way\ngood: what the stations’ logs tell of is here\n`,
      );
    });
  });

  test('says what is missing, where it may be, and by which receipt', async () => {
    await withRetentionStore(async (store) => {
      const [lost, spool, camera] = [1, 2, 3].map(() => makeRecordingId(random)) as [
        RecordingId,
        RecordingId,
        RecordingId,
      ];
      const log = logOf([lost, spool, camera])
        .add('erased', { recording: lost, docking: DOCKING, path_sha256: PATH })
        .add('spool-reclaimed', { recording: lost })
        .add('spool-reclaimed', { recording: camera });
      await keepLog(store, log);
      const receipt = {
        receiver: RECEIVER,
        receipted_at: '2026-11-25T08:00:00.000Z',
        receipt_sha256: RECEIPT,
      };
      const row = { kind: 'recording', camera: 'cam-9', ...receipt };
      const { code, lost: gone, missing } = await found(store, STATION);
      expect([code, gone]).toEqual([1, [{ recording: lost, where: 'nowhere', ...row }]]);
      expect(missing).toHaveLength(2);
      expect(missing).toContainEqual({ recording: spool, where: 'spool', ...row });
      expect(missing).toContainEqual({ recording: camera, where: 'camera', ...row });
      const { out } = await store.call('reconcile');
      expect(out).toContain(
        `LOST     ${lost}  recording of camera cam-9; receipted ${receipt.receipted_at} by ${RECEIVER}, receipt ${RECEIPT}`,
      );
      expect(out).toContain('1 station of 1 to look at');
    });
  });

  test('says which folders are not whole, and which have no receipt', async () => {
    await withRetentionStore(async (store) => {
      const [short, bare, unreceipted] = [await store.plant(1), await store.plant(1), await store.plant(1)];
      await truncate(join(store.recording(short), 'payload.age'), 10);
      await rm(join(store.recording(bare), 'chunks.bin'));
      await rm(join(store.recording(unreceipted), 'receipt.json'));
      await keepLog(store, logOf([short.recording, bare.recording, unreceipted.recording]));
      const { code, incomplete, unreceipted: without, missing } = await found(store);
      expect([code, missing]).toEqual([1, []]);
      expect(new Map(incomplete.map(({ recording, what }) => [recording, what]))).toEqual(
        new Map([
          [short.recording, 'payload.age has 10 bytes, the manifest says 700'],
          [bare.recording, 'chunks.bin is not there'],
        ]),
      );
      expect(without.map(({ recording }) => recording)).toEqual([unreceipted.recording]);
    });
  });

  test('says that a station is ahead where a receipt names an entry that is not held', async () => {
    await withRetentionStore(async (store) => {
      const log = logOf([]);
      await keepLog(store, log);
      const head = { segment: log.segment, sequence: log.head.sequence + 3, sha256: PATH };
      await store.plant(1, 1, {}, { custody_head: head });
      const { out, code } = await store.call('reconcile', '--json');
      expect(code).toBe(1);
      expect(JSON.parse(out)).toMatchObject({
        stations: [{ ahead: [{ ...head, held_sequence: log.head.sequence }] }],
      });
    });
  });

  test('refuses what is no id of a station', async () => {
    await withRetentionStore(async ({ call }) => {
      expect((await call('reconcile', 'No/Station')).code).toBe(2);
    });
  });
});

test('a station that neither the file nor the vault knows is no good news', async () => {
  await withRetentionStore(async ({ call, plant }) => {
    const sample = await plant(1);
    for (const words of [['reconcile'], ['orders'], ['orders', '--json']]) {
      const [command = '', ...options] = words;
      const typed = await call(command, `${sample.station}0`, ...options);
      const said = options.includes('--json') ? expect.stringContaining('"station.unknown"') : '';
      expect([typed.code, typed.out], words.join(' ')).toEqual([1, said]);
      expect(typed.err).toContain(`${sample.station}0`);
      expect(await call(command, sample.station, ...options)).toMatchObject({ code: 0 });
    }
  });
});
