// One entry of a docking: what the camera listed, and what became of it. Pure. Small on purpose (some 600 bytes with its listing): a camera
// may list INVENTORY_ENTRIES_MAX of them, so what many have alike they share.
import type { InventoryEntry } from '../../drivers/driver.ts';
import type { DockingEntry } from '../../protocol/documents/docking-record.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { SpooledRecording, SpoolState } from '../spool/spool.ts';
import type { Looks } from './looks.ts';
import type { EntryRole } from './roles.ts';

/** Why an entry is not taken for now; each is tried again as long as the camera stays, `agent-failed` when tries.ts says so. */
export type WaitReason =
  | 'changing'
  | 'unreadable'
  | 'spool-full'
  | 'spool-failed'
  | 'camera-failed'
  | 'too-damaged'
  | 'quarantined'
  /** It ended the agent again and again, and is quarantined (tries/tries.ts). */
  | 'agent-failed';

/** First and last pause before an entry that waits is tried again. */
export const RETRY_MS_MIN = 5000;
const RETRY_MS_MAX = 60_000;
/** ... and the last one where the medium itself is at fault. */
const DAMAGED_MS_MAX = 600_000;

/** What became of an entry so far. */
export type EntryFate =
  | { readonly kind: 'pending' }
  | { readonly kind: 'waiting'; readonly reason: WaitReason }
  | { readonly kind: 'not-a-file' }
  /** Durable here; `sha256` is of the bytes read from the camera in this docking, or null where it was read in part in an earlier one. */
  | {
      readonly kind: 'spooled';
      readonly recording: RecordingId;
      readonly sha256: string | null;
      readonly stamp: string;
    }
  | { readonly kind: 'erased'; readonly recording: RecordingId }
  /** Receipted, and it stays on the camera: the gate or the camera said no. */
  | { readonly kind: 'kept'; readonly recording: RecordingId; readonly reason: string };

/** What of an entry is durable here, whatever else becomes of it. */
export interface HeldContent {
  readonly recording: RecordingId;
  /** Its bytes were those of a recording that was durable already. */
  readonly matched: boolean;
  readonly rejected: SpooledRecording['rejected'];
  /** Of the bytes that were read from the camera, and the driver's stamp when they had been; null where several dockings read them. */
  readonly sha256: string | null;
  readonly stamp: string;
}

/** What a docking's record says of an entry. */
export type EntryOutcome = Pick<DockingEntry, 'fate' | 'recording' | 'reason' | 'erased'>;

/** A state of a file as a listing showed it first. */
export interface SeenEntry {
  readonly pathSha256: string;
  readonly listed: InventoryEntry;
  readonly role: EntryRole;
  /** Station's wall time at the end of that listing, ms since 1970. */
  readonly shownAtMs: number;
  readonly looks: Looks;
}

/** Why a file was kept that was gone before it was to be erased: as a driver says it. */
export const ALREADY_GONE = 'already-gone';

/** Why a file counts as kept that the camera was told to erase, where nobody could see what became of it. */
export const UNCONFIRMED = 'unconfirmed';

/** Nothing of it was tried yet; one value for all entries. */
export const PENDING: EntryFate = { kind: 'pending' };
const NOT_A_FILE: EntryFate = { kind: 'not-a-file' };
const NO_RECORDINGS: readonly RecordingId[] = [];

/** An entry with its fate, for the life of one docking. */
export class TrackedEntry implements SeenEntry {
  readonly pathSha256: string;
  readonly shownAtMs: number;
  listed: InventoryEntry;
  role: EntryRole;
  /** What listings said of this state of it. */
  looks: Looks;
  /** Set with the fate "spooled", and kept with what follows it. */
  held: HeldContent | undefined;
  /** What the docking before held of this very state, in the same stay and over the same session: its bytes need not be read again. */
  proven: HeldContent | undefined;
  /** Set with the fate "waiting" where another length came than was listed, `readBytes` at least. */
  otherLength: { readonly listedBytes: number; readonly readBytes: number } | undefined;
  /** Attempts in a row that did not take it. */
  attempts = 0;
  /** Monotonic ms before which an entry that waits is not tried again. */
  againAtMs = 0;
  /** What was known of this state when it was listed no more; set by the docking's account. */
  outcome: EntryOutcome | undefined;
  /** Recordings of this entry that went to the quarantine in this docking: the next manifest names them. */
  supersedes = NO_RECORDINGS;
  #fate: EntryFate;
  #counters: EntryCounters | undefined;

  /** A state that was not seen before: pending where it is a file. */
  constructor(seen: SeenEntry, fate = seen.listed.kind === 'file' ? PENDING : NOT_A_FILE) {
    this.pathSha256 = seen.pathSha256;
    this.shownAtMs = seen.shownAtMs;
    this.listed = seen.listed;
    this.role = seen.role;
    this.looks = seen.looks;
    this.held = undefined;
    this.proven = undefined;
    this.otherLength = undefined;
    this.outcome = undefined;
    this.#fate = fate;
    this.#counters = undefined;
  }

  get fate(): EntryFate {
    return this.#fate;
  }

  become(fate: EntryFate): void {
    const before = this.#fate;
    this.#fate = fate;
    this.#counters?.became(this, before, fate);
  }

  /** `counters` count the fate that it has and those that follow; undefined: none does from here on. */
  countIn(counters: EntryCounters | undefined): void {
    this.#counters?.became(this, this.#fate, undefined);
    this.#counters = counters;
    counters?.became(this, undefined, this.#fate);
  }
}

/** SHA-256 of a path's exact bytes, as the manifest names it. */
export function pathDigest(path: Uint8Array): string {
  return sha256Hex(path);
}

/** Pause behind the n-th attempt in a row, in ms: reading a whole file again and again wears the camera and keeps the light on "do not take". */
export function retryPauseMs(reason: WaitReason, attempts: number): number {
  if (reason === 'agent-failed') return Number.POSITIVE_INFINITY; // until tries.ts says so
  const pauseMsMax = reason === 'unreadable' || reason === 'too-damaged' ? DAMAGED_MS_MAX : RETRY_MS_MAX;
  return Math.min(pauseMsMax, RETRY_MS_MIN * 2 ** Math.min(attempts - 1, 16));
}

/** True where it is not here yet. */
export function isOpen({ kind }: EntryFate): boolean {
  return kind === 'pending' || kind === 'waiting';
}

/** True where nothing more will happen to the entry by itself and nothing is missing. */
export function isSettled(fate: EntryFate): boolean {
  return fate.kind === 'erased' || fate.kind === 'kept' || fate.kind === 'not-a-file';
}

/** True where nothing of it is tried before somebody says so. */
export function isSetAside(fate: EntryFate): boolean {
  return fate.kind === 'waiting' && fate.reason === 'agent-failed';
}

/** True where a receipt lies beside the recording in the spool. One that is not there (quarantined a moment ago) has none. */
export function hasReceipt(
  spool: { stateOf(recording: RecordingId): SpoolState | undefined },
  recording: RecordingId,
): boolean {
  const state = spool.stateOf(recording);
  return state === 'receipted' || state === 'released';
}

// Numbers of a docking's entries, kept as fates change: a bay shows them once a second and at each change, and 100,000 entries counted
// again each time would hold up everything else.
//
// Invariants:
// 1. What fates say is exact at every moment. What the store has of entries that are here and not decided yet is looked at whenever it is
//    asked for, LOOKS_MAX of them in turns: exact up to that many, and a little behind where there are more.

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
export class EntryCounters {
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

  /** `before` is undefined for the first fate that is counted of an entry, `now` after the last. */
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
