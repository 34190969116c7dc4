// Reads all custody logs of a place: the store's own first, because it says what was let go, then those of the stations.
import type { CustodyEntry } from '../../protocol/custody-entry.ts';
import type { PublicKey } from '../../protocol/minisign.ts';
import type { Keeper } from '../../protocol/custody-facts.ts';
import { checkCustody, type CheckedCustody } from './custody-check.ts';
import type { KeyChangeEntry } from './custody-links.ts';
import { revokedKeyRemarks } from './custody-revoked.ts';
import type { SegmentContext } from './custody-file.ts';
import type { EntryPlace } from './custody-segment.ts';
import { EntryCheck } from './entry-check.ts';
import type { FoundCustody } from './found-folders.ts';
import { HeadBook, type NamedHead } from './head-book.ts';
import type { PlaceFacts } from './place-facts.ts';
import type { ReadFiles } from './read-files.ts';
import { receiptHeadRemarks } from './receipt-heads.ts';
import { finding, note, type Remark } from './remark.ts';
import { StationLog } from './station-log.ts';
import { StoreLog } from './store-log.ts';
import { revokedAt, stationKeys, storeKeys, type TrustedKeys } from './trusted-keys.ts';
import type { FoundWitness } from './witness-check.ts';

/** What reading logs needs. */
export interface LogsOptions {
  readonly files: ReadFiles;
  readonly keys: TrustedKeys;
  readonly kind: 'vault' | 'spool';
  readonly facts: PlaceFacts;
  readonly witnesses: readonly FoundWitness[];
  readonly signal: AbortSignal;
}

/** A change of keys that a log tells, with whose it is. */
export interface LoggedKeyChange extends KeyChangeEntry {
  readonly holder: string;
  readonly where: string;
}

/** What was counted. */
export interface LogCounts {
  segments: number;
  entries: number;
  checkpoints: number;
}

/** The logs of one place. */
export class PlaceLogs {
  readonly store = new StoreLog();
  readonly stations: StationLog[] = [];
  readonly keyChanges: LoggedKeyChange[] = [];
  readonly counts: LogCounts = { segments: 0, entries: 0, checkpoints: 0 };
  readonly #options: LogsOptions;
  /** Ends of segments that the store's log says were let go. */
  readonly #dropped: NamedHead[] = [];

  constructor(options: LogsOptions) {
    this.#options = options;
  }

  /** Reads the log of a receiver. Errors: the signal's reason; those of the machine. */
  async readStore(receiver: string, found: Pick<FoundCustody, 'folder' | 'where'>): Promise<Remark[]> {
    const book = new HeadBook();
    const entries = this.#entryCheck('store', found.where);
    let oldestAt: string | undefined;
    let segment = '';
    let unsigned: CustodyEntry[] = [];
    const visit = (entry: CustodyEntry, place: EntryPlace): void => {
      oldestAt ??= entry.at;
      entries.take(entry);
      if (place.segment !== segment) unsigned = [];
      segment = place.segment;
      if (isExcuse(entry)) unsigned.push(entry);
      else this.store.take(receiver, entry);
      if (place.vouchedBy === undefined) return;
      for (const signed of unsigned.splice(0)) this.#letGo(receiver, signed, book);
    };
    const { checked, remarks } = await this.#read({ ...found, station: receiver }, book, visit);
    if (checked !== undefined && checked.segments > 0) this.store.places.push(found.where);
    if (oldestAt !== undefined && checked?.linked.every(({ link }) => link !== null) === true)
      this.store.beginsAt.set(receiver, oldestAt);
    return [...remarks, ...entries.remarks()];
  }

  /** The store let something go: a checkpoint says so. */
  #letGo(receiver: string, entry: CustodyEntry, book: HeadBook): void {
    this.store.take(receiver, entry);
    const end = droppedEnd(entry);
    if (end === undefined) return;
    this.#dropped.push(end);
    book.drop(end);
  }

  /** Reads the log of a station. Errors: the signal's reason; those of the machine. */
  async readStation(found: FoundCustody): Promise<Remark[]> {
    const { where, station } = found;
    const { facts, kind, keys } = this.#options;
    const log = new StationLog(where, station);
    const entries = this.#entryCheck('station', where);
    const book = new HeadBook();
    for (const end of this.#dropped) book.drop(end);
    const heads = facts.headsOf(station);
    for (const { head } of heads) book.want(head);
    const visit = (entry: CustodyEntry): void => {
      entries.take(entry);
      log.take(entry);
      // In a vault a station's word that it let a segment go explains nothing: it does so once the vault holds it.
      if (kind !== 'spool') return;
      const end = droppedEnd(entry);
      if (end !== undefined) book.drop(end);
      if (entry.event === 'spool-documents-dropped') this.store.letGo(entry.facts);
    };
    const { checked, remarks } = await this.#read(found, book, visit);
    const told = [...receiptHeadRemarks(heads, book), ...remarks, ...entries.remarks()];
    if (checked === undefined || checked.segments === 0)
      return [...told, note('custody.none', where, 'no custody log lies here')];
    const owner = station ?? facts.station ?? '';
    const revoked = (keyId: string): string | undefined => revokedAt(keys, owner, keyId);
    told.push(...revokedKeyRemarks({ segments: checked.linked, book, heads, revokedAt: revoked }));
    log.fromTheStart = checked.linked.some(({ link }) => link === null);
    log.hasRefusedEnd = checked.remarks.some(({ code }) => code === 'custody.end-refused');
    this.stations.push(log);
    return told;
  }

  #entryCheck(keeper: Keeper, where: string): EntryCheck {
    return new EntryCheck({ where, keeper, recordings: this.#options.facts.recordings });
  }

  async #read(
    { folder, where, station }: FoundCustody,
    book: HeadBook,
    visit: SegmentContext['visit'],
  ): Promise<{ readonly checked: CheckedCustody | undefined; readonly remarks: Remark[] }> {
    const { files, signal } = this.#options;
    const heads = this.#witnessHeads(station);
    for (const { head } of heads) book.want(head);
    const keysOf = this.#keysOf(station);
    const isRevoked = (keyId: string): boolean =>
      revokedAt(this.#options.keys, station ?? this.#options.facts.station ?? '', keyId) !== undefined;
    const asked = { files, folder, where, station, keysOf, book, isRevoked, visit, signal };
    const checked = await checkCustody(asked);
    this.counts.segments += checked?.segments ?? 0;
    this.counts.entries += checked?.entries ?? 0;
    this.counts.checkpoints += checked?.checkpoints ?? 0;
    for (const { keyChange, where: segment } of checked?.linked ?? [])
      if (keyChange !== undefined)
        this.keyChanges.push({ ...keyChange, holder: station ?? '', where: segment });
    return { checked, remarks: [...(checked?.remarks ?? []), ...witnessHeadRemarks(heads, book)] };
  }

  #keysOf(keeper: string | undefined): (of: string | undefined) => readonly PublicKey[] {
    const { keys } = this.#options;
    const isStore = keeper?.startsWith('r-') === true;
    return isStore ? () => storeKeys(keys) : (of) => stationKeys(keys, of);
  }

  #witnessHeads(keeper: string | undefined): WitnessHead[] {
    return this.#options.witnesses.flatMap(({ witness, where }) =>
      witness.keepers.flatMap(({ keeper: named, custody_head: head }) =>
        named === keeper && head !== null ? [{ head, where, day: witness.day, keeper: named }] : [],
      ),
    );
  }
}

interface WitnessHead {
  readonly head: NamedHead;
  readonly where: string;
  readonly day: string;
  readonly keeper: string;
}

function witnessHeadRemarks(heads: readonly WitnessHead[], book: HeadBook): Remark[] {
  return heads.flatMap(({ head, where, day, keeper }) => {
    const answer = book.compare(head);
    if (answer === 'good' || answer === 'dropped') return [];
    const { segment, sequence, sha256 } = head;
    const message = `witness: of ${keeper} on ${day} it names entry ${sequence} of custody segment ${segment} with SHA-256 ${sha256}: ${answer}`;
    return [finding('witness.head-differs', where, message, { keeper, day, segment, sequence })];
  });
}

/** It explains why something is not here, so it counts only behind a signature: anybody can put lines behind the last one. */
function isExcuse({ event }: CustodyEntry): boolean {
  return event === 'documents-dropped' || event === 'segment-dropped';
}

function droppedEnd({ event, facts }: CustodyEntry): NamedHead | undefined {
  const { segment, last_sequence: sequence, last_sha256: sha256 } = facts;
  if (event !== 'segment-dropped' || typeof segment !== 'string') return undefined;
  return typeof sequence === 'number' && typeof sha256 === 'string'
    ? { segment, sequence, sha256 }
    : undefined;
}
