// What became of the entries of a docking that a cut ended (SPEC 4.6): replays what the custody log says of them over the first listing,
// and believes only what the spool holds. Pure.
//
// What neither proves is "waiting": that a file was not listed any more is no event of the log.
import type { ToldEntry } from '../custody/told-entries.ts';
import type { DockingEntry, DockingRecord } from '../../protocol/documents/docking-record.ts';
import { isRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import type { SpooledRecording } from '../spool/spooled-recording.ts';
import { LATER_ENTRIES_MAX, NOT_REACHED, REASON_CHARACTERS_MAX } from './docking-bounds.ts';
import type { InventoryRow } from './ended-docking.ts';

/** A recording that is durable here, as far as it matters. */
export type DurableRecording = Pick<
  SpooledRecording,
  'recording' | 'pathSha256' | 'originalSizeBytes' | 'rejected' | 'sealedAt'
>;

/** What the spool says. */
export interface DurableRecordings {
  has(recording: RecordingId): boolean;
  /** Recordings that were sealed in this docking, in any order. */
  readonly ofDocking: readonly DurableRecording[];
}

/** One state in which a file was seen. */
interface Row extends InventoryRow {
  readonly later: boolean;
  /** The log has told that it was seen; a further telling of the same size is another state. */
  seen: boolean;
  isFile: boolean;
  /** A later listing showed the file in another state. */
  replaced: boolean;
  reason: string | undefined;
  sealed: RecordingId[];
  matched: RecordingId | undefined;
  /** The log's last word on its erasure; `isGone` null where that leaves open what became of it. */
  erasure: { readonly recording: RecordingId; readonly isGone: boolean | null } | undefined;
}

/** Whether the file is gone, by the event that was logged of its erasure. */
const ERASURES: ReadonlyMap<string, boolean | null> = new Map([
  ['erasing', null],
  ['erasure-unconfirmed', null],
  ['not-erased', false],
  ['erased', true],
]);

/** Takes the log's entries of one docking in their order. */
export class CutOffEntries {
  readonly #rows: Row[];
  /** States of a file in the order in which they were seen; the last one that was told is the current one. */
  readonly #byPath = new Map<string, Row[]>();
  readonly #bound = new Set<RecordingId>();
  #later = 0;
  #isListed = false;
  #docked: ToldEntry | undefined;
  #clockSet: NonNullable<DockingRecord['camera_clock']>['set'] = null;

  /** `first`: the first listing, where the journal holds it. */
  constructor(first: readonly InventoryRow[]) {
    this.#rows = first.map((row) => rowOf(row, false));
    for (const row of this.#rows) this.#file(row);
  }

  /** The `docked` entry, where the log still has it. */
  get docked(): ToldEntry | undefined {
    return this.#docked;
  }
  /** True where the log has a listing of it. */
  get isListed(): boolean {
    return this.#isListed;
  }
  /** What was left after the camera's clock was set, or null. */
  get clockSet(): NonNullable<DockingRecord['camera_clock']>['set'] {
    return this.#clockSet;
  }
  /** States that the first listing did not show, those without a place in the record among them. */
  get later(): number {
    return this.#later;
  }

  take(entry: ToldEntry): void {
    const { event } = entry;
    const path = textOf(entry, 'path_sha256');
    const recording = textOf(entry, 'recording');
    if (event === 'docked') this.#docked = entry;
    else if (event === 'camera-clock-set') this.#clockSet = clockSetOf(entry);
    else if (event === 'inventory') this.#isListed = true;
    else if (event === 'seen-more') this.#seenMore();
    else if (event === 'seen') this.#seen(path, numberOf(entry, 'size_bytes'), true);
    else if (event === 'not-taken') this.#notTaken(path, textOf(entry, 'reason'));
    else if (event === 'pulled' || event === 'matched') {
      if (event === 'pulled' && !this.#byPath.has(path))
        this.#seen(path, numberOf(entry, 'size_bytes'), true);
      if (isRecordingId(recording)) this.#holds(event, path, recording);
    } else if (isRecordingId(recording)) this.#erasure(ERASURES.get(event), path, recording);
  }

  /** The entries as far as they are proven: first those of the first listing, then the later ones. */
  finish(spool: DurableRecordings): DockingEntry[] {
    for (const row of this.#rows) this.#bind(row, spool);
    const newestFirst = [...spool.ofDocking].sort((a, b) => (a.sealedAt > b.sealedAt ? -1 : 1));
    for (const recording of newestFirst) this.#bindUntold(recording);
    const here = { has: (id: RecordingId) => spool.has(id), reasons: new Map(spool.ofDocking.map(reasonOf)) };
    return this.#rows.map((row) => entryOf(row, here));
  }

  #file(row: Row): void {
    const states = this.#byPath.get(row.path_sha256);
    if (states === undefined) this.#byPath.set(row.path_sha256, [row]);
    else states.push(row);
  }

  /** A state of the first listing is told before it is a later one. */
  #seen(path: string, sizeBytes: number, isFile: boolean): Row | undefined {
    const states = this.#byPath.get(path) ?? [];
    const told = states.find((row) => !row.seen && row.size_bytes === sizeBytes);
    const row = told ?? this.#seenLater(path, sizeBytes);
    if (row === undefined) return undefined;
    for (const other of states) if (other !== row && other.seen) other.replaced = true;
    row.seen = true;
    row.isFile = isFile;
    return row;
  }

  /** Only their number is told. Those of the first listing stand in the journal; a later one shows when it is pulled. */
  #seenMore(): void {
    if (!this.#isListed) for (const row of this.#rows) row.seen = true;
  }

  #seenLater(path: string, sizeBytes: number): Row | undefined {
    if (++this.#later > LATER_ENTRIES_MAX) return undefined;
    const row = rowOf({ path_sha256: path, size_bytes: sizeBytes, modified_at: null }, true);
    this.#rows.push(row);
    this.#file(row);
    return row;
  }

  #notTaken(path: string, reason: string): void {
    if (reason === 'not-a-file') this.#seen(path, 0, false);
    else {
      const row = this.#current(path);
      if (row !== undefined) row.reason = reason;
    }
  }

  #holds(event: 'pulled' | 'matched', path: string, recording: RecordingId): void {
    const row = this.#current(path);
    if (row === undefined) return;
    if (event === 'pulled') row.sealed.push(recording);
    else row.matched = recording;
  }

  /** `isGone` is undefined for an event of something else. */
  #erasure(isGone: boolean | null | undefined, path: string, recording: RecordingId): void {
    const states = this.#byPath.get(path) ?? [];
    const holder = states.findLast((row) => row.matched === recording || row.sealed.includes(recording));
    const row = holder ?? this.#current(path);
    if (row !== undefined && isGone !== undefined) row.erasure = { recording, isGone };
  }

  #current(path: string): Row | undefined {
    const states = this.#byPath.get(path);
    return states?.findLast((row) => row.seen) ?? states?.at(-1);
  }

  /**
   * Of several sealings of one state the last that is durable counts; what was erased was durable. Another one that is here, as a disk leaves it
   * that did not let a failed one be removed, stands behind all others: it goes to the store as well.
   */
  #bind(row: Row, spool: DurableRecordings): void {
    const here = row.sealed.filter((id) => erasedAs(row, id) === true || spool.has(id));
    row.sealed = here.slice(-1);
    for (const recording of here) this.#bound.add(recording);
    for (const recording of here.slice(0, -1)) {
      const other = this.#seenLater(row.path_sha256, row.size_bytes);
      other?.sealed.push(recording);
      if (other !== undefined && row.erasure?.recording === recording) other.erasure = row.erasure;
    }
  }

  /** A cut took the log's last entries, and the spool knows more than it: perhaps of a file, or of a state of one, that nothing else tells of. */
  #bindUntold({ recording, pathSha256, originalSizeBytes }: DurableRecording): void {
    if (this.#bound.has(recording)) return;
    const states = this.#byPath.get(pathSha256) ?? [];
    const free = states.filter((row) => row.isFile && row.sealed.length === 0 && row.matched === undefined);
    const row = free.findLast((each) => each.size_bytes === originalSizeBytes) ?? free.at(-1);
    (row ?? this.#seenLater(pathSha256, originalSizeBytes))?.sealed.push(recording);
  }
}

function rowOf(row: InventoryRow, later: boolean): Row {
  return {
    ...row,
    later,
    seen: false,
    isFile: true,
    replaced: false,
    reason: undefined,
    sealed: [],
    matched: undefined,
    erasure: undefined,
  };
}

/** What the spool says, found by recording: a docking may have thousands. */
type Known = Pick<DurableRecordings, 'has'> & { readonly reasons: ReadonlyMap<RecordingId, string | null> };

function reasonOf({ recording, rejected }: DurableRecording): [RecordingId, string | null] {
  return [recording, rejected?.reason ?? null];
}

function entryOf(row: Row, spool: Known): DockingEntry {
  const { path_sha256, size_bytes, modified_at, later } = row;
  return { path_sha256, size_bytes, modified_at, later, ...fateOf(row, spool) };
}

function fateOf(row: Row, spool: Known): Pick<DockingEntry, 'fate' | 'recording' | 'reason' | 'erased'> {
  const [sealed] = row.sealed;
  const { matched } = row;
  if (sealed !== undefined) {
    const reason = spool.reasons.get(sealed) ?? null;
    return { fate: 'stored', recording: sealed, reason, erased: erasedAs(row, sealed) };
  }
  if (matched !== undefined && (erasedAs(row, matched) === true || spool.has(matched)))
    return { fate: 'matched', recording: matched, reason: null, erased: erasedAs(row, matched) };
  const nothing = { recording: null, erased: false };
  if (!row.isFile) return { ...nothing, fate: 'not-a-file', reason: null };
  if (row.replaced) return { ...nothing, fate: 'vanished', reason: null };
  return { ...nothing, fate: 'waiting', reason: (row.reason ?? NOT_REACHED).slice(0, REASON_CHARACTERS_MAX) };
}

/** As an entry says it. */
function erasedAs({ erasure }: Row, recording: RecordingId): boolean | null {
  return erasure?.recording === recording ? erasure.isGone : false;
}

function clockSetOf(entry: ToldEntry): NonNullable<DockingRecord['camera_clock']>['set'] {
  const uncertaintyMs = numberOf(entry, 'uncertainty_ms');
  return {
    at: entry.at,
    offset_ms: numberOf(entry, 'offset_ms'),
    uncertainty_ms: Math.max(0, uncertaintyMs),
  };
}

function textOf(entry: ToldEntry, fact: string): string {
  const value = entry.facts[fact];
  return typeof value === 'string' ? value : '';
}

function numberOf(entry: ToldEntry, fact: string): number {
  const value = entry.facts[fact];
  return typeof value === 'number' ? value : 0;
}
