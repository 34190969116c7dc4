// Numbers of a docking's entries are those that counting all of them again gives, whatever becomes of them and in which order.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BayCounts,
  type EntryFate,
  EntryCounters,
  LOOKS_MAX,
  type TrackedEntry,
} from '../../../agent/inventory/entry.ts';
import { makeRecordingId, type RecordingId } from '../../../protocol/format/ids.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { listedFile, trackedEntry } from '../../fakes/tracked-entry.ts';

const random = seededRandom(1);
const RECORDINGS = Array.from({ length: 6 }, () => makeRecordingId(random));
const [recording] = RECORDINGS as [RecordingId];
const SPOOLED: EntryFate = { kind: 'spooled', recording, sha256: null, stamp: '' };

function entries(count: number, fate: EntryFate, sizeBytes = 100): TrackedEntry[] {
  return Array.from({ length: count }, (_, at) => trackedEntry(listedFile(`${at}.mp4`, { sizeBytes }), fate));
}

function tallyOf(all: readonly TrackedEntry[]): EntryCounters {
  const tally = new EntryCounters();
  for (const entry of all) entry.countIn(tally);
  return tally;
}

/** What the store has: receipts, and bytes of what has none. */
class Store {
  readonly receipted = new Set<string>();
  readonly held = new Map<string, number>();
  asked = 0;

  isReceipted(name: string): boolean {
    this.asked++;
    return this.receipted.has(name);
  }

  heldBytes(name: string): number {
    return this.held.get(name) ?? 0;
  }
}

describe('what the store has', () => {
  test('bytes the store holds count before the receipt, and never beyond the file', () => {
    const store = new Store();
    const tally = tallyOf(entries(1, SPOOLED));
    store.held.set(recording, 40);
    expect(tally.counts(store, 0)).toMatchObject({ receipted: 0, bytesReceipted: 40 });
    store.held.set(recording, 4000);
    expect(tally.counts(store, 0)).toMatchObject({ receipted: 0, bytesReceipted: 100 });
    store.receipted.add(recording);
    expect(tally.counts(store, 0)).toMatchObject({ receipted: 1, bytesReceipted: 100 });
  });

  test('a receipt that is taken back does not count any more', () => {
    const store = new Store();
    const tally = tallyOf(entries(1, SPOOLED));
    store.receipted.add(recording);
    expect(tally.counts(store, 0).receipted).toBe(1);
    store.receipted.clear();
    expect(tally.counts(store, 0)).toMatchObject({ receipted: 0, bytesReceipted: 0 });
  });

  test('of very many a bounded number is looked up at a time, and all of them in the end', () => {
    const store = new Store();
    const count = 5 * LOOKS_MAX + 7;
    const tally = tallyOf(entries(count, SPOOLED));
    store.receipted.add(recording);
    for (let round = 1; round <= 5; round++) {
      expect(tally.counts(store, 0).receipted).toBe(round * LOOKS_MAX);
      expect(store.asked).toBe(round * LOOKS_MAX);
    }
    expect(tally.counts(store, 0)).toMatchObject({ receipted: count, bytesReceipted: count * 100 });
  });
});

describe('open entries', () => {
  test('walking through them ends although each becomes another open one on the way', () => {
    const tally = tallyOf(entries(3, { kind: 'pending' }));
    let met = 0;
    for (const entry of tally.open) {
      met++;
      entry.become({ kind: 'waiting', reason: 'changing' });
      if (met > 10) break;
    }
    expect(met).toBe(3);
    expect(tally.counts(new Store(), 0)).toMatchObject({ waiting: 3, settled: 0 });
  });

  test('what is told to nobody any more counts no longer, whatever becomes of it', () => {
    const all = entries(2, { kind: 'pending' });
    const tally = tallyOf(all);
    all[0]?.countIn(undefined);
    all[0]?.become(SPOOLED);
    expect(tally.counts(new Store(), 0)).toMatchObject({ entries: 1, spooled: 0, bytes: 100 });
    expect([...tally.open]).toEqual([all[1]]);
    expect(tally.undecided.size).toBe(0);
  });
});

test('sizes that only a lying camera says come and go, and what is left is right', () => {
  const sizes = fc.array(fc.nat({ max: Number.MAX_SAFE_INTEGER }), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(sizes, (all) => {
      const liars = all.map((sizeBytes) => trackedEntry(listedFile('a.mp4', { sizeBytes }), SPOOLED));
      const [honest] = entries(1, SPOOLED, 7);
      const tally = tallyOf([...liars, ...(honest === undefined ? [] : [honest])]);
      expect(tally.counts(new Store(), 1).bytesSpooled).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
      for (const liar of liars) liar.countIn(undefined);
      expect(tally.counts(new Store(), 0)).toMatchObject({ entries: 1, bytes: 7, bytesSpooled: 7 });
    }),
  );
});

test('after any fates the numbers are those of counting anew', () => {
  const recordings = fc.constantFrom(...RECORDINGS);
  const fate: fc.Arbitrary<EntryFate> = fc.oneof(
    fc.constant<EntryFate>({ kind: 'pending' }),
    fc.constant<EntryFate>({ kind: 'not-a-file' }),
    fc.constant<EntryFate>({ kind: 'waiting', reason: 'unreadable' }),
    recordings.map((name): EntryFate => ({ kind: 'spooled', recording: name, sha256: null, stamp: '' })),
    recordings.map((name): EntryFate => ({ kind: 'erased', recording: name })),
    recordings.map((name): EntryFate => ({ kind: 'kept', recording: name, reason: 'policy-never' })),
  );
  const step = fc.record({
    entry: fc.nat({ max: 4 }),
    fate,
    receipted: fc.subarray(RECORDINGS),
    heldBytes: fc.nat({ max: 300 }),
    counts: fc.boolean(),
    gone: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat({ max: 500 }), (steps, pulledBytes) => {
      const all = Array.from({ length: 5 }, (_, at) =>
        trackedEntry(listedFile(`${at}.mp4`, { sizeBytes: at * 60 })),
      );
      const left = new Set(all);
      const tally = tallyOf(all);
      const store = new Store();
      for (const each of steps) {
        const entry = all[each.entry];
        entry?.become(each.fate);
        if (each.gone && each.entry === 4 && entry !== undefined && left.delete(entry))
          entry.countIn(undefined);
        store.receipted.clear();
        for (const name of each.receipted) store.receipted.add(name);
        for (const name of RECORDINGS) store.held.set(name, each.heldBytes);
        if (each.counts) tally.counts(store, 0);
      }
      expect(tally.counts(store, pulledBytes)).toEqual(countedAnew([...left], store, pulledBytes));
    }),
  );
});

function countedAnew(all: readonly TrackedEntry[], store: Store, pulledBytes: number): BayCounts {
  const files = all.filter(({ fate }) => fate.kind !== 'not-a-file');
  const sizes = (some: readonly TrackedEntry[]): number =>
    some.reduce((sum, { listed }) => sum + listed.sizeBytes, 0);
  const of = (...kinds: EntryFate['kind'][]): TrackedEntry[] =>
    files.filter(({ fate }) => kinds.includes(fate.kind));
  const undecided = of('spooled');
  const receiptOf = ({ fate }: TrackedEntry): boolean =>
    fate.kind === 'spooled' && store.receipted.has(fate.recording);
  const received = [...of('erased', 'kept'), ...undecided.filter(receiptOf)];
  const held = undecided
    .filter((entry) => !receiptOf(entry))
    .map(({ fate, listed }) =>
      Math.min(listed.sizeBytes, fate.kind === 'spooled' ? store.heldBytes(fate.recording) : 0),
    );
  return {
    entries: files.length,
    spooled: of('spooled', 'erased', 'kept').length,
    receipted: received.length,
    erased: of('erased').length,
    waiting: of('waiting').length,
    settled: of('erased', 'kept').length,
    bytes: sizes(files),
    bytesSpooled: sizes(of('spooled', 'erased', 'kept')) + pulledBytes,
    bytesReceipted: sizes(received) + held.reduce((sum, bytes) => sum + bytes, 0),
  };
}
