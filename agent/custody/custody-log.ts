// The custody log of this station (SPEC 4.3): takes events, and gives them to whoever brings them to the store. Their way into it, and what
// holds on it, is custody-groups.ts; recovery of earlier runs is custody-recovery.ts.
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import { predecessorOf, type ChainBreak, type FoundSegment } from '../../protocol/custody/custody-order.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { RecordingId, SegmentId } from '../../protocol/format/ids.ts';
import type { ProvenKeyChange } from '../../protocol/documents/key-documents.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { CustodyHead } from '../../protocol/documents/receipt.ts';
import { withReserve } from '../spool/receipts.ts';
import type { RecoveredSegment } from './custody-ends.ts';
import { CustodyGroups, type CustodyGroupsDeps } from './custody-groups.ts';
import { CustodyIndex, readCustodyIndex, type IndexedSegment } from './custody-index.ts';
import { checkedFacts } from './custody-pending.ts';
import {
  endEarlier,
  recoverSegments,
  type CustodyRecoveryDeps,
  type RecoveredLog,
} from './custody-recovery.ts';
import { scrubSegments, type CustodyListener } from './custody-scrub.ts';
import {
  aboutReceipt,
  aboutRecording,
  allShown,
  missingEntries,
  receiptName,
  shownAlone,
  type ReadLines,
} from './custody-search.ts';
import { CustodySegments, type KnownSegment } from './custody-segments.ts';
import type { Custody } from './custody.ts';
import { isKeyChangeDue } from './key-change-due.ts';
import { SegmentEndings } from './segment-endings.ts';
import { SegmentReader, type CustodyLines } from './segment-reader.ts';

const SPOOLED = { event: 'spooled', about: aboutRecording } as const;
const RECORDED = { event: 'docking-recorded', about: aboutRecording } as const;
const RECEIPTED = { event: 'receipted', undoneBy: 'asked-again', about: aboutRecording } as const;
const ASKED_AGAIN = { event: 'asked-again', about: aboutReceipt } as const;

/** `folder` is `custody/` of the spool and must be there; `reserve` is `spool.logReserve`. */
export interface CustodyLogOptions extends Omit<CustodyGroupsDeps, 'segments' | 'endings'> {
  /** File of the index, beside that folder; nothing is remembered where it is left out. */
  readonly indexFile?: string;
  /** With them, signatures of earlier segments are verified: the last checkpoint of one that was cut off, and ended ones afterwards. */
  readonly stationKeys?: readonly PublicKey[];
  /** The change that made the signer's key the station's, where there was one: entered into the first segment that this key signs. */
  readonly keyChange?: ProvenKeyChange['facts'] | undefined;
  /** Hears what earlier runs entered while their segments are looked through, and what this one enters. */
  readonly listener?: CustodyListener;
}

/** The log. One per station and process. */
export class CustodyLog implements Custody {
  readonly #options: CustodyLogOptions;
  readonly #segments: CustodySegments;
  readonly #reader: SegmentReader;
  readonly #index: CustodyIndex | undefined;
  readonly #groups: CustodyGroups;
  readonly #endings: SegmentEndings;
  readonly #stopping = new AbortController();
  readonly #brokenSegments = new Set<string>();
  #background: Promise<unknown> = Promise.resolve();

  private constructor(
    options: CustodyLogOptions,
    { segments, apart }: Pick<RecoveredLog, 'segments' | 'apart'>,
  ) {
    const { files, folder, indexFile: path } = options;
    this.#options = options;
    this.#segments = new CustodySegments(segments.map(asKnown), apart);
    this.#reader = new SegmentReader(files, folder);
    this.#index =
      path === undefined ? undefined : new CustodyIndex({ ...options, path, segments: this.#segments });
    this.#endings = new SegmentEndings({
      ...options,
      withSpace: (attempt) => withReserve(options.reserve, attempt),
      onEnded: (segment) => this.#ended(segment),
    });
    const groups = { ...options, segments: this.#segments, endings: this.#endings };
    this.#groups = new CustodyGroups(groups, headOf(segments));
  }

  /**
   * Recovers earlier segments and opens a new one. A chain that does not hold is entered and raises "custody.chain-broken"; a disk
   * that takes nothing raises "custody.write-failed" and is tried again.
   * Errors: the system's where the folder cannot be listed.
   */
  static async open(options: CustodyLogOptions): Promise<CustodyLog> {
    const recovery: CustodyRecoveryDeps = {
      ...options,
      stationKeys: options.stationKeys ?? [],
      index: await readIndex(options),
      withSpace: (attempt) => withReserve(options.reserve, attempt),
    };
    const recovered = await recoverSegments(recovery);
    const { segments, breaks } = recovered;
    const log = new CustodyLog(options, recovered);
    for (const each of segments.filter(({ unended }) => unended !== undefined))
      log.#endings.leave(each.segment, () => endEarlier(recovery, each));
    if (breaks.length === 0) options.conditions.clear('custody.chain-broken', null);
    for (const each of breaks) log.#broken(each);
    await log.#groups.open(await keyChangeDue(options, segments));
    if (segments.length > 0) log.#index?.changed(); // at least the last run's is not in it
    log.#background = log.#scrub(segments);
    return log;
  }

  /**
   * Takes an event; it is durable after the next checkpoint, at the latest CUSTODY_GROUP_MS later.
   * Errors: "custody.refused" (facts that no entry can hold), "custody.overrun" (too much waits: the disk takes nothing, or the caller
   * did not wait for a checkpoint now and then), "custody.closed".
   */
  append(event: CustodyEvent): void {
    if (this.#groups.isClosed)
      throw new DockError('custody.closed', 'the custody log is closed', { retry: 'never' });
    const facts = checkedFacts(event);
    this.#groups.take({ event: event.event, facts });
    this.#options.listener?.appended({ event: event.event, facts });
  }

  /** As the port says. Errors: "custody.write-failed"; the events stay, and are tried again. */
  checkpoint(patienceMs = 0): Promise<void> {
    return this.#groups.checkpoint(patienceMs);
  }

  /** The one handler is called after each group that became durable; it must not throw. */
  onCheckpoint(handler: () => void): void {
    this.#groups.onCheckpoint(handler);
  }

  /** The newest entry that is durable and under a checkpoint, of this run or of earlier ones. */
  head(): CustodyHead | null {
    return this.#groups.head;
  }

  /** Segments in order, the oldest first, with their newest durable entry. */
  segments(): readonly Readonly<KnownSegment>[] {
    return this.#segments.list();
  }

  /** Segments that `readUnproven` alone reads, in no order: see CustodySegments. */
  get apart(): readonly SegmentId[] {
    return this.#segments.apart;
  }

  /** Whole durable lines from an entry on, at most `bytesMax` but at least one; undefined where there is nothing. Errors: the system's. */
  async read(segment: SegmentId, fromSequence: number, bytesMax: number): Promise<CustodyLines | undefined> {
    const known = this.#segments.get(segment);
    return known && this.#reader.read(known, fromSequence, bytesMax);
  }

  /**
   * The same of all that lies there: behind the place where a chain breaks stands what happened, too, though it proves nothing, and so it does in
   * a segment of which the start could not take anything. Whoever made a signed document of the entries before that place alone would
   * contradict the one that was made of all. Errors: the system's.
   */
  async readUnproven(
    segment: SegmentId,
    fromSequence: number,
    bytesMax: number,
  ): Promise<CustodyLines | undefined> {
    const isBroken = this.#brokenSegments.has(segment) && this.#segments.get(segment) !== undefined;
    if (!isBroken && !this.apart.includes(segment)) return this.read(segment, fromSequence, bytesMax);
    const whole = { segment, lastSequence: Number.POSITIVE_INFINITY, lastSha256: '' };
    return this.#reader.read(whole, fromSequence, bytesMax);
  }

  /** Digest of one durable entry's line; undefined where there is none. Errors: the system's. */
  async entrySha256(segment: SegmentId, sequence: number): Promise<string | undefined> {
    const known = this.#segments.get(segment);
    return known && this.#reader.entrySha256(known, sequence);
  }

  /** The store has signed that it holds all of a segment; remembered over starts once that segment has ended. */
  storeHolds(segment: SegmentId): void {
    if (this.#segments.held(segment)) this.#index?.changed();
  }

  /** The store does not hold what it held of a segment: nothing is known of that one and of all behind it. */
  storeLost(segment: SegmentId): void {
    if (this.#segments.lost(segment)) this.#index?.changed();
  }

  /** A segment is about to be removed (custody-drop.ts): it is not part of this log any more. */
  forget(segment: SegmentId): void {
    this.#segments.dropped(segment);
    this.#index?.changed();
  }

  /** Of these recordings, those without a `spooled` entry in the log: a cut came between commit and checkpoint. Errors: the system's. */
  withoutSpooledEntry(recordings: Iterable<RecordingId>): Promise<RecordingId[]> {
    return missingEntries(this.#segments.list(), allShown(this.#reader), SPOOLED, recordings);
  }

  /** The same for `docking-recorded` entries and the records that they name. Errors: the system's. */
  withoutRecordedEntry(records: Iterable<RecordingId>): Promise<RecordingId[]> {
    return missingEntries(this.#segments.list(), allShown(this.#reader), RECORDED, records);
  }

  /**
   * The same for `receipted` entries: a cut came between a receipt's sync and the checkpoint. One that `asked-again` took back since is none, and a
   * segment that the disk does not show names none. Errors: the system's where the machine is short of something.
   */
  withoutReceiptedEntry(recordings: Iterable<RecordingId>): Promise<RecordingId[]> {
    return missingEntries(this.#segments.list(), this.#shownAlone(), RECEIPTED, recordings);
  }

  /**
   * Of these receipts that were taken back, those without their `asked-again` entry: a cut came between the spool's mark and the checkpoint. A
   * recording may have been asked for several times. Errors: as for `receipted`.
   */
  async withoutAskedAgainEntry<
    Asking extends { readonly recording: RecordingId; readonly receipt_sha256: string },
  >(askings: readonly Asking[]): Promise<Asking[]> {
    const nameOf = (asking: Asking): string => receiptName(asking.recording, asking.receipt_sha256);
    const names = askings.map(nameOf);
    const owed = new Set(await missingEntries(this.#segments.list(), this.#shownAlone(), ASKED_AGAIN, names));
    return askings.filter((asking) => owed.has(nameOf(asking)));
  }

  /** Writes what waits, ends the segment and signs the whole of it. Never rejects: what fails is done by the next start. */
  async close(): Promise<void> {
    if (this.#groups.isClosed) return;
    await this.#groups.close();
    this.#stopping.abort();
    await this.#endings.settled();
    await this.#background;
    await this.#index?.close();
  }

  #shownAlone(): ReadLines {
    const { log } = this.#options;
    return shownAlone(this.#reader, (segment, error) =>
      log.warn('custody segment passed over in a search: the disk does not show it', { segment, error }),
    );
  }

  #ended(segment: SegmentId): void {
    this.#segments.ended(segment);
    this.#index?.changed();
  }

  async #scrub(segments: readonly FoundSegment[]): Promise<void> {
    const signed = segments.filter((each) => each.signed).map(({ segment }) => segment);
    const { stationKeys, listener } = this.#options;
    if (stationKeys === undefined || stationKeys.length === 0) return listener?.lookedThrough();
    const deps = {
      ...this.#options,
      stationKeys,
      listener,
      known: (segment: SegmentId) => this.#segments.get(segment),
      onBreak: (found: ChainBreak) => this.#broken(found),
    };
    await scrubSegments(deps, signed, this.#stopping.signal);
  }

  #broken({ segment, sequence, reason }: ChainBreak): void {
    const { log, conditions } = this.#options;
    const facts = { segment, sequence, reason: reason.slice(0, 256) };
    this.#brokenSegments.add(segment);
    log.error('custody log: chain does not hold', facts);
    conditions.raise('custody.chain-broken', null, facts);
    try {
      this.#groups.takeLater({ event: 'chain-broken', facts });
    } catch (error) {
      // Too much waits for the disk. It is told as a condition, and the next start finds it again.
      log.error('entry of the custody log not taken', { ...facts, error });
    }
  }
}

async function readIndex({
  files,
  indexFile,
}: CustodyLogOptions): Promise<ReadonlyMap<SegmentId, IndexedSegment>> {
  return indexFile === undefined ? new Map() : readCustodyIndex(files, indexFile);
}

async function keyChangeDue(
  options: CustodyLogOptions,
  segments: readonly FoundSegment[],
): Promise<ProvenKeyChange['facts'] | undefined> {
  const { keyChange } = options;
  if (keyChange === undefined) return undefined;
  return (await isKeyChangeDue(options, segments, keyChange.new_key_id)) ? keyChange : undefined;
}

function asKnown(found: RecoveredSegment): KnownSegment {
  const { segment, first, last, lastAt, signed, held } = found;
  const openedAt = first?.at ?? '';
  const follows = predecessorOf(found) ?? null;
  return {
    segment,
    openedAt,
    follows,
    lastSequence: last.sequence,
    lastSha256: last.sha256,
    lastAt,
    signed,
    held,
  };
}

function headOf(segments: readonly FoundSegment[]): CustodyHead | null {
  const newest = segments.at(-1);
  return newest === undefined ? null : { segment: newest.segment, ...newest.last };
}
