// Gives the entries of one custody log on, each with the key that vouches for it (SPEC 10.3): anybody who has no key can put lines after the last
// checkpoint, and these count for nothing. CoveredEntries is pure; readLog reads a log with it, for all views of a vault.
//
// Invariants:
// 1. Entries are given on in the order in which they came.
// 2. One is vouched for by a good checkpoint after it, by a good signature over its whole file, or by such a checkpoint of the segment that follows
//    and names it. Where the chain between the two is broken, that is a finding of its own (custody-segment.ts), and nothing more is made of it.
// 3. Memory: two groups at most. A longer one without a checkpoint is a fault of its own (custody.group-open).
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { CUSTODY_GROUP_ENTRIES } from '../../../protocol/format/limits.ts';
import { isReceiverId } from '../../../protocol/format/ids.ts';
import { checkCustody, type CheckedCustody } from './custody-check.ts';
import { type HeadBook, linkOf, type NamedHead } from './custody-links.ts';
import type { EntryPlace, SegmentContext } from './custody-segment.ts';
import type { ReadFiles } from './read-files.ts';
import { trustedUntil, stationKeys, storeKeys, type TrustedKeys } from './trusted-keys.ts';

/** An entry with its segment, and the hex id of the key that vouches for it; undefined where none does. */
export type TakeVouched = (entry: CustodyEntry, segment: string, keyId: string | undefined) => void;

interface Waiting {
  readonly entry: CustodyEntry;
  readonly sha256: string;
}

/** Entries of one segment of which it is not known yet. */
interface Group {
  readonly segment: string;
  readonly entries: Waiting[];
}

/** Follows one log, segment after segment; `ended` after each of them, `close` after the last. */
export class CoveredEntries {
  readonly #take: TakeVouched;
  #group: Group | undefined;
  /** What the segment before left unsigned: this one's first checkpoint may cover it. */
  #tail: Group | undefined;
  /** What this segment follows, as long as its chain holds from its first entry on. */
  #link: NamedHead | undefined;

  constructor(take: TakeVouched) {
    this.#take = take;
  }

  /** Takes the next entry, as it was read. */
  take(entry: CustodyEntry, { segment, sha256, follows, vouchedBy }: EntryPlace): void {
    if (this.#group?.segment !== segment) this.#begin(segment, entry, follows);
    else if (!follows) this.#link = undefined;
    const entries = this.#group?.entries ?? [];
    entries.push({ entry, sha256 });
    if (vouchedBy !== undefined) this.#vouched(vouchedBy);
    else if (entries.length > CUSTODY_GROUP_ENTRIES) this.#giveUp();
  }

  /** That segment was read; `signedBy` vouches for all of its file. */
  ended(segment: string, signedBy: string | undefined): void {
    if (signedBy !== undefined && this.#group?.segment === segment) this.#vouched(signedBy);
  }

  /** What is left has nobody who vouches for it. */
  close(): void {
    this.#giveUp();
  }

  #begin(segment: string, first: CustodyEntry, follows: boolean): void {
    this.#give(this.#tail);
    this.#tail = this.#group;
    this.#group = { segment, entries: [] };
    this.#link = (follows ? linkOf(first) : undefined) ?? undefined;
  }

  #vouched(keyId: string): void {
    this.#giveTail(keyId);
    this.#give(this.#group, keyId);
  }

  #giveTail(keyId: string): void {
    const link = this.#link;
    const tail = this.#tail;
    this.#link = undefined;
    if (tail === undefined) return;
    const named = tail.entries.findIndex(
      ({ entry, sha256 }) =>
        tail.segment === link?.segment && entry.sequence === link.sequence && sha256 === link.sha256,
    );
    this.#give({ segment: tail.segment, entries: tail.entries.splice(0, named + 1) }, keyId);
    this.#give(tail);
  }

  #giveUp(): void {
    this.#link = undefined;
    this.#give(this.#tail);
    this.#give(this.#group);
  }

  #give(group: Group | undefined, keyId?: string): void {
    if (group === undefined) return;
    for (const { entry } of group.entries.splice(0)) this.#take(entry, group.segment, keyId);
  }
}

/** A log that is read whole. */
export interface LogReading {
  readonly files: ReadFiles;
  readonly keys: TrustedKeys;
  readonly folder: string;
  /** The folder's name in findings. */
  readonly where: string;
  /** Whose log it is: a station's, or a receiver's for the store's own. Undefined in a spool: the log says it. */
  readonly station: string | undefined;
  /** Whose keys may have been revoked, where `station` is not known. */
  readonly owner?: string | undefined;
  /** Heads that others name were entered before; it has seen all segments afterwards. */
  readonly book: HeadBook;
  /** Hears of each whole line of a segment. */
  readonly line?: SegmentContext['line'];
  /** Hears of each entry that can be read, in front of `take`. */
  readonly visit?: ((entry: CustodyEntry, place: EntryPlace) => void) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Reads a log from its first byte to its last, checks all of it, and gives on each entry with the key that vouches for it; undefined where no
 * log is there. Errors: the signal's reason; those of the machine.
 */
export async function readLog(
  { files, keys, folder, where, station, owner, book, line, visit, signal }: LogReading,
  take: TakeVouched,
): Promise<CheckedCustody | undefined> {
  const isStore = station !== undefined && isReceiverId(station);
  const vouched = new CoveredEntries(take);
  const checked = await checkCustody({
    files,
    folder,
    where,
    station,
    line,
    keysOf: isStore ? () => storeKeys(keys) : (of) => stationKeys(keys, of),
    book,
    isRevoked: (keyId) => trustedUntil(keys, station ?? owner ?? '', keyId) !== undefined,
    isTaken: station !== undefined && !isStore,
    visit: (entry, place) => {
      visit?.(entry, place);
      vouched.take(entry, place);
    },
    ended: (segment, signedBy) => vouched.ended(segment, signedBy),
    signal,
  });
  vouched.close();
  return checked;
}
