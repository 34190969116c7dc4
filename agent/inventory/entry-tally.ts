// Numbers of a docking's entries, kept as fates change: a bay shows them once a second and at each change, and 100,000 entries counted
// again each time would hold up everything else.
//
// Invariants:
// 1. What fates say is exact at every moment. What the store has of entries that are here and not decided yet is looked at whenever it is
//    asked for, LOOKS_MAX of them in turns: exact up to that many, and a little behind where there are more.
import { isOpen, isSettled, type EntryFate, type FateListener, type TrackedEntry } from './entry.ts';

/** Entries of which one asking looks up what the store has: some milliseconds on a small machine. */
export const LOOKS_MAX = 2000;

/** Numbers of a docking at one moment. What is no file does not count. */
export interface BayCounts {
  readonly entries: number;
  readonly spooled: number;
  readonly receipted: number;
  readonly erased: number;
  readonly waiting: number;
  /** Entries to which nothing more will happen in this docking. */
  readonly settled: number;
  readonly bytes: number;
  readonly bytesSpooled: number;
  /** Of a recording without a receipt those that the store holds, the file's length at most. */
  readonly bytesReceipted: number;
}

/** Nothing was listed. */
export const NO_ENTRIES: BayCounts = {
  entries: 0,
  spooled: 0,
  receipted: 0,
  erased: 0,
  waiting: 0,
  settled: 0,
  bytes: 0,
  bytesSpooled: 0,
  bytesReceipted: 0,
};

/** Looks up whether a recording has its receipt, and how many sealed bytes the store holds of it until then. */
export interface PushProgress {
  isReceipted(recording: string): boolean;
  heldBytes(recording: string): number;
}

const HIGH = 2 ** 32;

/** Adds and takes away any sizes, those that only a lying camera says among them, and is exact: as two numbers, of which neither runs over. */
class ByteSum {
  #high = 0;
  #low = 0;

  /** At most what a document can hold. */
  get bytes(): number {
    return Math.min(this.#high * HIGH + this.#low, Number.MAX_SAFE_INTEGER);
  }

  add(bytes: number, times: 1 | -1): void {
    this.#high += times * Math.floor(bytes / HIGH);
    this.#low += times * (bytes % HIGH);
  }
}

/** Entries of one docking by what became of them. */
export class EntryTally implements FateListener {
  readonly #open = new Set<TrackedEntry>();
  readonly #undecided = new Set<TrackedEntry>();
  #turn = this.#undecided.values();
  /** Of those that are not decided: the ones that are receipted, and bytes that the store holds, where there are any. */
  readonly #receipted = new Set<TrackedEntry>();
  readonly #held = new Map<TrackedEntry, number>();
  readonly #heldSum = new ByteSum();
  readonly #sum = new ByteSum();
  readonly #undecidedSum = new ByteSum();
  readonly #decidedSum = new ByteSum();
  #entries = 0;
  #waiting = 0;
  #settled = 0;
  #erased = 0;
  /** Decided ones with a receipt: erased or kept. */
  #decided = 0;

  /** Entries that are not here yet: pending or waiting, in the order in which they came to be so. */
  get open(): ReadonlySet<TrackedEntry> {
    return this.#open;
  }

  /** Entries that are durable here, and whether they stay on the camera was not decided yet. */
  get undecided(): ReadonlySet<TrackedEntry> {
    return this.#undecided;
  }

  became(entry: TrackedEntry, before: EntryFate | undefined, now: EntryFate | undefined): void {
    if (before !== undefined) this.#count(before, entry.listed.sizeBytes, -1);
    if (now !== undefined) this.#count(now, entry.listed.sizeBytes, 1);
    keep(this.#open, entry, now !== undefined && isOpen(now));
    keep(this.#undecided, entry, now?.kind === 'spooled');
    if (before?.kind !== 'spooled') return;
    this.#receipted.delete(entry); // it may be another recording's now
    this.#hold(entry, 0);
  }

  /** The numbers of this moment; `pulledBytes` is what was read of the entry that is being pulled. */
  counts(progress: PushProgress, pulledBytes: number): BayCounts {
    this.#look(progress);
    return {
      entries: this.#entries,
      spooled: this.#decided + this.#undecided.size,
      receipted: this.#decided + this.#receipted.size,
      erased: this.#erased,
      waiting: this.#waiting,
      settled: this.#settled,
      bytes: this.#sum.bytes,
      bytesSpooled: bounded(this.#decidedSum.bytes + this.#undecidedSum.bytes + pulledBytes),
      bytesReceipted: bounded(this.#decidedSum.bytes + this.#heldSum.bytes),
    };
  }

  /** What is no file is no entry. */
  #count(fate: EntryFate, sizeBytes: number, one: 1 | -1): void {
    if (fate.kind === 'not-a-file') return;
    this.#entries += one;
    this.#sum.add(sizeBytes, one);
    if (fate.kind === 'waiting') this.#waiting += one;
    if (fate.kind === 'spooled') this.#undecidedSum.add(sizeBytes, one);
    if (!isSettled(fate)) return;
    this.#settled += one;
    this.#decided += one;
    this.#decidedSum.add(sizeBytes, one);
    if (fate.kind === 'erased') this.#erased += one;
  }

  #look(progress: PushProgress): void {
    for (let left = Math.min(this.#undecided.size, LOOKS_MAX); left > 0; left--) {
      const entry = this.#next();
      if (entry?.fate.kind !== 'spooled') continue;
      const { recording } = entry.fate;
      const { sizeBytes } = entry.listed;
      const isReceipted = progress.isReceipted(recording);
      if (isReceipted) this.#receipted.add(entry);
      else this.#receipted.delete(entry);
      this.#hold(entry, isReceipted ? sizeBytes : Math.min(sizeBytes, progress.heldBytes(recording)));
    }
  }

  /** Round and round, whatever comes and goes meanwhile. */
  #next(): TrackedEntry | undefined {
    const { value, done } = this.#turn.next();
    if (done !== true) return value;
    this.#turn = this.#undecided.values();
    return this.#turn.next().value;
  }

  #hold(entry: TrackedEntry, bytes: number): void {
    this.#heldSum.add(this.#held.get(entry) ?? 0, -1);
    this.#heldSum.add(bytes, 1);
    if (bytes === 0) this.#held.delete(entry);
    else this.#held.set(entry, bytes);
  }
}

function bounded(bytes: number): number {
  return Math.min(bytes, Number.MAX_SAFE_INTEGER);
}

/** One that stays in the set keeps its place: anybody who walks through it meets each once. */
function keep(set: Set<TrackedEntry>, entry: TrackedEntry, isIn: boolean): void {
  if (isIn) set.add(entry);
  else set.delete(entry);
}
