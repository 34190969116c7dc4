// Steps of signed items: each with its entry of the log, and once.
// A receipt that a cut left without its entry is taken back before its file is erased; one that has it is not logged twice.
import { describe, expect, test } from 'vitest';
import { ITEM, Ledger } from '../../../agent/custody/ledger.ts';
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
import { logDisk, openLog } from '../custody/custody-scenario.ts';
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

/** Which are not receipted. */
const spooled = new Set<RecordingId>();
const at = (
  recording: RecordingId,
  state: SpooledRecording['state'] = spooled.has(recording) ? 'spooled' : 'receipted',
): SpooledRecording => ({ recording, state, folder: '/spool/ready/x' }) as SpooledRecording;

test('takes back what an earlier run left without an entry, and asks nothing of what this process logged', async () => {
  const [asked, taken]: [RecordingId[], RecordingId[]] = [[], []];
  const events: CustodyEvent[] = [];
  const items = itemsAround({
    store: {
      get: (id) => at(id),
      takeBackReceipt: async (id) => {
        taken.push(id);
        return at(id, 'spooled');
      },
    },
    custody: { append: (event) => void events.push(event), checkpoint: async () => undefined },
    isEntered: (recording) => {
      asked.push(recording);
      return recording !== cut;
    },
  });
  const ours = makeRecordingId(random);
  spooled.add(ours);
  await items.storeReceipt({ recording: ours, receiver: RECEIVER }, { bytes: receipt, signature: '' });
  spooled.delete(ours);
  await items.enterReceipt(ours);
  expect(events).toHaveLength(1);
  expect(await items.makeUp([ours])).toBe(false);
  expect(asked).toEqual([]);
  expect(await items.makeUp([cut, whole, ours])).toBe(false);
  expect([taken, asked.includes(ours), events.length]).toEqual([[cut], false, 1]);
});

test('a receipt that is still being written, or was taken back, gets no entry', async () => {
  let state: SpooledRecording['state'] = 'spooled';
  const events: CustodyEvent[] = [];
  const items = itemsAround({
    store: {
      get: (id) => at(id, state),
      recordings: () => [at(cut, state)],
      storeReceipt: async () => {
        expect(await items.makeUp([cut])).toBe(false);
        state = 'receipted';
      },
      takeBackReceipt: async (id) => at(id, (state = 'spooled')),
    },
    custody: { append: (event) => void events.push(event), checkpoint: async () => undefined },
    isEntered: () => false,
  });
  await items.storeReceipt({ recording: cut, receiver: RECEIVER }, { bytes: receipt, signature: '' });
  for await (const again of items.offerAgain()) expect(again).toBe(cut);
  expect([await items.makeUp([cut]), events]).toEqual([false, []]);
});

test('two who miss the entry of a receipt whose payload is gone make one', async () => {
  const ledger = new Ledger();
  ledger.items.set(cut, ITEM.spooled);
  const events: CustodyEvent[] = [];
  const append = (event: CustodyEvent): void => void events.push(event);
  const items = itemsAround({
    store: { get: (id) => at(id, 'released') },
    custody: { append, checkpoint: async () => undefined, ledger },
    isEntered: () => false,
    files: { readAll: async () => receipt },
  });
  const made = await Promise.all([items.makeUp([cut]), items.makeUp([cut])]);
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(events).toEqual([
    { event: 'receipted', facts: { recording: cut, receiver: RECEIVER, receipt_sha256: sha256Hex(receipt) } },
  ]);
});

const NOW = 'now';
const digestOf = (name: string): string => (name === NOW ? sha256Hex(receipt) : name.repeat(64));
const factsOf = (name: string) => ({ recording: cut, receiver: RECEIVER, receipt_sha256: digestOf(name) });
/** What a log holds of the recording: `R1` that this receipt came, `A1` that 0.1.0 took it back, `S1` that the store was restored. */
const toEvent = (entry: string): CustodyEvent =>
  entry.startsWith('S')
    ? { event: 'store-restored', facts: { receiver: RECEIVER, restored_sha256: 'e'.repeat(64) } }
    : { event: entry.startsWith('R') ? 'receipted' : 'asked-again', facts: factsOf(entry.slice(1)) };

/** A run that logged this and was cut off; then a start, with what the spool knows. Whether that takes the receipt back. */
async function isTakenBack(logged: readonly string[]): Promise<boolean> {
  const disk = logDisk();
  const before = await openLog(disk, 1);
  for (const entry of logged) before.custody.append(toEvent(entry));
  await before.custody.checkpoint();
  const { custody } = await openLog(disk.crash(disk.steps, 'nothing'), 2);
  let isTaken = false;
  const takeBackReceipt = async (): Promise<SpooledRecording> => {
    isTaken = true;
    return at(cut, 'spooled');
  };
  const owed = itemsAround({
    store: { get: (id) => at(id), recordings: () => [at(cut)], takeBackReceipt },
    custody,
    isEntered: (recording) => custody.isEntered(recording, ITEM.receipted),
  });
  expect(await owed.makeUp([cut])).toBe(false);
  return isTaken;
}

test.each([
  ['the one before was taken back', ['R1', 'A1'], true],
  ['several before were', ['R1', 'A1', 'R2', 'A2'], true],
  ['the store was restored since', ['Rnow', 'S1'], true],
  ['it is there', ['R1', 'A1', 'Rnow'], false],
  ['it is there after the store was restored', ['R1', 'S1', 'Rnow'], false],
])('a receipt that is here without its entry is taken back: where %s', async (_what, logged, expected) => {
  expect(await isTakenBack(logged)).toBe(expected);
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
