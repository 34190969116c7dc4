// Second looks that are under way or were cut short, and records that none of the chains can see.
import assert from 'node:assert/strict';
import { beforeEach, expect, test } from 'vitest';
import { DockingRecords, type DockingRecordsOptions } from '../../../agent/records/docking-records.ts';
import { RecordWriter } from '../../../agent/records/record-writer.ts';
import type { StoredRecord } from '../../../agent/records/stored-record.ts';
import type { Spool } from '../../../agent/spool/spool.ts';
import { parseDockingRecord } from '../../../protocol/documents/docking-record.ts';
import { publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { heldFiles } from '../../fakes/files-held.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { fastSigner } from '../../fakes/signer-fast.ts';
import { dropSegment } from '../custody/custody-scenario.ts';
import { misreadBehind } from '../station/misread-behind.ts';
import { CAMERA, openSpool, stationKey, storeKey } from '../spool/scenario.ts';
import { RecordsLife } from './chain-life.ts';
import { endedOf, openDockings, openingOf, plan, receiptRecord } from './life.ts';

let life: RecordsLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await RecordsLife.begin();
  ({ disk } = life);
});

const GARBAGE = 'aaaaaaaaaaaaaaaaaaaaaaaaaa';
const documentOf = (record: StoredRecord | undefined): string =>
  `/spool/dockings/${record?.recording}/docking.json`;
const dockings = (): readonly string[] => disk.peekNames('/spool/dockings') ?? [];

function mustBe<T>(found: T | undefined): T {
  assert(found !== undefined);
  return found;
}

/** As the disk has them, with a log that tells this of each camera. */
async function openRecords(
  lastRecorded: DockingRecordsOptions['lastRecorded'],
): Promise<{ spool: Spool; records: DockingRecords }> {
  const { spool } = await openSpool(disk);
  const { records } = await DockingRecords.open({
    spool,
    files: disk,
    random: seededRandom(77),
    signer: fastSigner(stationKey),
    clock: new ManualClock(),
    log: new MemoryLog(),
    conditions: new MemoryConditions(),
    stationKeys: [publicKeyOf(stationKey)],
    storeKeys: [publicKeyOf(storeKey)],
    lastRecorded,
  });
  return { spool, records };
}

async function receiptAll(records: readonly StoredRecord[]): Promise<void> {
  const opened = await life.open();
  for (const record of records) await receiptRecord(opened, record);
  await opened.close();
}

for (const isShort of [false, true])
  test(`${isShort ? 'a second look is cut short behind the newest record' : 'control'}: the newest record does not go`, async () => {
    const { made, segment } = await life.run(1);
    const [newest] = made;
    await receiptAll(made);
    await dropSegment(disk, segment);
    disk.plant(`/spool/quarantine/${GARBAGE}/x`, 'nobody can read this');
    const stop = misreadBehind(disk, documentOf(newest), '"vendor":"');
    const opened = await life.open();
    stop();
    if (isShort) disk.fail({ operation: 'any', path: GARBAGE, nth: 1, times: 1, code: 'EMFILE' });
    const { records } = opened.dockings;
    await records.lookAgain().catch(() => undefined);
    disk.heal();
    for (const { recording } of records.reclaimable())
      await records.reclaim(recording).catch(() => undefined);
    expect.soft(dockings()).toContain(newest?.recording);
    expect(await life.previousOfNext(opened)).toBe(newest?.manifestSha256);
  });

for (const isShort of [false, true])
  test(`${isShort ? 'a second look is cut short behind the newest record' : 'control'}: a file that may have stayed does not count as new`, async () => {
    const { made } = await life.run(2);
    const [, newest] = made;
    disk.plant(`/spool/quarantine/${GARBAGE}/x`, 'nobody can read this');
    const stop = misreadBehind(disk, documentOf(newest), '"vendor":"');
    const opened = await life.open();
    opened.dockings.start(() => undefined);
    await opened.dockings.ready(new AbortController().signal);
    stop();
    if (isShort) disk.fail({ operation: 'any', path: GARBAGE, nth: 1, times: 1, code: 'EMFILE' });
    const previous = await opened.dockings.previous(CAMERA);
    disk.heal();
    const [entry] = await opened.dockings.records.entriesOf(mustBe(newest).recording);
    await opened.close();
    expect(previous?.mayHaveStayed(entry?.path_sha256 ?? '')).toBe(true);
  });

for (const isMeanwhile of [false, true])
  test(`${isMeanwhile ? 'the last record verifies while the log is asked' : 'control'}: the next one names it`, async () => {
    const { made } = await life.run(2);
    const last = made[1];
    const stop = misreadBehind(disk, documentOf(last), '"vendor":"');
    const { spool, records } = await openRecords(async () => {
      if (isMeanwhile) {
        stop();
        await records.readManifest(mustBe(last).recording); // it is offered to the store
      }
      const { recording, manifestSha256 } = mustBe(last);
      return { recording, sha256: manifestSha256, isOfEarlierKey: false };
    });
    const [next] = await records.write(CAMERA, new RecordWriter(records.writing, endedOf(plan(99, 0, 2))));
    await spool.close();
    expect(next?.facts.previousSha256).toBe(last?.manifestSha256);
  });

for (const name of ['', '.2'])
  test(`the last record lies in the quarantine${name === '' ? ', control' : ' behind something of its name'}, misread at the start: it is looked at again`, async () => {
    await life.run(1);
    const { made, segment } = await life.run(1);
    const last = made[0];
    await dropSegment(disk, segment);
    const aside = `/spool/quarantine/${last?.recording}${name}`;
    if (name !== '') disk.plant(`/spool/quarantine/${last?.recording}/x`, 'what an earlier attempt left');
    await disk.rename(`/spool/dockings/${last?.recording}`, aside);
    await disk.syncFolder('/spool/dockings');
    await disk.syncFolder('/spool/quarantine');
    const stop = misreadBehind(disk, `${aside}/docking.json`, '"vendor":"');
    const opened = await life.open();
    stop();
    expect(await life.previousOfNext(opened)).toBe(last?.manifestSha256);
  });

async function three(): Promise<StoredRecord[]> {
  const [one] = (await life.run(1, { at: '2027-11-26T06:00:00.000Z' })).made;
  const [two] = (await life.run(1)).made;
  const [end] = (await life.run(1)).made;
  if (one === undefined || two === undefined || end === undefined) throw new Error('not made');
  await receiptAll([one, two, end]);
  return [one, two, end];
}

const FAULTS = {
  control: (one: StoredRecord | undefined) => misreadBehind(disk, documentOf(one), '"vendor":"'),
  'its camera is misread': (one: StoredRecord | undefined) =>
    misreadBehind(disk, documentOf(one), '"camera":{"firmware":null,"id":"cam-'),
  'the key of its signature is misread': (one: StoredRecord | undefined) =>
    disk.misreadBit(
      `${documentOf(one)}.minisig`,
      8 * (Buffer.from(disk.peek(`${documentOf(one)}.minisig`) ?? []).indexOf('\n') + 1 + 5),
    ),
  'nothing of it is shown and nothing let go': (one: StoredRecord | undefined) => {
    disk.fail({ operation: 'any', path: `${one?.recording}`, nth: 1, times: Infinity, code: 'EIO' });
    return () => disk.heal();
  },
} satisfies Record<string, (one: StoredRecord | undefined) => () => void>;
for (const [fault, begin] of Object.entries(FAULTS))
  test(`the first of three at one start, ${fault}: the second does not go before it, and the chain does not fork`, async () => {
    const [one, two, end] = await three();
    const stop = begin(one);
    const opened = await life.open();
    stop();
    const { records } = opened.dockings;
    await records.reclaim(mustBe(two).recording).catch(() => undefined);
    const here = dockings();
    await opened.close();
    expect.soft(here).toContain(one?.recording);
    expect.soft(here).toContain(two?.recording);
    expect(await life.previousOfNext(await life.open())).toBe(end?.manifestSha256);
  });

for (const isMisread of [false, true])
  test(`${isMisread ? 'misread at the start, ' : 'control, '}a part that no attempt completed and that the disk does not let go: no record names it`, async () => {
    const [, second] = await life.twoParts();
    // As a cut leaves it before the first part's rename: the journal is there, and only the second part.
    const docking = second.facts.docking;
    const [first] = dockings().filter((name) => name === docking);
    await disk.removeTree(`/spool/dockings/${first}`);
    await disk.syncFolder('/spool/dockings');
    for (const name of disk.peekNames('/spool/custody') ?? [])
      if (name.endsWith('.jsonl')) await dropSegment(disk, name.slice(0, -'.jsonl'.length));
    const setUp = await life.open();
    const journal = await setUp.dockings.begin({ ...openingOf({ docking, recordings: [], further: 300 }) });
    await journal.close();
    await setUp.close();
    const stop = isMisread ? misreadBehind(disk, documentOf(second), '"vendor":"') : () => undefined;
    disk.fail({ operation: 'rename', path: second.recording, nth: 1, times: Infinity, code: 'EIO' });
    const opened = await life.open();
    stop();
    const shown = opened.dockings.records.partsOf(docking);
    const { records } = opened.dockings;
    const [next] = await records.write(CAMERA, new RecordWriter(records.writing, endedOf(plan(99, 0, 2))));
    expect(shown).toEqual([]);
    expect(next?.facts.previousSha256).toBe(null);
  });

test('parts that no attempt completed are gone, one of them misread at the start: nobody asks the log because of it', async () => {
  const [first, second] = await life.twoParts();
  await disk.removeTree(`/spool/dockings/${first.recording}`);
  await disk.syncFolder('/spool/dockings');
  const stop = misreadBehind(disk, documentOf(second), '"vendor":"');
  let asked = 0;
  const { spool, records } = await openRecords(async () => {
    asked++;
    throw Object.assign(new Error('EIO: read'), { code: 'EIO' });
  });
  stop();
  await records.removeUnclaimed(second.facts.docking);
  expect(dockings()).toEqual([]);
  const written = await records
    .write(CAMERA, new RecordWriter(records.writing, endedOf(plan(99, 0, 2))))
    .catch((error: unknown) => String(error));
  await spool.close();
  expect.soft(written).toHaveLength(1);
  expect(asked).toBe(0);
});

test('the newest record does not go while a second look that took it still waits for another', async () => {
  const { made } = await life.run(1);
  const [newest] = made;
  await receiptAll(made);
  disk.plant(`/spool/quarantine/${GARBAGE}/docking.json`, 'nobody can read this');
  disk.plant(`/spool/quarantine/${GARBAGE}/docking.json.minisig`, 'nor this');
  const stop = misreadBehind(disk, documentOf(newest), '"vendor":"');
  const held = heldFiles(disk, `/${GARBAGE}/docking.json`, true);
  const opened = await openDockings(held.files, 77);
  stop();
  const go = held.hold();
  const { records } = opened.dockings;
  const look = records.lookAgain();
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  const going = (async () => {
    for (const { recording } of records.reclaimable())
      await records.reclaim(recording).catch(() => undefined);
  })();
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  go();
  await Promise.all([look, going]);
  await opened.close();
  expect(dockings()).toContain(newest?.recording);
});

for (const fault of ['control', 'its camera is misread'] as const)
  test(`the previous docking at the start and since, ${fault}: a file that may have stayed in it does not count as new`, async () => {
    const [older] = (await life.run(1, { at: '2026-11-25T06:00:00.000Z' })).made;
    const [one] = (await life.run(1)).made;
    const stop = FAULTS[fault](one);
    const opened = await life.open();
    opened.dockings.start(() => undefined);
    const previous = await opened.dockings.previous(CAMERA);
    stop();
    await opened.close();
    const [entry] = parseDockingRecord(disk.peek(documentOf(one)) ?? new Uint8Array(0)).entries;
    expect(older?.facts.docking).not.toBe(one?.facts.docking);
    expect(previous?.mayHaveStayed(entry?.path_sha256 ?? '')).toBe(true);
  });
