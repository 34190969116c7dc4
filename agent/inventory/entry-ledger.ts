// The account of one docking: every state in which a file was seen, in the order in which that happened, and what became of each
// (SPEC 4.6). Pure. A state that is not listed any more keeps what was known of it then.
import type { DockingEntry } from '../../protocol/documents/docking-record.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import { LATER_ENTRIES_MAX, NOT_REACHED } from '../records/docking-bounds.ts';
import type { EndedEntries } from '../records/ended-docking.ts';
import { UNCONFIRMED, type EntryOutcome, type TrackedEntry } from './entry.ts';

const NOTHING = { recording: null, reason: null, erased: false };
const VANISHED: EntryOutcome = { ...NOTHING, fate: 'vanished' };

/** States of one docking. Those of the first listing come first. */
export class EntryLedger {
  #states: TrackedEntry[] = [];
  #first = 0;
  #later = 0;
  /** A state left nothing here since places were looked for. */
  #mayHavePlaces = false;

  /** Entries that only later listings showed, those that have no place in a record among them. */
  get later(): number {
    return this.#later;
  }

  /** A state that was not seen before. `later`: the first listing did not show it. */
  met(entry: TrackedEntry, later: boolean): void {
    if (later) this.#later++;
    else this.#first++;
    if (!later || this.#hasPlace()) this.#states.push(entry);
  }

  /** That state is not listed any more. Whatever is done with the entry from here on belongs to another state. */
  gone(entry: TrackedEntry): void {
    entry.outcome ??= outcomeOf(entry, true);
    this.#mayHavePlaces = true;
  }

  /** A recording of this docking is not durable any more: states that are gone have nothing here now. */
  lost(recording: RecordingId): void {
    for (const entry of this.#states)
      if (entry.outcome?.recording === recording && entry.outcome.erased === false) entry.outcome = VANISHED;
    this.#mayHavePlaces = true;
  }

  /** Entries as a record lists them, each made when it is asked for: it must be over with the docking. */
  entries(): EndedEntries {
    const [states, first] = [this.#states, this.#first];
    const rowOf = (entry: TrackedEntry, at: number): DockingEntry => ({
      path_sha256: entry.pathSha256,
      size_bytes: entry.listed.sizeBytes,
      modified_at: entry.listed.modifiedAt,
      later: at >= first,
      ...(entry.outcome ?? outcomeOf(entry, false)),
    });
    return {
      length: states.length,
      slice: (from, to) => states.slice(from, to).map((entry, at) => rowOf(entry, from + at)),
    };
  }

  /** A place for one more later entry. Where there is none, states that left nothing here give way first: looked for once, not for each entry. */
  #hasPlace(): boolean {
    const isFull = this.#states.length - this.#first >= LATER_ENTRIES_MAX;
    if (isFull && this.#mayHavePlaces) {
      this.#mayHavePlaces = false;
      this.#states = this.#states.filter(
        ({ outcome }, at) => at < this.#first || outcome?.fate !== 'vanished',
      );
    }
    return this.#states.length - this.#first < LATER_ENTRIES_MAX;
  }
}

function outcomeOf({ held, fate }: TrackedEntry, isGone: boolean): EntryOutcome {
  if (held !== undefined) {
    const { recording, matched, rejected } = held;
    const isUnconfirmed = fate.kind === 'kept' && fate.reason === UNCONFIRMED;
    const erased = isUnconfirmed ? null : fate.kind === 'erased';
    if (matched) return { fate: 'matched', recording, reason: null, erased };
    return { fate: 'stored', recording, reason: rejected?.reason ?? null, erased };
  }
  if (fate.kind === 'not-a-file') return { ...NOTHING, fate: 'not-a-file' };
  if (isGone) return VANISHED;
  return { ...NOTHING, fate: 'waiting', reason: fate.kind === 'waiting' ? fate.reason : NOT_REACHED };
}
