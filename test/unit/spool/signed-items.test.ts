// Steps of signed items: each with its entry of the log, and once.
// A receipt that a cut left without its entry gets it before its file is erased; one that has it is not logged twice.
import { describe, expect, test } from 'vitest';
import { ITEM } from '../../../agent/custody/ledger.ts';
import type { Custody } from '../../../agent/custody/custody.ts';
import { STEPS, type SignedItems } from '../../../agent/spool/signed-items.ts';
import type { ItemChange } from '../../../agent/spool/changes.ts';
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import { HeardChanges } from '../../fakes/changes-heard.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import type { SpooledRecording } from '../../../agent/spool/spooled-recording.ts';
import { itemsAround } from '../../fakes/items-around.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
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

const files = { readAll: async () => receipt };
/** Which are not receipted. */
const spooled = new Set<RecordingId>();
const at = (
  recording: RecordingId,
  state: SpooledRecording['state'] = spooled.has(recording) ? 'spooled' : 'receipted',
): SpooledRecording => ({ recording, state, folder: '/spool/ready/x' }) as SpooledRecording;

/** Items that are all receipted, over a log that has what `isEntered` says, and what is appended. */
function itemsOver(isEntered: (recording: RecordingId) => boolean): {
  items: SignedItems;
  events: CustodyEvent[];
} {
  const events: CustodyEvent[] = [];
  const custody: Custody = { append: (event) => void events.push(event), checkpoint: async () => undefined };
  return { items: itemsAround({ store: { get: (id) => at(id) }, files, custody, isEntered }), events };
}

test('makes up for what the log lacks, once, and asks nothing of what this process logged', async () => {
  const asked: RecordingId[] = [];
  const { items, events } = itemsOver((recording) => {
    asked.push(recording);
    return recording !== cut;
  });
  const ours = makeRecordingId(random);
  spooled.add(ours);
  await items.storeReceipt({ recording: ours, receiver: RECEIVER }, { bytes: receipt, signature: '' });
  spooled.delete(ours);
  await items.enterReceipt(ours);
  events.length = 0;
  expect(await items.makeUp([ours])).toBe(false);
  expect(asked).toEqual([]);
  expect(await items.makeUp([cut, whole, ours])).toBe(true);
  expect(await items.makeUp([cut, whole])).toBe(false);
  expect(asked).not.toContain(ours);
  expect(events).toEqual([
    {
      event: 'receipted',
      facts: { recording: cut, receiver: 'r-archive', receipt_sha256: sha256Hex(receipt) },
    },
  ]);
});

test('a receipt that comes in this run, and is logged while the stored one is read, is not logged twice', async () => {
  const events: CustodyEvent[] = [];
  const custody: Custody = { append: (event) => void events.push(event), checkpoint: async () => undefined };
  const items: SignedItems = itemsAround({
    store: { get: (id) => at(id) },
    files: {
      readAll: async () => {
        spooled.add(cut);
        await items.storeReceipt({ recording: cut, receiver: RECEIVER }, { bytes: receipt, signature: '' });
        spooled.delete(cut);
        await items.enterReceipt(cut);
        return receipt;
      },
    },
    custody,
    isEntered: () => false,
  });
  await items.makeUp([cut]);
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
  const owed = itemsAround({
    store: { get: (id) => at(id), recordings: () => [at(cut)] },
    files,
    custody,
    isEntered: (recording) => custody.isEntered(recording, ITEM.receipted),
  });
  await owed.makeUp([cut]);
  await custody.checkpoint();
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

test('what became of a receipt while it was read counts: one that was taken back is not entered', async () => {
  const events: CustodyEvent[] = [];
  let state: SpooledRecording['state'] = 'receipted';
  const owed = itemsAround({
    store: { get: (recording) => at(recording, state), recordings: () => [at(cut)] },
    files: {
      readAll: async () => {
        state = 'spooled';
        return receipt;
      },
    },
    custody: { append: (event) => void events.push(event), checkpoint: async () => undefined },
    isEntered: () => false,
  });
  await owed.makeUp([cut]);
  expect(events).toEqual([]);
});

describe('what STEPS does not allow is not done, and says nothing', () => {
  type Doing = (items: SignedItems) => Promise<void>;
  const doing: readonly [keyof typeof STEPS, Doing][] = [
    [
      'receipt',
      (items) =>
        items.storeReceipt({ recording: cut, receiver: RECEIVER }, { bytes: receipt, signature: '' }),
    ],
    ['takeBack', (items) => items.takeBack(cut)],
    ['reclaim', (items) => items.reclaim(cut)],
    [
      'drop',
      (items) =>
        items.drop([{ recording: cut, manifestSha256: '', receiptSha256: '' }], async () => undefined),
    ],
  ];
  const states = ['spooled', 'receipted', 'released'] as const;
  const cases = doing.flatMap(([step, does]) => states.map((state) => [step, state, does] as const));
  test.each(cases)('%s of one that is %s', async (step, state, does) => {
    const custody = new MemoryCustody();
    const done: string[] = [];
    const items = itemsAround({
      store: {
        get: (id) => at(id, state),
        storeReceipt: async () => void done.push('stored'),
        takeBackReceipt: async () => void done.push('taken back'),
        reclaim: async () => void done.push('reclaimed'),
      },
      custody: Object.assign(custody, { append: (event: CustodyEvent) => void custody.events.push(event) }),
    });
    const from: readonly string[] = STEPS[step].from;
    const isAllowed = from.includes(state === 'released' ? 'reclaimed' : state);
    const outcome = await does(items).then(
      () => true,
      (error: unknown) => !isDockError(error, 'spool.wrong-state'),
    );
    expect(outcome).toBe(isAllowed);
    if (!isAllowed) expect([done, custody.events]).toEqual([[], []]);
  });
});

test('what left says so once it is out, and one that a disk keeps is out nevertheless; one whose spool is away stays', async () => {
  const custody = new MemoryCustody();
  const changes = new HeardChanges<ItemChange>();
  let failure: DockError | undefined;
  const quarantine = async (): Promise<void> => {
    if (failure !== undefined) throw failure;
  };
  const items = itemsAround({ store: { get: (id) => at(id), quarantine }, custody, changes });
  failure = new DockError('spool.gone', 'another disk', { retry: 'person' });
  await expect(items.quarantine(cut, 'damaged')).rejects.toBe(failure);
  expect([custody.events, changes.heard]).toEqual([[], []]);
  failure = new DockError('spool.write-failed', 'not moved', { retry: 'later' });
  await items.quarantine(cut, 'damaged');
  expect(custody.events).toEqual([{ event: 'quarantined', facts: { name: cut, reason: 'damaged' } }]);
  expect(changes.heard).toEqual([{ kind: 'recording', item: cut, to: 'gone' }]);
});
