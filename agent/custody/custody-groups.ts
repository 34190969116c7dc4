// Events on their way into the custody log: they wait in memory until they lie in a group under a signed checkpoint. Opens this run's segments
// and hands them over to be ended; what earlier runs left is nothing to it.
//
// Invariants:
// 1. `checkpoint` resolves only when every event taken before it is synced and under a signed checkpoint.
// 2. Events keep their order. An event leaves memory only when it is durable, so a failed write loses none.
// 3. A failed write or sync ends the segment for good; what it may hold is written again into a new one that names the last
//    entry that was surely durable.
// 4. What waits in memory is bounded: above that `take` refuses.
import { createHash } from 'node:crypto';
import { type ChainedGroups, chainGroups, type LooseEntry } from '../../protocol/custody/custody-chain.ts';
import { CHAIN_START, type ChainState, entryStamp } from '../../protocol/custody/custody-entry.ts';
import type { ProvenKeyChange } from '../../protocol/documents/key-documents.ts';
import type { CustodyHead } from '../../protocol/documents/receipt.ts';
import { describeError, DockError, systemCode } from '../../protocol/format/errors.ts';
import { makeSegmentId, type SegmentId, type StationId } from '../../protocol/format/ids.ts';
import { CUSTODY_GROUP_ENTRIES, CUSTODY_GROUP_MS } from '../../protocol/format/limits.ts';
import type { Clock, Conditions, Files, Log, OpenFile, Random, Signer } from '../../protocol/format/ports.ts';
import type { GivesSpace } from '../platform/reserve.ts';
import { PendingEvents } from './custody-pending.ts';
import { type CustodySegments, segmentPath } from './custody-segments.ts';
import type { SegmentEndings } from './segment-endings.ts';

/** A segment is ended and a new one opened above this size: bounds what a start must follow, some 5,000 entries. */
const SEGMENT_BYTES_MAX = 2 * 1024 * 1024;
/** Groups in one write. */
const WRITE_GROUPS_MAX = 8;
/** First and last pause before writing is tried again. */
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 30_000;

export interface CustodyGroupsDeps {
  readonly folder: string;
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
  /** Space to be had when the disk is full. */
  readonly reserve?: GivesSpace;
  /** Hear of each segment that is opened, and of each that is full or whose write failed. */
  readonly segments: CustodySegments;
  readonly endings: SegmentEndings;
  /** These lines of that segment became durable. Must not throw. */
  readonly onDurable: (segment: SegmentId, lines: Uint8Array) => void;
}

/** An event whose facts an entry can hold. */
export type TakenEvent = Pick<LooseEntry, 'event' | 'facts'>;

/** One per log. */
export class CustodyGroups {
  readonly #deps: CustodyGroupsDeps;
  readonly #pending = new PendingEvents();
  #head: CustodyHead | null;
  #writer: SegmentWriter | undefined;
  #writing: Promise<void> | undefined;
  #timer: { readonly dueMs: number; readonly cancel: () => void } | undefined;
  /** Set while writing fails: until the retry, nobody is kept waiting. */
  #failure: DockError | undefined;
  #retryMs = RETRY_MS_MIN;
  #onCheckpoint: () => void = () => undefined;
  #isClosing = false;
  #isClosed = false;
  /** Nothing is written before `open`: what is taken earlier waits for it. */
  #isOpen = false;
  /** Until this run's first segment lies there. */
  #owesOpening = true;
  /** To be entered behind the next `segment-opened`. */
  #keyChange: ProvenKeyChange['facts'] | undefined;

  /** `head` is the newest entry of earlier runs. */
  constructor(deps: CustodyGroupsDeps, head: CustodyHead | null) {
    this.#deps = deps;
    this.#head = head;
  }

  /** The newest entry that is durable and under a checkpoint, of this run or of earlier ones. */
  get head(): CustodyHead | null {
    return this.#head;
  }

  /** All that was taken is durable. */
  get isLevel(): boolean {
    return this.#pending.length === 0;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Opens the first segment, with a `key-changed` entry where one is given. Never rejects: what fails is tried again. */
  async open(keyChange: ProvenKeyChange['facts'] | undefined): Promise<void> {
    this.#keyChange = keyChange;
    this.#isOpen = true;
    this.#flushSoon();
    await this.#writing;
  }

  /** Takes facts that were checked; durable CUSTODY_GROUP_MS later at the latest. Errors: "custody.overrun". */
  take(event: TakenEvent): void {
    this.#pending.push({ ...this.#stamp(), ...event });
    if (this.#pending.length >= CUSTODY_GROUP_ENTRIES) this.#flushSoon();
    else this.#armTimer(CUSTODY_GROUP_MS);
  }

  /** The same for what is found while no segment may be open yet: however much it is, it waits for the timer. */
  takeLater(event: TakenEvent): void {
    this.#pending.push({ ...this.#stamp(), ...event });
    this.#armTimer(CUSTODY_GROUP_MS);
  }

  /**
   * Behind `patienceMs`, and what is being written at that moment, a group is written where none was until then; at once where the log is
   * being closed. Errors: "custody.write-failed"; the events stay, and are tried again.
   */
  async checkpoint(patienceMs = 0): Promise<void> {
    if (this.#pending.length === 0) return;
    if (this.#failure !== undefined && this.#writing === undefined) throw this.#failure;
    const isPatient = patienceMs > 0 && !this.#isClosing;
    const durable = this.#pending.wait(isPatient ? this.#deps.clock.monotonicMs() + patienceMs : 0);
    if (isPatient) this.#armTimer(patienceMs);
    else this.#flushSoon();
    await durable;
  }

  /** The one handler is called after each group that became durable; it must not throw. */
  onCheckpoint(handler: () => void): void {
    this.#onCheckpoint = handler;
  }

  /** Writes what waits and hands the segment over. Never rejects. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#failure = undefined; // one more attempt, whatever was before
    await this.checkpoint().catch(() => undefined);
    this.#isClosed = true;
    this.#cancelTimer();
    await this.#writing;
    const writer = this.#writer;
    this.#writer = undefined;
    if (writer !== undefined) this.#deps.endings.end(writer);
  }

  #stamp(): ReturnType<typeof entryStamp> {
    return entryStamp(this.#deps.clock, this.#deps.bootId);
  }

  /** What is due sooner already stays so, and so does the pause behind a failure. */
  #armTimer(ms: number): void {
    if (this.#isClosed) return;
    const dueMs = this.#deps.clock.monotonicMs() + ms;
    if (this.#timer !== undefined && (this.#failure !== undefined || this.#timer.dueMs <= dueMs)) return;
    this.#cancelTimer();
    const cancel = this.#deps.clock.after(ms, () => {
      this.#timer = undefined;
      this.#failure = undefined;
      this.#flushSoon();
    });
    this.#timer = { dueMs, cancel };
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #flushSoon(): void {
    if (!this.#isOpen || this.#writing !== undefined || this.#failure !== undefined) return;
    this.#writing = this.#flush().finally(() => {
      this.#writing = undefined;
      if (this.#isAwaited) this.#flushSoon();
    });
  }

  /**
   * Writes a group, and on until nobody waits and none is full; the first segment's opening even where no event does. What was taken
   * meanwhile waits for its timer: most of it is soon followed by somebody who waits, and each group costs a signature and a sync. Never rejects.
   */
  async #flush(): Promise<void> {
    this.#cancelTimer();
    await Promise.resolve(); // whoever appends in the same breath shares the group
    try {
      for (let isDue = this.#owesOpening || this.#pending.length > 0; isDue; isDue = this.#isDue) {
        const batch = this.#pending.first(WRITE_GROUPS_MAX * CUSTODY_GROUP_ENTRIES - 1);
        await this.#writeOrAgain(batch);
        this.#owesOpening = false;
        this.#settled(batch);
      }
      if (this.#pending.length > 0) this.#armTimer(this.#restMs);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Somebody waits for what is pending, or it is a group already. */
  get #isDue(): boolean {
    return this.#isAwaited || this.#pending.length >= CUSTODY_GROUP_ENTRIES;
  }

  /** Somebody waits who has waited long enough. */
  get #isAwaited(): boolean {
    return this.#pending.dueMs <= this.#deps.clock.monotonicMs();
  }

  /** Until what is left must be written. */
  get #restMs(): number {
    return Math.min(CUSTODY_GROUP_MS, this.#pending.dueMs - this.#deps.clock.monotonicMs());
  }

  /** One attempt, and one more in a new segment; where the disk is full, with the reserve given up. */
  async #writeOrAgain(batch: readonly LooseEntry[]): Promise<void> {
    try {
      await this.#write(batch);
    } catch (error) {
      if (isFull(error) && !(await this.#deps.reserve?.giveUp())) throw error;
      this.#deps.log.warn('custody write failed, retrying in a new segment', { error });
      await this.#write(batch);
    }
  }

  async #write(batch: readonly LooseEntry[]): Promise<void> {
    const { station, signer, random } = this.#deps;
    const opened = this.#writer;
    const previous = this.#head;
    const segment = opened?.segment ?? makeSegmentId(random);
    const opening = this.#opening(segment);
    const entries = opened === undefined ? [opening, ...this.#keyChanged(), ...batch] : batch;
    const context = {
      station,
      segment,
      signer,
      stamp: () => this.#stamp(),
    };
    const groups = await chainGroups(opened?.head ?? CHAIN_START, entries, context);
    const writer = opened ?? (await this.#create(segment));
    try {
      await writer.append(groups);
    } catch (error) {
      this.#writer = undefined;
      await this.#deps.endings.abandon(writer);
      throw error;
    }
    this.#writer = writer;
    this.#keyChange = undefined;
    this.#head = { segment, ...groups.state };
    this.#deps.onDurable(segment, groups.bytes);
    const opens = { openedAt: opening.at, follows: previous };
    this.#deps.segments.reached(segment, opens, groups.state, this.#stamp().at);
    if (writer.sizeBytes < SEGMENT_BYTES_MAX) return;
    this.#writer = undefined;
    this.#deps.endings.end(writer);
  }

  /** A disk may say that a file was not made and have made it; one that was there before is somebody else's. */
  async #create(segment: SegmentId): Promise<SegmentWriter> {
    const { files, folder, endings } = this.#deps;
    await endings.makeRoom();
    try {
      return await SegmentWriter.create(segment, files, folder);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') await endings.drop(segment);
      throw error;
    }
  }

  #opening(segment: SegmentId): LooseEntry {
    const { station, version } = this.#deps;
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
    this.#deps.conditions.clear('custody.write-failed', null);
    this.#pending.settle(batch);
    this.#deps.endings.diskWrites();
    this.#onCheckpoint();
  }

  #failed(cause: unknown): void {
    const { log, conditions } = this.#deps;
    const failure = new DockError(
      'custody.write-failed',
      `custody log not written: ${describeError(cause)}; ${this.#pending.length} events wait, tried again in ${this.#retryMs} ms`,
      { cause, retry: 'later', facts: { waiting_events: this.#pending.length } },
    );
    log.error('custody log not written', { error: failure });
    conditions.raise('custody.write-failed', null, { waiting_events: this.#pending.length });
    this.#pending.fail(failure);
    this.#failure = failure;
    this.#cancelTimer(); // what was taken meanwhile waits as long as all else
    this.#armTimer(this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
  }
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '');
}

// Writes one segment of the custody log: groups of entries, each closed by a signed checkpoint, appended with one write and one sync.
//
// Invariants:
// 1. `head` is durable: it moves only after write and sync, and for the first group after the folder's sync too.
// 2. After a failed write or sync the segment is over: nothing is written or synced behind it.

/** The first bytes of a segment, and their digest. */
export interface DurableBytes {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** An open segment. */
export class SegmentWriter {
  readonly segment: SegmentId;
  readonly #files: Files;
  readonly #folder: string;
  readonly #file: OpenFile;
  #head: ChainState = CHAIN_START;
  #sizeBytes = 0;
  readonly #hash = createHash('sha256');

  private constructor(segment: SegmentId, files: Files, folder: string, file: OpenFile) {
    this.segment = segment;
    this.#files = files;
    this.#folder = folder;
    this.#file = file;
  }

  /** Makes the file. Errors: the system's. */
  static async create(segment: SegmentId, files: Files, folder: string): Promise<SegmentWriter> {
    const file = await files.create(segmentPath(folder, segment));
    return new SegmentWriter(segment, files, folder, file);
  }

  /** The last durable entry; sequence 0 before the first group. */
  get head(): ChainState {
    return this.#head;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Of what is durable, as it was written: whoever reads it back knows whether he was shown the same. */
  durable(): DurableBytes {
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.copy().digest('hex') };
  }

  /** Appends groups that were chained behind `head`, durably. Errors: the system's; then `abandon` it. */
  async append({ bytes, state }: ChainedGroups): Promise<void> {
    await this.#file.write(bytes, this.#sizeBytes);
    await this.#file.sync();
    if (this.#head.sequence === 0) await this.#files.syncFolder(this.#folder);
    this.#sizeBytes += bytes.length;
    this.#hash.update(bytes);
    this.#head = state;
  }

  /** Closes the file of a segment that ends as it should. Errors: the system's. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Leaves a segment whose write failed, which segment-endings.ts ends. Never rejects. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }
}
