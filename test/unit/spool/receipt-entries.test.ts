// A receipt that a cut left without its log entry gets it before its file is erased; one that has it is not logged twice.
import { expect, test } from 'vitest';
import { ITEM } from '../../../agent/custody/ledger.ts';
import type { Custody } from '../../../agent/custody/custody.ts';
import { ReceiptEntries } from '../../../agent/spool/receipt-entries.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import {
  makeRecordingId,
  makeSessionId,
  type ReceiverId,
  type RecordingId,
  type StationId,
} from '../../../protocol/format/ids.ts';
import { encodeReceipt } from '../../../protocol/documents/receipt.ts';
import { chainsOn, logDisk, openLog } from '../custody/custody-scenario.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const random = seededRandom(1);
const [cut, whole] = [makeRecordingId(random), makeRecordingId(random)];
const RECEIVER = 'r-archive' as ReceiverId;
const receipt = encodeReceipt({
  type: 'receipt',
  version: 1,
  kind: 'recording',
  recording: cut,
  station: 'townhall-1' as StationId,
  manifest_sha256: 'a'.repeat(64),
  sealed_size_bytes: 1,
  chunks_sha256: 'b'.repeat(64),
  receiver: RECEIVER,
  vault: makeSessionId(random),
  custody_head: null,
  received_at: '2026-11-25T09:30:00.000Z',
});

/** One that asks the log of a run in which nothing was receipted before, and what it appends. */
function owedOver(unlogged: (recordings: readonly RecordingId[]) => readonly RecordingId[]) {
  const events: CustodyEvent[] = [];
  const custody: Custody = { append: (event) => void events.push(event), checkpoint: async () => undefined };
  const owed = new ReceiptEntries({
    folderOf: async () => '/spool/ready/x',
    files: { readAll: async () => receipt },
    custody,
    log: new MemoryLog(),
    receipted: () => [],
    isReceipted: () => true,
    unlogged: async (recordings) => unlogged(recordings),
  });
  return { owed, events };
}

test('makes up for what the log lacks, once, and asks nothing of what this process logged', async () => {
  const asked: string[][] = [];
  const { owed, events } = owedOver((recordings) => {
    asked.push([...recordings]);
    return recordings.filter((recording) => recording === cut);
  });
  const ours = makeRecordingId(random);
  owed.logged(ours);
  await owed.makeUp([ours]);
  expect(asked).toEqual([]);
  await owed.makeUp([cut, whole, ours]);
  await owed.makeUp([cut, whole]);
  expect(asked).toEqual([[cut, whole]]);
  expect(events).toEqual([
    {
      event: 'receipted',
      facts: { recording: cut, receiver: 'r-archive', receipt_sha256: sha256Hex(receipt) },
    },
  ]);
});

test('a receipt that comes in this run, and is logged while the log is searched for it, is not logged twice', async () => {
  const { owed, events } = owedOver((recordings) => {
    owed.logged(cut);
    return recordings;
  });
  await owed.makeUp([cut]);
  expect(events).toEqual([]);
});

test('a start makes up for what earlier runs owe and asks of nothing that came later; a log that cannot be read ends nothing', async () => {
  const events: CustodyEvent[] = [];
  const custody: Custody = { append: (event) => void events.push(event), checkpoint: async () => undefined };
  const log = new MemoryLog();
  const receipted = [cut, whole];
  let isReadable = false;
  const make = (): ReceiptEntries =>
    new ReceiptEntries({
      folderOf: async () => '/spool/ready/x',
      files: { readAll: async () => receipt },
      custody,
      log,
      receipted: () => receipted,
      isReceipted: () => true,
      unlogged: async (recordings) => {
        if (!isReadable) throw new Error('EIO');
        return recordings.filter((recording) => recording !== whole);
      },
    });
  const first = make();
  first.start();
  await first.run();
  expect(events).toEqual([]);
  expect(log.lines).toHaveLength(1);

  isReadable = true;
  const second = make();
  second.start();
  receipted.push(makeRecordingId(random));
  await second.run();
  expect(events.map(({ facts }) => facts)).toEqual([expect.objectContaining({ recording: cut })]);
  await second.run();
  expect(events).toHaveLength(1);
});

const NOW = 'now';
const digestOf = (name: string): string => (name === NOW ? sha256Hex(receipt) : name.repeat(64));
const factsOf = (name: string) => ({ recording: cut, receiver: RECEIVER, receipt_sha256: digestOf(name) });
/** What a log holds of the recording: `R1` that this receipt came, `A1` that 0.1.0 took it back, `S1` that the store was restored. */
const toEvent = (entry: string): CustodyEvent =>
  entry.startsWith('S')
    ? { event: 'store-restored', facts: { receiver: RECEIVER, restored_sha256: 'e'.repeat(64) } }
    : { event: entry.startsWith('R') ? 'receipted' : 'asked-again', facts: factsOf(entry.slice(1)) };

/** A run that logged this and was cut off; then a start, with what the spool knows. Gives the entries of both in their order. */
async function madeUp(logged: readonly string[]): Promise<string[]> {
  const disk = logDisk();
  const before = await openLog(disk, 1);
  for (const entry of logged) before.custody.append(toEvent(entry));
  await before.custody.checkpoint();
  const left = disk.crash(disk.steps, 'nothing');
  const { custody } = await openLog(left, 2);
  const owed = new ReceiptEntries({
    folderOf: async () => '/spool/ready/x',
    files: { readAll: async () => receipt },
    custody,
    log: new MemoryLog(),
    receipted: () => [cut],
    isReceipted: () => true,
    unlogged: (recordings) => custody.lacking(recordings, ITEM.receipted),
  });
  owed.start();
  await owed.run();
  const names = new Map([NOW, '1', '2'].map((name) => [digestOf(name), name]));
  const entries = [...chainsOn(left).values()].flat().sort((a, b) => (a.at < b.at ? -1 : 1));
  return entries.flatMap(({ event, facts }) => {
    if (event === 'store-restored') return ['S1'];
    const name = names.get(String(facts['receipt_sha256']));
    return name === undefined ? [] : [(event === 'receipted' ? 'R' : 'A') + name];
  });
}

test.each([
  ['the one before was taken back', ['R1', 'A1'], ['Rnow']],
  ['several before were', ['R1', 'A1', 'R2', 'A2'], ['Rnow']],
  ['the store was restored since', ['Rnow', 'S1'], ['Rnow']],
  ['it is there', ['R1', 'A1', 'Rnow'], []],
  ['it is there after the store was restored', ['R1', 'S1', 'Rnow'], []],
])('a receipt that is here gets its entry where %s', async (_what, logged, added) => {
  const entries = await madeUp(logged);
  expect(entries.slice(logged.length)).toEqual(added);
});

test('what became of a receipt while the log was searched counts: one that was taken back is not entered', async () => {
  const events: CustodyEvent[] = [];
  const receipts = new Set<RecordingId>([cut]);
  const owed = new ReceiptEntries({
    folderOf: async () => '/spool/ready/x',
    files: { readAll: async () => receipt },
    custody: { append: (event) => void events.push(event), checkpoint: async () => undefined },
    log: new MemoryLog(),
    receipted: () => [cut],
    isReceipted: (recording) => receipts.has(recording),
    unlogged: async (recordings) => {
      receipts.delete(cut);
      return recordings;
    },
  });
  owed.start();
  await owed.run();
  expect(events).toEqual([]);
});
