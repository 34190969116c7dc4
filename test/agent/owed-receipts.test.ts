// A receipt that a cut left without its log entry gets it before its file is erased; one that has it is not logged twice.
import { expect, test } from 'vitest';
import type { Custody } from '../../agent/custody/custody.ts';
import { OwedReceipts } from '../../agent/owed-receipts.ts';
import { sha256Hex } from '../../protocol/bytes.ts';
import type { CustodyEvent } from '../../protocol/custody-entry.ts';
import { MemoryLog } from '../fakes/log-memory.ts';
import {
  makeRecordingId,
  makeSessionId,
  type ReceiverId,
  type RecordingId,
  type StationId,
} from '../../protocol/ids.ts';
import { encodeReceipt } from '../../protocol/receipt.ts';
import { seededRandom } from '../fakes/random-seeded.ts';

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
  const owed = new OwedReceipts({
    folderOf: async () => '/spool/ready/x',
    files: { readAll: async () => receipt },
    custody,
    log: new MemoryLog(),
    receipted: () => [],
    takenBack: () => new Map(),
    unloggedAskings: async () => [],
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
  const make = (): OwedReceipts =>
    new OwedReceipts({
      folderOf: async () => '/spool/ready/x',
      files: { readAll: async () => receipt },
      custody,
      log,
      receipted: () => receipted,
      takenBack: () => new Map(),
      unloggedAskings: async () => [],
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

test('a start says of receipts that were taken back what a cut kept out of the log', async () => {
  const events: CustodyEvent[] = [];
  const taken = { receiver: RECEIVER, receipt_sha256: 'c'.repeat(64) };
  const owed = new OwedReceipts({
    folderOf: async () => undefined,
    files: { readAll: async () => receipt },
    custody: { append: (event) => void events.push(event), checkpoint: async () => undefined },
    log: new MemoryLog(),
    receipted: () => [],
    unlogged: async () => [],
    takenBack: () => new Map([cut, whole].map((recording) => [recording, taken])),
    unloggedAskings: async (recordings) => [...recordings].filter((recording) => recording === cut),
  });
  owed.start();
  await owed.run();
  expect(events).toEqual([{ event: 'asked-again', facts: { recording: cut, ...taken } }]);
});
