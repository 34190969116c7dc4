// Reads all custody logs of a place: the store's own first, because it says what was dropped, then those of the stations.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import type { Keeper } from '../../../protocol/custody/custody-facts.ts';
import type { CheckedCustody } from './custody-check.ts';
import {
  droppedEnd,
  HeadBook,
  type KeyChangeEntry,
  type LinkedSegment,
  type NamedHead,
} from './custody-links.ts';
import { StationLog } from './docking-log.ts';
import { EntryCheck } from './entry-check.ts';
import type { FoundCustody } from './found-folders.ts';
import { revokedKeyRemarks } from './key-logs.ts';
import type { LogPasts, OutsideWord } from './log-past.ts';
import type { GivenHead, PlaceFacts } from './place-facts.ts';
import type { Extent } from './place.ts';
import type { Policies } from './policy-check.ts';
import type { ReadFiles } from './read-files.ts';
import { missingHeads, receiptHeadRemarks } from './receipt-check.ts';
import { note, type Finding } from './remark.ts';
import { type LoggedHead, StoreLog } from './store-log.ts';
import { trustedUntil, type TrustedKeys } from './trusted-keys.ts';
import { type LogReading, readLog, type TakeVouched } from './covered-entries.ts';

/** What reading logs needs. */
export interface LogsOptions {
  readonly files: ReadFiles;
  readonly keys: TrustedKeys;
  readonly kind: Extent;
  readonly facts: PlaceFacts;
  /** The logs of stations that lie here. */
  readonly stations: readonly FoundCustody[];
  /** Trees of stores' logs, where all logs of a vault are here; else none is judged. */
  readonly pasts: LogPasts | undefined;
  /** First 16 hex digits of the digests of statements that the vault was restored. */
  readonly restored: ReadonlySet<string>;
  /** Policies of both roles that lie here. */
  readonly policies: Policies['found'];
  readonly signal: AbortSignal;
}

/** A change of keys that a log tells, with whose it is. */
export interface LoggedKeyChange extends KeyChangeEntry {
  readonly holder: string;
  readonly where: string;
}

/** An entry "receipt" of a store's log, with the bytes of its line. */
export interface ReceiptLine {
  readonly receiver: string;
  readonly recording: string;
  readonly receiptSha256: string;
  readonly line: Uint8Array;
}

/** What was counted. */
export interface LogCounts {
  segments: number;
  entries: number;
  checkpoints: number;
}

/** The logs of one place. */
export class PlaceLogs {
  readonly store: StoreLog;
  readonly stations: StationLog[] = [];
  readonly keyChanges: LoggedKeyChange[] = [];
  /** Of the parts of stores' logs in a kit; a vault has too many. */
  readonly receiptLines: ReceiptLine[] = [];
  readonly counts: LogCounts = { segments: 0, entries: 0, checkpoints: 0 };
  readonly #options: LogsOptions;
  /** Ends of segments that the store's log says were dropped. */
  readonly #dropped: NamedHead[] = [];
  readonly #stores = new Map<string, Pick<FoundCustody, 'folder' | 'where'>>();

  constructor(options: LogsOptions) {
    this.#options = options;
    this.store = new StoreLog(options.policies, options.kind === 'kit');
  }

  /** Reads the log of a receiver. Errors: the signal's reason; those of the machine. */
  async readStore(receiver: string, found: Pick<FoundCustody, 'folder' | 'where'>): Promise<Finding[]> {
    const book = this.#newBook();
    const entries = this.#entryCheck('store', found.where);
    const { pasts, restored } = this.#options;
    const tree = await pasts?.reading(receiver, found, restored);
    let oldestAt: string | undefined;
    let read: CustodyEntry | undefined;
    const take: TakeVouched = (entry, segment, keyId) => {
      if (keyId === undefined) return;
      entries.signed(entry, segment);
      this.store.take(receiver, entry);
      const end = droppedEnd(entry);
      if (end === undefined) return;
      this.#dropped.push(end);
      book.drop(end);
    };
    const visit: LogReading['visit'] = (entry) => {
      oldestAt ??= entry.at;
      read = entry;
      tree?.take(entry);
      pasts?.storeEntry(entry);
      entries.take(entry);
    };
    const line: LogReading['line'] = (segment, bytes) => {
      tree?.line(segment, bytes);
      if (read?.event === 'receipt' && this.#options.kind === 'kit') {
        const [recording, receiptSha256] = [
          String(read.facts['recording']),
          String(read.facts['receipt_sha256']),
        ];
        this.receiptLines.push({ receiver, recording, receiptSha256, line: Uint8Array.from(bytes) });
      }
      read = undefined;
    };
    const how = { ...found, station: receiver, book, line, visit };
    const checked = await this.#read(how, take);
    const linked = checked?.linked ?? [];
    this.#stores.set(receiver, found);
    if (linked.length > 0) this.store.places.push(found.where);
    for (const segment of withFollowed(linked)) this.store.ownSegments.push({ segment, receiver });
    this.store.signedBy.set(receiver, new Set(linked.flatMap(({ keyIds }) => [...keyIds])));
    if (oldestAt !== undefined && linked.every(({ link }) => link !== null))
      this.store.beginsAt.set(receiver, oldestAt);
    const beside = tree && (await pasts?.judgeBeside(receiver, tree));
    return [...(checked?.remarks ?? []), ...entries.remarks(), ...(beside ?? [])];
  }

  /** Reads the log of a station. Errors: the signal's reason; those of the machine. */
  async readStation(found: FoundCustody): Promise<Finding[]> {
    const { where, station } = found;
    const { facts, kind, keys } = this.#options;
    const log = new StationLog(where, station);
    const entries = this.#entryCheck('station', where, station);
    const book = this.#newBook();
    for (const end of this.#dropped) book.drop(end);
    const heads = (): Iterable<GivenHead> => facts.headsOf(station);
    for (const { head } of heads()) book.want(head);
    const held = kind === 'spool' ? [] : this.#headsHeld(station);
    for (const head of held) book.hold(head);
    const kept = new Map<string, CustodyEntry>();
    const take: TakeVouched = (entry, segment, keyId) => {
      if (keyId === undefined) return;
      entries.signed(entry, segment);
      log.take(entry, keyId);
      this.store.receivers.station(entry);
      const { checkpoint, what } = entry.facts;
      const isKept = entry.event === 'store-log' || (entry.event === 'carried' && what === 'store-log');
      if (isKept && typeof checkpoint === 'string' && !kept.has(checkpoint)) kept.set(checkpoint, entry);
      // In a vault a station's word that it let a segment go explains nothing: it does so once the vault holds it.
      if (kind !== 'spool') return;
      const end = droppedEnd(entry);
      if (end !== undefined) book.drop(end);
      if (entry.event === 'spool-documents-dropped') this.store.letGo(entry.facts);
    };
    const checked = await this.#read({ ...found, book, visit: (entry) => entries.take(entry) }, take);
    const told = [...receiptHeadRemarks(heads(), book), ...(checked?.remarks ?? []), ...entries.remarks()];
    told.push(...missingHeads(held, book, where), ...(await this.#judgeKept(kept, where, station)));
    if (checked === undefined || checked.segments === 0)
      return [...told, note('custody.none', where, 'no custody log lies here')];
    const owner = station ?? facts.station ?? '';
    const revoked = (keyId: string): string | undefined => trustedUntil(keys, owner, keyId);
    told.push(...revokedKeyRemarks({ segments: checked.linked, book, heads, revokedAt: revoked }));
    log.segments = new Map(checked.linked.map(({ segment, begunAt }) => [segment, begunAt]));
    log.follows = new Set(withFollowed(checked.linked));
    log.fromTheStart = checked.linked.some(({ link }) => link === null);
    log.hasRefusedEnd = checked.remarks.some(({ code }) => code === 'custody.end-refused');
    this.stations.push(log);
    return told;
  }

  /**
   * After all logs: judges checkpoints that others have of longer logs of stores than were read. These are read again for it: a
   * running receiver goes on meanwhile. Errors: the signal's reason; those of the machine.
   */
  async judgeLonger(): Promise<Finding[]> {
    const { pasts, files, keys, restored, signal } = this.#options;
    if (pasts === undefined) return [];
    return pasts.judgeLonger(async (receiver) => {
      const found = this.#stores.get(receiver);
      if (found === undefined) return undefined;
      const tree = await pasts.reading(receiver, found, restored);
      const line: LogReading['line'] = (segment, bytes) => tree.line(segment, bytes);
      const visit: LogReading['visit'] = (entry) => tree.take(entry);
      const read = { ...found, station: receiver, owner: undefined, book: new HeadBook(), line, visit };
      await readLog({ ...read, files, keys, signal }, () => undefined);
      tree.close();
      return tree;
    });
  }

  /** See LogPasts. */
  wordOn(receiver: string, deletionSha256: string): OutsideWord | undefined {
    return this.#options.pasts?.wordOn(receiver, deletionSha256);
  }

  /** After all logs: stations that the store's log names and of which nothing is here. */
  absentStations(): Finding[] {
    if (this.#options.pasts === undefined) return [];
    const here = new Set(this.#options.stations.map(({ station }) => station));
    const absent = [...this.store.heads.values()].filter(({ station }) => !here.has(station));
    return missingHeads(absent, new HeadBook(), this.store.places[0] ?? '.');
  }

  #headsHeld(station: string | undefined): LoggedHead[] {
    return [...this.store.heads.values()].filter((head) => head.station === station);
  }

  async #judgeKept(
    kept: ReadonlyMap<string, CustodyEntry>,
    where: string,
    station = 'unknown',
  ): Promise<Finding[]> {
    const found: Finding[] = [];
    for (const [checkpoint, entry] of kept)
      found.push(
        ...((await this.#options.pasts?.take(checkpoint, where, `station ${station}`, entry)) ?? []),
      );
    return found;
  }

  #newBook(): HeadBook {
    return new HeadBook(this.#options.kind === 'kit');
  }

  #entryCheck(keeper: Keeper, where: string, station?: string): EntryCheck {
    const { recordings } = this.#options.facts;
    return new EntryCheck({ where, keeper, recordings: { get: (name) => recordings.get(name, station) } });
  }

  async #read(
    how: Pick<LogReading, 'folder' | 'where' | 'station' | 'book' | 'line' | 'visit'>,
    take: TakeVouched,
  ): Promise<CheckedCustody | undefined> {
    const { files, keys, facts, signal } = this.#options;
    const { station } = how;
    const checked = await readLog({ ...how, files, keys, owner: facts.station, signal }, take);
    this.counts.segments += checked?.segments ?? 0;
    this.counts.entries += checked?.entries ?? 0;
    this.counts.checkpoints += checked?.checkpoints ?? 0;
    for (const { keyChange, where: segment, keyIds, signedBy } of checked?.linked ?? [])
      if (keyChange !== undefined && (keyIds.size > 0 || signedBy !== undefined))
        this.keyChanges.push({ ...keyChange, holder: station ?? '', where: segment });
    return checked;
  }
}

/** Segments that are here, and those that they follow. */
function withFollowed(linked: readonly LinkedSegment[]): string[] {
  return linked.flatMap(({ segment, link }) => (link ? [segment, link.segment] : [segment]));
}
