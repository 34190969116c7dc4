// A station that does not start for months: what its disk withheld at the start, and what lies in the quarantine, is looked at once a day.
import { beforeEach, describe, expect, test } from 'vitest';
import { Differences } from '../../../agent/custody/differences.ts';
import { DailyLook } from '../../../agent/records/daily-look.ts';
import type { StoredRecord } from '../../../agent/records/stored-record.ts';
import type { ItemChange } from '../../../agent/spool/changes.ts';
import type { RecordingId } from '../../../protocol/format/ids.ts';
import type { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { Settlement } from '../../../agent/spool/settlement.ts';
import { takeIn } from '../spool/life.ts';
import { CAMERA, prepare } from '../spool/scenario.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { RecordsLife } from './chain-life.ts';
import type { OpenedDockings } from './life.ts';

let life: RecordsLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await RecordsLife.begin();
  ({ disk } = life);
});

/** So much time, in steps between which whatever runs gets its turn. */
async function passing(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) await clock.advance(500);
}

function lookOf({ spool, items, custody, dockings, clock }: OpenedDockings): DailyLook {
  const documents = new Map([['docking', dockings.records.store]] as const);
  return new DailyLook({ spool, documents, items, custody, clock, log: new MemoryLog() });
}

/** A running station looks on so many days. Shape: what is put as a change. */
async function runFor(opened: OpenedDockings, days: number): Promise<ItemChange[]> {
  const seen: ItemChange[] = [];
  const { changes } = opened.spool;
  const put = changes.put.bind(changes);
  changes.put = (change) => {
    seen.push(change);
    put(change);
  };
  const look = lookOf(opened);
  for (let day = 0; day < days; day++) await look.look();
  return seen;
}

async function one(): Promise<StoredRecord> {
  const [made] = (await life.run(1)).made;
  if (made === undefined) throw new Error('no record');
  return made;
}

function aside(name: string): number {
  return disk.tree(`/spool/quarantine/${name}`).size;
}

test('a docking record that the disk did not show at the start is back, and offered, a day after the disk shows it', async () => {
  const { recording } = await one();
  life.hide(recording);
  const opened = await life.open();
  expect(opened.spool.asideNames).toEqual([recording]);
  expect(await runFor(opened, 1)).toEqual([]);
  disk.heal();
  expect(await runFor(opened, 1)).toEqual([{ kind: 'docking', item: recording, to: 'spooled' }]);
  expect(opened.dockings.records.store.get(recording)?.state).toBe('spooled');
  expect(opened.dockings.records.store.waiting().map((each) => each.recording)).toEqual([recording]);
  expect([...disk.tree(`/spool/dockings/${recording}`).keys()]).toHaveLength(2);
  expect(aside(recording)).toBe(0);
  expect(opened.spoolConditions.codes()).toEqual([]);
  await opened.close();
});

test('one that no entry of the log names stays there: another record of its docking may have been made since', async () => {
  const { recording } = await one();
  life.hide(recording);
  const opened = await life.open();
  disk.heal();
  opened.custody.ledger.items.delete(recording);
  expect(await runFor(opened, 1)).toEqual([]);
  expect(aside(recording)).toBe(2);
  await opened.close();
});

test('one that was altered stays there, day after day', async () => {
  const { recording } = await one();
  disk.corrupt(`/spool/dockings/${recording}/docking.json`, (bytes) =>
    Buffer.from(Buffer.from(bytes).toString().replace('bay-1', 'bay-2')),
  );
  const opened = await life.open();
  expect(await runFor(opened, 3)).toEqual([]);
  expect(aside(recording)).toBe(2);
  expect(opened.spoolConditions.codes()).toEqual(['spool.quarantine']);
  await opened.close();
  const log = [...disk.tree('/spool/custody').values()].map((bytes) => Buffer.from(bytes ?? []).toString());
  expect(log.join('').includes('"event":"quarantined"')).toBe(false); // it did not leave and come again
});

test('one that is here as well stays there', async () => {
  const { recording } = await one();
  for (const [path, bytes] of disk.tree(`/spool/dockings/${recording}`))
    disk.plant(path.replace('/dockings/', '/quarantine/'), bytes ?? '');
  const opened = await life.open();
  expect(await runFor(opened, 1)).toEqual([]);
  expect(aside(recording)).toBe(2);
  await opened.close();
});

test('a record that the disk refused to look at, and to move, is a record the day after', async () => {
  const { recording } = await one();
  life.hide(recording);
  disk.fail({ operation: 'rename', path: recording, nth: 1, times: Infinity, code: 'EIO' });
  const opened = await life.open();
  expect(opened.findings.map(({ kind, name }) => `${kind} ${name}`)).toEqual([`failed ${recording}`]);
  disk.heal();
  expect(await runFor(opened, 1)).toEqual([{ kind: 'docking', item: recording, to: 'spooled' }]);
  await opened.close();
});

const prepared = prepare(seededRandom(7), { sizeBytes: 300 });

/** A recording that the log calls spooled. */
async function spooled(): Promise<RecordingId> {
  const opened = await life.open();
  await takeIn(disk, opened.spool, opened.custody, prepared, () => undefined);
  await opened.close();
  return prepared.recording;
}

test('a recording that the disk refused to look at, and to move, is a recording the day after', async () => {
  const recording = await spooled();
  const index = '/spool/ledger.jsonl';
  await disk.unlink(index);
  disk.fail({ operation: 'readAll', path: `${recording}/manifest`, nth: 1, times: Infinity, code: 'EIO' });
  disk.fail({ operation: 'rename', path: recording, nth: 1, times: Infinity, code: 'EIO' });
  const opened = await life.open();
  expect(opened.spool.stateOf(recording)).toBeUndefined();
  disk.heal();
  expect(await runFor(opened, 1)).toEqual([{ kind: 'recording', item: recording, to: 'spooled' }]);
  expect(opened.spool.stateOf(recording)).toBe('spooled');
  expect(await opened.spool.lastManifestSha256(CAMERA)).toBe(opened.spool.get(recording)?.manifestSha256);
  await opened.close();
});

describe('one that was called lost at the start', () => {
  /** A start that sees neither that recording nor what has become of it, until `then` has. Shape: codes that are shown after it. */
  async function lostUntil(then: (opened: OpenedDockings, recording: RecordingId) => Promise<void>) {
    const recording = await spooled();
    await disk.unlink('/spool/ledger.jsonl');
    disk.fail({ operation: 'readAll', path: `${recording}/manifest`, nth: 1, times: Infinity, code: 'EIO' });
    disk.fail({ operation: 'rename', path: recording, nth: 1, times: Infinity, code: 'EIO' });
    const opened = await life.open();
    const { spool, items, custody, clock } = opened;
    const log = new MemoryLog();
    const conditions = new MemoryConditions();
    const { layout } = spool;
    const leavings = new Settlement({ items, custody, spool, layout, files: disk, clock, log });
    const acknowledgementFile = layout.acknowledgement;
    const levels = { put: () => undefined };
    const parts = {
      custody,
      spool,
      leavings,
      acknowledgementFile,
      levels,
      files: disk,
      clock,
      conditions,
      log,
    };
    const ending = new AbortController();
    const running = new Differences(parts).run(ending.signal);
    await passing(clock, 20_000);
    expect(conditions.codes()).toEqual(['spool.recordings-lost']);
    disk.heal();
    await then(opened, recording);
    await passing(clock, 60_000);
    await custody.checkpoint();
    const shown = [conditions.codes(), [...custody.ledger.differences.keys()]];
    ending.abort();
    await clock.advance(1);
    await running;
    await opened.close();
    return shown;
  }

  test('is so until it is found', async () => {
    const [codes, found] = await lostUntil(async () => undefined);
    expect([codes, found?.length]).toEqual([['spool.recordings-lost'], 1]);
  });

  test('is lost no more once it is a recording again', async () => {
    const shown = await lostUntil(async (opened) => void (await runFor(opened, 1)));
    expect(shown).toEqual([[], []]);
  });

  test('is lost no more once it lies in the quarantine', async () => {
    const shown = await lostUntil(async (opened, recording) => {
      disk.corrupt(`/spool/ready/${recording}/manifest.json`, (bytes) => bytes.slice(1));
      await runFor(opened, 1);
      expect(opened.spool.asideNames).toEqual([recording]);
    });
    expect(shown).toEqual([[], []]);
  });
});

test('a recording in the quarantine stays there and counts for no file: its camera is read again', async () => {
  const recording = await spooled();
  await disk.unlink('/spool/ledger.jsonl');
  disk.fail({ operation: 'readAll', path: `${recording}/manifest`, nth: 1, times: Infinity, code: 'EIO' });
  const opened = await life.open();
  expect(opened.spool.asideNames).toEqual([recording]);
  disk.heal();
  expect(await runFor(opened, 2)).toEqual([]);
  expect(aside(recording)).toBe(4);
  expect(opened.spool.stateOf(recording)).toBeUndefined();
  const { source, original } = prepared.documents.manifest;
  const file = { pathSha256: source.path_sha256, sizeBytes: original.size_bytes };
  expect(opened.spool.mayHold(CAMERA, file)).toBe(false);
  await opened.close();
});

test('the condition goes away a day after a person has emptied the quarantine', async () => {
  disk.plant('/spool/quarantine/odd', 'x');
  const opened = await life.open();
  expect(opened.spool.asideNames).toEqual(['odd']);
  await disk.removeTree('/spool/quarantine/odd');
  expect(opened.spoolConditions.codes()).toEqual(['spool.quarantine']);
  await runFor(opened, 1);
  expect(opened.spool.asideNames).toEqual([]);
  expect(opened.spoolConditions.codes()).toEqual([]);
  await opened.close();
});

test('it is looked once a day, and not once a start', async () => {
  const { recording } = await one();
  life.hide(recording);
  const opened = await life.open();
  disk.heal();
  const { dockings, clock } = opened;
  const ending = new AbortController();
  const look = lookOf(opened);
  const running = look.run(ending.signal);
  await clock.advance(86_399_000);
  expect(dockings.records.store.get(recording)).toBeUndefined();
  await clock.advance(1000);
  await expect.poll(() => dockings.records.store.get(recording)?.state).toBe('spooled');
  ending.abort();
  await running;
  await opened.close();
});

test('what a restored store may lack is offered again: no receipt of before counts', async () => {
  const opened = await life.open();
  await takeIn(disk, opened.spool, opened.custody, prepared, () => undefined);
  await opened.spool.storeReceipt(prepared.recording, prepared.receipt.bytes, prepared.receipt.signature);
  await opened.close();
  await disk.unlink('/spool/ledger.jsonl');
  disk.fail({ operation: 'readAll', path: '/manifest.json', nth: 1, times: Infinity, code: 'EIO' });
  disk.fail({ operation: 'rename', path: prepared.recording, nth: 1, times: Infinity, code: 'EIO' });
  const next = await life.open();
  disk.heal();
  expect(await runFor(next, 1)).toEqual([{ kind: 'recording', item: prepared.recording, to: 'spooled' }]);
  expect(next.spool.stateOf(prepared.recording)).toBe('spooled');
  expect(disk.tree(`/spool/ready/${prepared.recording}`).size).toBe(4);
  await next.close();
});
