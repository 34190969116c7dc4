// The custody log of this station (SPEC 4.3): takes events, makes them durable in groups under signed checkpoints, and gives them
// to whoever brings them to the store. Recovery of earlier runs is custody-recovery.ts.
//
// Invariants:
// 1. `checkpoint` resolves only when every event appended before it is synced and under a signed checkpoint.
// 2. Events keep their order. An event leaves memory only when it is durable, so a failed write loses none.
// 3. A failed write or sync ends the segment for good; what it may hold is written again into a new one that names the last
//    entry that was surely durable.
// 4. What waits in memory is bounded: above that `append` refuses, and its stage must stop.
import { DockError, describeError, systemCode } from '../../protocol/errors.ts';
import { chainGroups, type LooseEntry } from '../../protocol/custody-chain.ts';
import { CHAIN_START, type CustodyEvent } from '../../protocol/custody-entry.ts';
import { predecessorOf, type ChainBreak, type FoundSegment } from '../../protocol/custody-order.ts';
import { makeSegmentId, type RecordingId, type SegmentId, type StationId } from '../../protocol/ids.ts';
import type { ProvenKeyChange } from '../../protocol/key-documents.ts';
import { CUSTODY_GROUP_ENTRIES, CUSTODY_GROUP_MS } from '../../protocol/limits.ts';
import type { PublicKey } from '../../protocol/minisign.ts';
import type { Clock, Conditions, Files, Log, Random, Signer } from '../../protocol/ports.ts';
import type { CustodyHead } from '../../protocol/receipt.ts';
import { checkedFacts, PendingEvents } from './custody-pending.ts';
import type { RecoveredSegment } from './custody-ends.ts';
import { CustodyIndex, readCustodyIndex, type IndexedSegment } from './custody-index.ts';
import { recoverSegments } from './custody-recovery.ts';
import { scrubSegments, type CustodyListener } from './custody-scrub.ts';
import { missingEntries } from './custody-search.ts';
import { CustodySegments, type KnownSegment } from './custody-segments.ts';
import { SegmentWriter } from './custody-writer.ts';
import type { Custody } from './custody.ts';
import { isKeyChangeDue } from './key-change-due.ts';
import { SegmentEndings } from './segment-endings.ts';
import { SegmentReader, type CustodyLines } from './segment-reader.ts';
import { withReserve } from '../spool/receipts.ts';
import type { GivesSpace } from '../spool/reserve.ts';

/** A segment is ended and a new one opened above this size: bounds what a start must follow, some 5,000 entries. */
const SEGMENT_BYTES_MAX = 2 * 1024 * 1024;
/** Groups in one write. */
const WRITE_GROUPS_MAX = 8;
/** First and last pause before writing is tried again. */
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 30_000;

export interface CustodyLogOptions {
  /** `custody/` of the spool; must be there. */
  readonly folder: string;
  /** File of the index, beside that folder; nothing is remembered where it is left out. */
  readonly indexFile?: string;
  readonly station: StationId;
  /** Version of the agent, for the first entry of a segment. */
  readonly version: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly signer: Signer;
  readonly bootId: string | null;
  readonly log: Log;
  readonly conditions: Conditions;
  /** Space to be had when the disk is full (`spool.logReserve`). */
  readonly reserve?: GivesSpace;
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
  readonly #pending = new PendingEvents();
  readonly #stopping = new AbortController();
  readonly #endings: SegmentEndings;
  #head: CustodyHead | null;
  #writer: SegmentWriter | undefined;
  #writing: Promise<void> | undefined;
  #background: Promise<unknown> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;
  /** Set while writing fails: until the retry, nobody is kept waiting. */
  #failure: DockError | undefined;
  #retryMs = RETRY_MS_MIN;
  #onCheckpoint: () => void = () => undefined;
  #closed = false;
  /** To be entered behind the next `segment-opened`. */
  #keyChange: ProvenKeyChange['facts'] | undefined;

  private constructor(
    options: CustodyLogOptions,
    segments: readonly KnownSegment[],
    head: CustodyHead | null,
  ) {
    const { files, folder, indexFile: path } = options;
    this.#options = options;
    this.#segments = new CustodySegments(segments);
    this.#reader = new SegmentReader(files, folder);
    this.#index =
      path === undefined ? undefined : new CustodyIndex({ ...options, path, segments: this.#segments });
    this.#endings = new SegmentEndings({
      ...options,
      withSpace: (attempt) => withReserve(options.reserve, attempt),
      onEnded: (segment) => this.#ended(segment),
    });
    this.#head = head;
  }

  /**
   * Recovers earlier segments and opens a new one. A chain that does not hold is entered and raises "custody.chain-broken"; a disk
   * that takes nothing raises "custody.write-failed" and is tried again.
   * Errors: the system's where the folder cannot be listed.
   */
  static async open(options: CustodyLogOptions): Promise<CustodyLog> {
    const { segments, breaks } = await recoverSegments({
      ...options,
      stationKeys: options.stationKeys ?? [],
      index: await readIndex(options),
      withSpace: (attempt) => withReserve(options.reserve, attempt),
    });
    const log = new CustodyLog(options, segments.map(asKnown), headOf(segments));
    if (breaks.length === 0) options.conditions.clear('custody.chain-broken', null);
    for (const each of breaks) log.#broken(each);
    const { keyChange } = options;
    if (keyChange !== undefined && (await isKeyChangeDue(options, segments, keyChange.new_key_id)))
      log.#keyChange = keyChange;
    await log.#flush(true);
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
    if (this.#closed) throw new DockError('custody.closed', 'the custody log is closed', { retry: 'never' });
    const facts = checkedFacts(event);
    this.#pending.push({ ...this.#stamp(), event: event.event, facts });
    this.#options.listener?.appended({ event: event.event, facts });
    if (this.#pending.length >= CUSTODY_GROUP_ENTRIES) this.#flushSoon();
    else this.#armTimer(CUSTODY_GROUP_MS);
  }

  async checkpoint(): Promise<void> {
    if (this.#pending.length === 0) return;
    if (this.#failure !== undefined && this.#writing === undefined) throw this.#failure;
    const durable = this.#pending.wait();
    this.#flushSoon();
    await durable;
  }

  /** The one handler is called after each group that became durable; it must not throw. */
  onCheckpoint(handler: () => void): void {
    this.#onCheckpoint = handler;
  }

  /** The newest entry that is durable and under a checkpoint, of this run or of earlier ones. */
  head(): CustodyHead | null {
    return this.#head;
  }

  /** Segments in order, the oldest first, with their newest durable entry. */
  segments(): readonly Readonly<KnownSegment>[] {
    return this.#segments.list();
  }

  /** Whole durable lines from an entry on, at most `bytesMax` but at least one; undefined where there is nothing. Errors: the system's. */
  async read(segment: SegmentId, fromSequence: number, bytesMax: number): Promise<CustodyLines | undefined> {
    const known = this.#segments.get(segment);
    return known && this.#reader.read(known, fromSequence, bytesMax);
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
    return missingEntries(this.#segments.list(), this.#reader, 'spooled', recordings);
  }

  /** The same for `docking-recorded` entries and the records that they name. Errors: the system's. */
  withoutRecordedEntry(records: Iterable<RecordingId>): Promise<RecordingId[]> {
    return missingEntries(this.#segments.list(), this.#reader, 'docking-recorded', records);
  }

  /** The same for `receipted` entries: a cut came between a receipt's sync and the checkpoint. Errors: the system's. */
  withoutReceiptedEntry(recordings: Iterable<RecordingId>): Promise<RecordingId[]> {
    return missingEntries(this.#segments.list(), this.#reader, 'receipted', recordings);
  }

  /** Writes what waits, ends the segment and signs the whole of it. Never rejects: what fails is done by the next start. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#failure = undefined; // one more attempt, whatever was before
    await this.checkpoint().catch(() => undefined);
    this.#closed = true;
    this.#stopping.abort();
    this.#cancelTimer?.();
    await this.#writing;
    const writer = this.#writer;
    this.#writer = undefined;
    if (writer !== undefined) this.#endings.end(writer);
    await this.#endings.settled();
    await this.#background;
    await this.#index?.close();
  }

  #stamp(): Pick<LooseEntry, 'at' | 'boot' | 'monotonic_ms'> {
    const { clock, bootId } = this.#options;
    return {
      at: new Date(clock.wallMs()).toISOString(),
      boot: bootId,
      monotonic_ms: Math.floor(clock.monotonicMs()),
    };
  }

  #armTimer(ms: number): void {
    if (this.#cancelTimer !== undefined || this.#closed) return;
    this.#cancelTimer = this.#options.clock.after(ms, () => {
      this.#cancelTimer = undefined;
      this.#failure = undefined;
      this.#flushSoon();
    });
  }

  #flushSoon(): void {
    if (this.#writing !== undefined || this.#failure !== undefined) return;
    this.#writing = this.#flush(false).finally(() => {
      this.#writing = undefined;
      if (this.#pending.hasWaiters) this.#flushSoon();
    });
  }

  /** Writes until nothing waits. `open` writes a segment's opening even where no event waits. Never rejects. */
  async #flush(open: boolean): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    await Promise.resolve(); // whoever appends in the same breath shares the group
    try {
      for (let must = open; must || this.#pending.length > 0; must = false) {
        const batch = this.#pending.first(WRITE_GROUPS_MAX * CUSTODY_GROUP_ENTRIES - 1);
        await this.#writeOrAgain(batch);
        this.#settled(batch);
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  /** One attempt, and one more in a new segment; where the disk is full, with the reserve given up. */
  async #writeOrAgain(batch: readonly LooseEntry[]): Promise<void> {
    try {
      await this.#write(batch);
    } catch (error) {
      if (isFull(error) && !(await this.#options.reserve?.giveUp())) throw error;
      this.#options.log.warn('custody write failed, tried again in a new segment', { error });
      await this.#write(batch);
    }
  }

  async #write(batch: readonly LooseEntry[]): Promise<void> {
    const { station, signer, files, folder, random } = this.#options;
    const opened = this.#writer;
    const previous = this.#head;
    const segment = opened?.segment ?? makeSegmentId(random);
    const opening = this.#opening(segment);
    const entries = opened === undefined ? [opening, ...this.#keyChanged(), ...batch] : batch;
    const context = { station, segment, signer, stamp: () => this.#stamp() };
    const groups = await chainGroups(opened?.head ?? CHAIN_START, entries, context);
    const writer = opened ?? (await SegmentWriter.create(segment, files, folder));
    try {
      await writer.append(groups);
    } catch (error) {
      this.#writer = undefined;
      await this.#endings.abandon(writer);
      throw error;
    }
    this.#writer = writer;
    this.#keyChange = undefined;
    this.#head = { segment, ...groups.state };
    const opens = { openedAt: opening.at, follows: previous };
    this.#segments.reached(segment, opens, groups.state, this.#stamp().at);
    if (writer.sizeBytes < SEGMENT_BYTES_MAX) return;
    this.#writer = undefined;
    this.#endings.end(writer);
  }

  #opening(segment: SegmentId): LooseEntry {
    const { station, version } = this.#options;
    const facts = {
      segment,
      station,
      version,
      last_segment: this.#head?.segment ?? null,
      last_sequence: this.#head?.sequence ?? null,
      last_sha256: this.#head?.sha256 ?? null,
    };
    return { ...this.#stamp(), event: 'segment-opened', facts };
  }

  #keyChanged(): LooseEntry[] {
    const facts = this.#keyChange;
    return facts === undefined ? [] : [{ ...this.#stamp(), event: 'key-changed', facts }];
  }

  #settled(batch: readonly LooseEntry[]): void {
    this.#retryMs = RETRY_MS_MIN;
    this.#options.conditions.clear('custody.write-failed', null);
    this.#pending.settle(batch);
    this.#endings.diskWrites();
    this.#onCheckpoint();
  }

  #failed(cause: unknown): void {
    const { log, conditions } = this.#options;
    const failure = new DockError(
      'custody.write-failed',
      `custody log not written: ${describeError(cause)}; ${this.#pending.length} events wait, tried again in ${this.#retryMs} ms`,
      { cause, retry: 'later', facts: { waiting_events: this.#pending.length } },
    );
    log.error('custody log not written', { error: failure });
    conditions.raise('custody.write-failed', null, { waiting_events: this.#pending.length });
    this.#pending.fail(failure);
    this.#failure = failure;
    this.#armTimer(this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
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
    log.error('custody log: chain does not hold', facts);
    conditions.raise('custody.chain-broken', null, facts);
    this.#pending.push({ ...this.#stamp(), event: 'chain-broken', facts });
    this.#armTimer(CUSTODY_GROUP_MS);
  }
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '');
}

async function readIndex({
  files,
  indexFile,
}: CustodyLogOptions): Promise<ReadonlyMap<SegmentId, IndexedSegment>> {
  return indexFile === undefined ? new Map() : readCustodyIndex(files, indexFile);
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
