// The account of one docking: every state in which a file was seen, in the order in which that happened, and what became of each
// (SPEC 4.6). Pure. A state that is not listed any more keeps what was known of it then.
import type { DockingEntry } from '../../protocol/docking-record.ts';
import type { RecordingId } from '../../protocol/ids.ts';
import { LATER_ENTRIES_MAX, NOT_REACHED } from '../dockings/docking-bounds.ts';
import type { InventoryRow } from '../dockings/ended-docking.ts';
import type { TrackedEntry } from './entry.ts';

type Outcome = Pick<DockingEntry, 'fate' | 'recording' | 'reason' | 'erased'>;

interface Row extends InventoryRow {
  readonly later: boolean;
  /** Undefined once the state is not listed any more. */
  entry: TrackedEntry | undefined;
  /** Set from then on. */
  outcome: Outcome | undefined;
}

const NOTHING = { recording: null, reason: null, erased: false };
const VANISHED: Outcome = { ...NOTHING, fate: 'vanished' };

/** Rows of one docking. Those of the first listing come first. */
export class DockingAccount {
  #rows: Row[] = [];
  readonly #open = new Map<TrackedEntry, Row>();
  #later = 0;
  #laterRows = 0;

  /** Entries that only later listings showed, those that have no place in a record among them. */
  get later(): number {
    return this.#later;
  }

  /** A state that was not seen before. `later`: the first listing did not show it. */
  met(entry: TrackedEntry, later: boolean): void {
    if (later && !this.#hasPlace()) return;
    const { pathSha256: path_sha256, listed } = entry;
    const row = { path_sha256, size_bytes: listed.sizeBytes, modified_at: listed.modifiedAt, later };
    const added = { ...row, entry, outcome: undefined };
    this.#rows.push(added);
    this.#open.set(entry, added);
  }

  /** That state is not listed any more. Whatever is done with the entry from here on belongs to another state. */
  gone(entry: TrackedEntry): void {
    const row = this.#open.get(entry);
    if (row === undefined) return;
    row.outcome = outcomeOf(entry, true);
    row.entry = undefined;
    this.#open.delete(entry);
  }

  /** A recording of this docking is not durable any more: states that are gone have nothing here now. */
  lost(recording: RecordingId): void {
    for (const row of this.#rows)
      if (row.outcome?.recording === recording && !row.outcome.erased) row.outcome = VANISHED;
  }

  /** Entries as a record lists them. */
  entries(): DockingEntry[] {
    return this.#rows.map(({ entry, outcome, ...row }) => ({
      ...row,
      ...(outcome ?? (entry === undefined ? VANISHED : outcomeOf(entry, false))),
    }));
  }

  /** A place for one more later entry. Where there is none, states that left nothing here give way first. */
  #hasPlace(): boolean {
    this.#later++;
    if (this.#laterRows >= LATER_ENTRIES_MAX) {
      this.#rows = this.#rows.filter((row) => !row.later || row.outcome?.fate !== 'vanished');
      this.#laterRows = this.#rows.filter((row) => row.later).length;
    }
    if (this.#laterRows >= LATER_ENTRIES_MAX) return false;
    this.#laterRows++;
    return true;
  }
}

function outcomeOf({ held, fate }: TrackedEntry, isGone: boolean): Outcome {
  if (held !== undefined) {
    const { recording, matched, rejected } = held;
    const erased = fate.kind === 'erased';
    if (matched) return { fate: 'matched', recording, reason: null, erased };
    return { fate: 'stored', recording, reason: rejected?.reason ?? null, erased };
  }
  if (fate.kind === 'not-a-file') return { ...NOTHING, fate: 'not-a-file' };
  if (isGone) return VANISHED;
  return { ...NOTHING, fate: 'waiting', reason: fate.kind === 'waiting' ? fate.reason : NOT_REACHED };
}
