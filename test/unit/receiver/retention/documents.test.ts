// Old documents go, whole and behind an entry, and nothing that something younger rests on.
import { describe, expect, test } from 'vitest';
import { parseStationId } from '../../../../protocol/format/ids.ts';
import { encodeCanonical } from '../../../../protocol/format/canonical.ts';
import { encodeUtf8, sha256Hex } from '../../../../protocol/format/bytes.ts';
import {
  type CustodyEvent,
  encodeCustodyEntry,
  FIRST_PREVIOUS,
} from '../../../../protocol/custody/custody-entry.ts';
import {
  makeSegmentId,
  parseRecordingId,
  type RecordingId,
  type SegmentId,
} from '../../../../protocol/format/ids.ts';
import { encodeReceipt, RECEIPT_TRUSTED_COMMENT } from '../../../../protocol/documents/receipt.ts';
import {
  itemDocument,
  type ItemKind,
  NO_CHUNKS_SHA256,
} from '../../../../protocol/documents/item-documents.ts';
import type { DroppedDocuments } from '../../../../agent/receiver/retention/documents.ts';
import { dropOldDocuments } from '../../../../agent/receiver/retention/expire.ts';
import { whileTimePasses } from '../../../fakes/clock-manual.ts';
import { SURVIVALS, type CrashDisk } from '../../../fakes/files-crash.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import type { NewDockingRecord } from '../../../../protocol/documents/docking-record.ts';
import { makeDockingSample, type DockingSample } from '../docking-sample.ts';
import { append } from '../custody/log-scenario.ts';
import { signFast } from '../../../fakes/signer-fast.ts';
import * as scene from './retention-scenario.ts';

const { DAY_MS, START_MS, STATION, VAULT } = scene;
const FOLDER = `${VAULT}/${STATION}`;
const NOTHING = { folders: 0, segments: 0 };

function store(disk: CrashDisk, seed = 1): scene.TestDeps {
  return scene.depsOn(disk, seed, { bootId: 'one boot' });
}

async function drop(deps: scene.TestDeps): Promise<DroppedDocuments> {
  return whileTimePasses(deps.clock, dropOldDocuments(scene.hearing(deps.files as CrashDisk, deps)));
}

/** Of START_MS, for what has no payload. */
function plantReceipt(
  disk: CrashDisk,
  kind: ItemKind,
  { station, recording, sha256 }: Pick<DockingSample, 'station' | 'recording' | 'sha256'>,
): void {
  const receipt = encodeReceipt({
    type: 'receipt',
    version: 1,
    kind,
    recording,
    station,
    manifest_sha256: sha256,
    sealed_size_bytes: 0,
    chunks_sha256: NO_CHUNKS_SHA256,
    receiver: scene.RECEIVER,
    vault: scene.VAULT_ID,
    custody_head: null,
    received_at: scene.at(START_MS),
  });
  const path = `${VAULT}/${station}/${recording}/receipt.json`;
  disk.plant(path, receipt);
  disk.plant(`${path}.minisig`, signFast(scene.storeKey, receipt, RECEIPT_TRUSTED_COMMENT));
}

/** A docking record with its receipt of START_MS. */
function plantDocking(
  disk: CrashDisk,
  random: SeededRandom,
  recordings: readonly RecordingId[],
  change: Partial<NewDockingRecord> = {},
): DockingSample {
  const sample = makeDockingSample(random, scene.stationKey, {
    ...change,
    entries: recordings.map((recording, at) => ({
      path_sha256: sha256Hex(encodeUtf8(`${at}`)),
      size_bytes: 7,
      modified_at: null,
      later: false,
      fate: 'stored' as const,
      recording,
      reason: null,
      erased: true,
    })),
  });
  const folder = scene.folderOf(sample);
  disk.plant(`${folder}/docking.json`, sample.offer.bytes);
  disk.plant(`${folder}/docking.json.minisig`, sample.offer.signature);
  plantReceipt(disk, 'docking', sample);
  return sample;
}

/** A report or a text of the staff with its receipt of START_MS. */
function plantStaff(disk: CrashDisk, record: string, text?: string, day = new Date('2026-11-01')): string {
  const common = { version: 1, record, station: STATION, day: day.toISOString().slice(0, 10) };
  const document =
    text === undefined
      ? { type: 'staff-report', ...common, questions_sha256: 'a'.repeat(64), answers: { effect: 'calmed' } }
      : { type: 'staff-text', ...common, recipients: [`age1${'q'.repeat(58)}`], sealed: text };
  const bytes = encodeCanonical(document);
  const kind = document.type;
  const { name, trustedComment } = itemDocument(kind);
  disk.plant(`${FOLDER}/${record}/${name}`, bytes);
  disk.plant(`${FOLDER}/${record}/${name}.minisig`, signFast(scene.stationKey, bytes, trustedComment));
  plantReceipt(disk, kind, {
    station: STATION,
    recording: parseRecordingId(record),
    sha256: sha256Hex(bytes),
  });
  return record;
}

/** Segments of the station's log that follow each other, and the head of the last one. */
function plantLog(
  disk: CrashDisk,
  random: SeededRandom,
  count: number,
  at = '1970-01-02T00:00:00.000Z', // a station without the time: nothing of it decides
): { readonly segments: SegmentId[]; readonly head: CustodyEvent } {
  const segments: SegmentId[] = [];
  let last: { segment: string; sequence: number; sha256: string } | undefined;
  for (let number = 0; number < count; number++) {
    const segment = makeSegmentId(random);
    const line = encodeCustodyEntry({
      sequence: 1,
      previous: FIRST_PREVIOUS,
      at,
      boot: null,
      monotonic_ms: number,
      event: 'segment-opened',
      facts: {
        segment,
        station: STATION,
        version: '1',
        last_segment: last?.segment ?? null,
        last_sequence: last?.sequence ?? null,
        last_sha256: last?.sha256 ?? null,
      },
    });
    disk.plant(`${FOLDER}/custody/${segment}.jsonl`, Buffer.concat([line, Buffer.from('\n')]));
    last = { segment, sequence: 1, sha256: sha256Hex(line) };
    segments.push(segment);
  }
  const newest = segments.at(-1);
  if (newest === undefined || last === undefined) throw new Error('no segment');
  return { segments, head: { event: 'head', facts: { station: STATION, ...last, segment: newest } } };
}

async function left(disk: CrashDisk): Promise<string[]> {
  return (await disk.list(FOLDER)).filter((name) => name.length === 26).toSorted();
}

describe('documents', () => {
  test('of a docking stay until its own day is as old: the store’s clock may have been slow when they came', async () => {
    const disk = scene.retentionDisk();
    plantDocking(disk, new SeededRandom(94), [], { docked_at: scene.at(START_MS + 100 * DAY_MS) });
    const report = plantStaff(disk, 'b'.repeat(25) + 'a', undefined, new Date(START_MS + 100 * DAY_MS));
    const deps = store(disk);
    await scene.expireOn(deps);
    await deps.clock.advance(829 * DAY_MS);
    expect(await drop(deps)).toEqual(NOTHING);
    await deps.clock.advance(1.5 * DAY_MS);
    expect(await drop(deps)).toEqual({ folders: 1, segments: 0 });
    expect(await left(disk)).toEqual([report]);
    await deps.clock.advance(1.5 * DAY_MS);
    expect(await drop(deps)).toEqual({ folders: 1, segments: 0 });
  });

  test('of the staff: words go 90 days after they came, a report with docking records', async () => {
    const disk = scene.retentionDisk();
    const report = plantStaff(disk, 'b'.repeat(25) + 'a');
    const text = plantStaff(disk, 'c'.repeat(25) + 'a', 'YQ==');
    const deps = store(disk);
    await deps.clock.advance(89 * DAY_MS);
    expect(await drop(deps)).toEqual(NOTHING);
    await deps.clock.advance(DAY_MS);
    expect(await drop(deps)).toEqual({ folders: 1, segments: 0 });
    expect(await left(disk)).toEqual([report]);
    expect(scene.entriesOf(disk, 'documents-dropped').map(({ facts }) => facts)).toMatchObject([
      { station: STATION, recording: text, deletion_sha256: null, deleted_at: null },
    ]);
    await deps.clock.advance(639 * DAY_MS);
    expect(await drop(deps)).toEqual(NOTHING);
    await deps.clock.advance(DAY_MS);
    expect(await drop(deps)).toEqual({ folders: 1, segments: 0 });
    expect(await left(disk)).toEqual([]);
  });

  test('of a deleted recording go 730 days after its deletion, whole and behind an entry', async () => {
    const disk = scene.retentionDisk();
    const random = new SeededRandom(91);
    const [gone, kept] = [
      scene.plantRecording(disk, random, { receivedMs: START_MS - 20 * DAY_MS }),
      scene.plantRecording(disk, random, { receivedMs: START_MS - 3 * DAY_MS }),
    ];
    scene.plantOrder(disk, random, kept, {
      verb: 'hold',
      orderedMs: START_MS,
      by: ['officer', 'supervisor'],
    });
    const deps = store(disk);
    expect(await scene.expireOn(deps)).toMatchObject({ deleted: 1 });
    await deps.clock.advance(729 * DAY_MS);
    expect(await drop(deps)).toEqual(NOTHING);
    const digests = new Map<string, string>();
    for (const name of ['receipt.json', 'deletion.json'])
      digests.set(name, sha256Hex(await disk.readAll(`${FOLDER}/${gone.recording}/${name}`, 65_536)));
    await deps.clock.advance(DAY_MS);
    expect(await drop(deps)).toEqual({ folders: 1, segments: 0 });
    expect(scene.entriesOf(disk, 'documents-dropped').map(({ facts }) => facts)).toEqual([
      {
        station: STATION,
        recording: gone.recording,
        manifest_sha256: gone.manifestSha256,
        receipt_sha256: digests.get('receipt.json'),
        received_at: new Date(START_MS - 20 * DAY_MS).toISOString(),
        deletion_sha256: digests.get('deletion.json'),
        deleted_at: new Date(START_MS).toISOString(),
      },
    ]);
    expect(await left(disk)).toEqual([kept.recording]);
    expect(scene.stateOf(disk, kept)).toBe('whole');
    expect(await drop(deps)).toEqual(NOTHING);
  });

  test('of a docking stay as long as a recording that it names, then go, and the orders about it stay', async () => {
    const disk = scene.retentionDisk();
    const random = new SeededRandom(92);
    const sample = scene.plantRecording(disk, random);
    const both = ['officer', 'supervisor'] as const;
    scene.plantOrder(disk, random, sample, { verb: 'hold', orderedMs: START_MS, by: both });
    plantDocking(disk, random, [sample.recording]);
    const empty = plantDocking(disk, random, []);
    const deps = store(disk);
    await scene.expireOn(deps);
    await deps.clock.advance(731 * DAY_MS);
    expect(await drop(deps)).toEqual({ folders: 1, segments: 0 });
    expect(scene.namedBy(disk, 'documents-dropped')).toEqual([empty.recording]);
    scene.plantOrder(disk, random, sample, { verb: 'unhold', orderedMs: deps.clock.wallMs(), by: both });
    expect(await scene.expireOn(deps)).toMatchObject({ deleted: 1 });
    await deps.clock.advance(731 * DAY_MS);
    expect(await drop(deps)).toEqual({ folders: 2, segments: 0 });
    expect(await left(disk)).toEqual([]);
    expect(await disk.list(`${FOLDER}/orders`)).toHaveLength(2);
    expect(await scene.expireOn(deps)).toMatchObject({ totals: { findings: 0 } });
  });

  test('that do not hold, or have something foreign beside them, stay whatever their age', async () => {
    const disk = scene.retentionDisk();
    const random = new SeededRandom(93);
    const wish = { receivedMs: START_MS - 20 * DAY_MS };
    const samples = [0, 1, 2].map(() => scene.plantRecording(disk, random, wish));
    const [foreign, forged, unreceipted] = samples;
    if (!foreign || !forged || !unreceipted) throw new Error('three');
    const docking = plantDocking(disk, random, []);
    const deps = store(disk);
    await scene.expireOn(deps);
    disk.plant(`${scene.folderOf(foreign)}/note.txt`, 'keep me');
    disk.corrupt(`${scene.folderOf(forged)}/deletion.json`, (bytes) => bytes.map((byte) => byte ^ 1));
    await disk.unlink(`${scene.folderOf(unreceipted)}/receipt.json`);
    disk.corrupt(`${scene.folderOf(docking)}/docking.json`, (bytes) => bytes.map((byte) => byte ^ 1));
    await deps.clock.advance(800 * DAY_MS);
    expect(await drop(deps)).toEqual(NOTHING);
    expect(await left(disk)).toHaveLength(4);
  });

  test('of a recording that an order is about go with those of its sidecars, or not at all', async () => {
    const disk = scene.retentionDisk();
    const random = new SeededRandom(98);
    const media = scene.plantRecording(disk, random);
    const sidecar = scene.plantRecording(disk, random, { manifest: scene.sidecarOf(media) });
    const order = scene.plantOrder(disk, random, media, {
      verb: 'delete',
      orderedMs: START_MS,
      by: ['officer', 'supervisor'],
    });
    const deps = store(disk);
    expect(await scene.expireOn(deps)).toMatchObject({ deleted: 2 });
    expect(scene.deletionOf(disk, sidecar).order_sha256).not.toBeNull();
    disk.plant(`${scene.folderOf(sidecar)}/note.txt`, 'keep me');
    await deps.clock.advance(731 * DAY_MS);
    expect(await drop(deps)).toEqual(NOTHING);
    await disk.unlink(`${scene.folderOf(sidecar)}/note.txt`);
    expect(await drop(deps)).toMatchObject({ folders: 2 });
    expect(await disk.list(`${FOLDER}/orders`)).toEqual([order.order]);
  });

  test('stay where only an order about a sidecar says that the recording might go', async () => {
    const disk = scene.retentionDisk();
    const random = new SeededRandom(99);
    const media = scene.plantRecording(disk, random);
    const sidecar = scene.plantRecording(disk, random, { manifest: scene.sidecarOf(media) });
    const by = ['officer', 'supervisor'] as const;
    scene.plantOrder(disk, random, media, { verb: 'hold', orderedMs: START_MS - 2 * DAY_MS, by });
    scene.plantOrder(disk, random, sidecar, { verb: 'unhold', orderedMs: START_MS - DAY_MS, by });
    const deps = store(disk);
    await deps.clock.advance(15 * DAY_MS);
    expect(await scene.expireOn(deps)).toMatchObject({ deleted: 2 });
    await deps.clock.advance(731 * DAY_MS);
    expect(await drop(deps)).toEqual(NOTHING);
    expect(await left(disk)).toHaveLength(2);
  });

  test('stay as long after the entry of a deletion that a failure kept out of the log for days', async () => {
    const disk = scene.retentionDisk();
    const gone = scene.plantRecording(disk, new SeededRandom(97), { receivedMs: START_MS - 10 * DAY_MS });
    let fails = false;
    const plain = store(disk);
    const sign: typeof plain.signer.sign = (bytes, comment) => {
      if (fails && comment.includes('custody')) return Promise.reject(new Error('no signature'));
      fails ||= comment.includes('deletion');
      return plain.signer.sign(bytes, comment);
    };
    const deps = { ...plain, signer: { ...plain.signer, sign } };
    expect(await scene.expireOn(deps)).toMatchObject({ deleted: 0, failure: undefined });
    await deps.clock.advance(5 * DAY_MS);
    expect(await scene.expireOn(deps)).toMatchObject({ deleted: 0, failure: { message: 'no signature' } });
    fails = false;
    const decidedAt = scene.deletionOf(disk, gone).deleted_at;
    await deps.clock.advance(3 * DAY_MS);
    expect(await scene.expireOn(deps)).toMatchObject({ deleted: 1 });
    expect(scene.deletionOf(disk, gone).deleted_at).toBe(decidedAt);
    await deps.clock.advance(728 * DAY_MS);
    expect(await drop(deps)).toEqual(NOTHING);
    await deps.clock.advance(3 * DAY_MS);
    expect(await drop(deps)).toMatchObject({ folders: 1 });
  });

  test('beside a folder that the disk does not show go all the same, and that is told', async () => {
    const disk = scene.retentionDisk();
    const random = new SeededRandom(98);
    const both = ['officer', 'supervisor'] as const;
    const [hidden, gone, other] = [1, 2, 3].map(() =>
      scene.plantRecording(disk, random, { receivedMs: START_MS - 20 * DAY_MS }),
    );
    if (hidden === undefined || gone === undefined || other === undefined) throw new Error('too few');
    for (const each of [hidden, gone])
      scene.plantOrder(disk, random, each, { verb: 'delete', orderedMs: START_MS, by: both });
    const deps = store(disk);
    expect(await scene.expireOn(deps)).toMatchObject({ deleted: 3 });
    await deps.clock.advance(731 * DAY_MS);
    disk.fail({ operation: 'list', nth: 1, times: Infinity, code: 'EIO', path: hidden.recording });
    await expect(drop(deps)).rejects.toMatchObject({ code: 'EIO' });
    expect(await left(disk)).toEqual([hidden.recording]);
    expect(await disk.list(`${FOLDER}/orders`)).toHaveLength(2);
    disk.heal();
    expect(await drop(deps)).toEqual({ folders: 1, segments: 0 });
    expect(await left(disk)).toEqual([]);
    expect(await disk.list(`${FOLDER}/orders`)).toHaveLength(2);
    for (const { recording } of [hidden, gone])
      expect(await disk.list(`${FOLDER}/deletions/${recording}`)).toEqual([
        'deletion.json',
        'deletion.json.minisig',
      ]);
  });

  test('of one station go, whatever of another one the disk does not show', async () => {
    for (const path of ['dock-1/orders', 'dock-1/custody']) {
      const disk = scene.retentionDisk();
      const random = new SeededRandom(99);
      const stations = [scene.STATION, parseStationId('dock-2')];
      const receivedMs = START_MS - 20 * DAY_MS;
      const samples = stations.map((station) => scene.plantRecording(disk, random, { receivedMs, station }));
      const deps = store(disk);
      expect(await scene.expireOn(deps)).toMatchObject({ deleted: 2 });
      await deps.clock.advance(731 * DAY_MS);
      disk.fail({ operation: 'list', nth: 1, times: Infinity, code: 'EIO', path });
      await expect(drop(deps)).rejects.toMatchObject({ code: 'EIO' });
      const isLeft = samples.map(
        (sample) => disk.peek(`${scene.folderOf(sample)}/manifest.json`) !== undefined,
      );
      expect(isLeft).toEqual([path === 'dock-1/orders', false]);
    }
  });

  test('do not go by a clock that is in doubt', async () => {
    const disk = scene.retentionDisk();
    scene.plantRecording(disk, new SeededRandom(94), { receivedMs: START_MS - 20 * DAY_MS });
    const deps = store(disk);
    await scene.expireOn(deps);
    deps.clock.jumpWall(1000 * DAY_MS);
    expect(await whileTimePasses(deps.clock, dropOldDocuments(deps))).toEqual(NOTHING);
    expect(scene.entriesOf(disk, 'documents-dropped')).toEqual([]);
  });

  test('are gone or whole after a power cut at any step, never without an entry, and the next round finishes', async () => {
    const whole = scene.retentionDisk();
    const random = new SeededRandom(95);
    for (let number = 0; number < 2; number++)
      scene.plantRecording(whole, random, { receivedMs: START_MS - 20 * DAY_MS });
    const docking = plantDocking(whole, random, []);
    const deps = store(whole);
    await scene.expireOn(deps);
    await deps.clock.advance(731 * DAY_MS);
    const all = await left(whole);
    expect(all).toHaveLength(3);
    const before = whole.steps;
    await drop(deps);
    const after = whole.steps;
    for (let step = before; step <= after; step += 3)
      for (const survival of SURVIVALS) {
        const disk = whole.crash(step, survival);
        const where = `at ${step} (${whole.stepLabel(step)}), ${survival} survived`;
        const named = new Set(scene.namedBy(disk, 'documents-dropped'));
        const here = await left(disk);
        for (const name of here) {
          const files = (await disk.list(`${FOLDER}/${name}`)).filter((each) => !each.endsWith('.tmp'));
          expect(files.length, where).toBe(name === docking.recording ? 4 : 6);
        }
        for (const name of all) if (!here.includes(name)) expect(named.has(name), where).toBe(true);
        const next = store(disk, 2 + step);
        await next.clock.advance(deps.clock.wallMs() - START_MS);
        await scene.expireOn(next);
        await drop(next);
        expect(await left(disk), where).toEqual([]);
      }
  }, 60_000);
});

describe('segments of a station’s log', () => {
  test('go from the oldest up to the one that an old entry names, whatever their own times say', async () => {
    const disk = scene.retentionDisk();
    const random = new SeededRandom(96);
    const { segments, head } = plantLog(disk, random, 4);
    const deps = store(disk);
    await scene.expireOn(deps);
    await append(deps, head);
    await deps.clock.advance(759 * DAY_MS);
    expect(await drop(deps)).toEqual(NOTHING);
    await deps.clock.advance(2 * DAY_MS);
    expect(await drop(deps)).toEqual({ folders: 0, segments: 3 });
    expect(await disk.list(`${FOLDER}/custody`)).toEqual([`${segments[3]}.jsonl`]);
    expect(scene.entriesOf(disk, 'segment-dropped').map(({ facts }) => facts['segment'])).toEqual(
      segments.slice(0, 3),
    );
    expect(await drop(deps)).toEqual(NOTHING);
  });

  test('stay until the one that an entry names is as old by the station’s own time: the store’s clock may have been slow', async () => {
    const disk = scene.retentionDisk();
    const { head } = plantLog(disk, new SeededRandom(95), 2, scene.at(START_MS + 100 * DAY_MS));
    const deps = store(disk);
    await scene.expireOn(deps);
    await append(deps, head);
    await deps.clock.advance(859 * DAY_MS);
    expect(await drop(deps)).toEqual(NOTHING);
    await deps.clock.advance(2 * DAY_MS);
    expect(await drop(deps)).toEqual({ folders: 0, segments: 1 });
  });

  test('stay while anything of that time is left, and where a link does not hold', async () => {
    for (const spoil of ['held', 'link'] as const) {
      const disk = scene.retentionDisk();
      const random = new SeededRandom(97);
      const { segments, head } = plantLog(disk, random, 3);
      if (spoil === 'held')
        scene.plantOrder(disk, random, scene.plantRecording(disk, random), {
          verb: 'hold',
          orderedMs: START_MS,
          by: ['officer', 'supervisor'],
        });
      if (spoil === 'link')
        disk.corrupt(`${FOLDER}/custody/${segments[0]}.jsonl`, (bytes) =>
          Buffer.from(Buffer.from(bytes).toString().replace('"version":"1"', '"version":"2"')),
        );
      const deps = store(disk);
      await scene.expireOn(deps);
      await append(deps, head);
      await deps.clock.advance(900 * DAY_MS);
      expect(await drop(deps), spoil).toEqual(NOTHING);
      expect(await disk.list(`${FOLDER}/custody`), spoil).toHaveLength(3);
    }
  });
});
