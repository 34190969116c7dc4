// The custody log of this station (SPEC 4.3): takes events, and gives them to whoever brings them to the store. Their way into it, and what
// holds on it, is custody-groups.ts; recovery of earlier runs is custody-recovery.ts.
import type { CustodyEvent, CustodyEventName } from '../../protocol/custody/custody-entry.ts';
import { type ChainBreak, type FoundSegment, predecessorOf } from '../../protocol/custody/custody-order.ts';
import type { ProvenKeyChange } from '../../protocol/documents/key-documents.ts';
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import type { CustodyHead } from '../../protocol/documents/receipt.ts';
import { DockError, isMachineShort, systemCode } from '../../protocol/format/errors.ts';
import type { RecordingId, SegmentId } from '../../protocol/format/ids.ts';
import type { Log } from '../../protocol/format/ports.ts';
import { lookPatiently } from '../platform/look-patiently.ts';
import { withReserve } from '../platform/reserve.ts';
import type { RecoveredSegment } from './custody-ends.ts';
import { CustodyGroups, type CustodyGroupsDeps, type TakenEvent } from './custody-groups.ts';
import { checkedFacts } from './custody-pending.ts';
import {
  type CustodyRecoveryDeps,
  endEarlier,
  type RecoveredLog,
  recoverSegments,
} from './custody-recovery.ts';
import { scrubSegments } from './custody-scrub.ts';
import { CustodySegments, type KnownSegment } from './custody-segments.ts';
import {
  type IndexedSegment,
  LedgerPart,
  SEGMENT_CHANGES,
  type Snapshot,
  type SnapshotOfLog,
} from './ledger-file.ts';
import { carriedFacts, isPulling, ITEM, Ledger } from './ledger.ts';
import { foldApart, foldDurable, foldSegment, namesIn } from './log-fold.ts';
import { SegmentEndings } from './segment-endings.ts';
import { type CustodyLines, SegmentReader } from './segment-reader.ts';

/** What the log says of an item by an event. */
const BIT_OF: Partial<Record<CustodyEventName, number>> = {
  spooled: ITEM.spooled,
  'docking-recorded': ITEM.recorded,
  'document-recorded': ITEM.recorded,
  receipted: ITEM.receipted,
};

/** Names of a segment that are looked up at a time, and tries to do so while nothing else is being entered. */
const CARRIED_AT_ONCE = 256;
const LEVEL_TRIES = 10;
/** A docking ends with its day, and has its record soon after it. */
const DOCKING_MS_MAX = 7 * 86_400_000;

/** `folder` is `custody/` of the spool and must be there; `reserve` is `spool.logReserve`. */
export interface CustodyLogOptions extends Omit<CustodyGroupsDeps, 'segments' | 'endings' | 'onDurable'> {
  /** Of the same spool; nothing is remembered where it is left out. */
  readonly snapshot?: Pick<Snapshot, 'parts' | 'changed' | 'flush'>;
  /** With them, signatures of earlier segments are verified: the last checkpoint of one that was cut off, and ended ones afterwards. */
  readonly stationKeys?: readonly PublicKey[];
  /** The change that made the signer's key the station's, where there was one: entered into the first segment that this key signs. */
  readonly keyChange?: ProvenKeyChange['facts'] | undefined;
  /** Hears of each event that is appended; it may not be durable yet. Must not throw. */
  readonly onAppended?: (event: TakenEvent) => void;
}

/** The log. One per station and process. */
export class CustodyLog implements Custody {
  readonly #options: CustodyLogOptions;
  readonly #segments: CustodySegments;
  readonly #reader: SegmentReader;
  readonly #ledger: Ledger;
  /** Segments that the fold was not shown: the ledger lacks what they say. */
  readonly #hidden = new Set<SegmentId>();
  /** Bits of what was appended, and is not durable yet. */
  readonly #ahead = new Map<RecordingId, number>();
  readonly #groups: CustodyGroups;
  readonly #endings: SegmentEndings;
  readonly #stopping = new AbortController();
  readonly #brokenSegments = new Set<string>();
  #background: Promise<unknown> = Promise.resolve();

  private constructor(
    options: CustodyLogOptions,
    { segments, apart }: Pick<RecoveredLog, 'segments' | 'apart'>,
    ledger: Ledger,
  ) {
    const { files, folder } = options;
    this.#options = options;
    this.#ledger = ledger;
    this.#segments = new CustodySegments(segments.map(asKnown), apart);
    this.#reader = new SegmentReader(files, folder);
    this.#endings = new SegmentEndings({
      ...options,
      withSpace: (attempt) => withReserve(options.reserve, attempt),
      onEnded: (segment) => this.#ended(segment),
    });
    const groups = { ...options, segments: this.#segments, endings: this.#endings };
    this.#groups = new CustodyGroups(
      { ...groups, onDurable: (...durable) => this.#durable(...durable) },
      headOf(segments),
    );
  }

  /**
   * Recovers earlier segments, folds them into the ledger and opens a new one. A chain that does not hold is entered and raises
   * "custody.chain-broken"; a disk that takes nothing raises "custody.write-failed" and is tried again.
   * Errors: the system's where the folder cannot be listed, or the machine is short of something.
   */
  static async open(options: CustodyLogOptions): Promise<CustodyLog> {
    const { snapshot, keyChange } = options;
    const part = snapshot?.parts.ledger ?? new LedgerPart();
    const known = part.now();
    part.now = () => ({ ...known, head: null }); // until all is folded
    const recovery: CustodyRecoveryDeps = {
      ...options,
      stationKeys: options.stationKeys ?? [],
      index: known.ended,
      withSpace: (attempt) => withReserve(options.reserve, attempt),
    };
    const recovered = await recoverSegments(recovery);
    const { segments, breaks } = recovered;
    const from = await followedFrom(options, recovered, known.head);
    const log = new CustodyLog(options, recovered, from === null ? new Ledger() : known.ledger);
    for (const each of segments.filter(({ unended }) => unended !== undefined))
      log.#endings.leave(each.segment, () => endEarlier(recovery, each));
    if (breaks.length === 0) options.conditions.clear('custody.chain-broken', null);
    for (const each of breaks) log.#broken(each);
    await log.#fold(from);
    const [oldest] = segments;
    // What the snapshot says of the store is from before.
    if (log.ledger.isStoreRestored && oldest !== undefined) log.storeLost(oldest.segment);
    await log.#groups.open(log.#ledger.keyId === keyChange?.new_key_id ? undefined : keyChange);
    part.now = () => log.#known();
    const followed = from === null ? segments : segments.filter(({ segment }) => !known.ended.has(segment));
    snapshot?.changed(SEGMENT_CHANGES * followed.length);
    log.#background = log.#scrub(segments);
    return log;
  }

  /** What the durable log says of the state of this station. */
  get ledger(): Ledger {
    return this.#ledger;
  }

  /** False where the ledger lacks what a segment says that the disk did not show: what it does not name may be entered. */
  get isWhole(): boolean {
    return this.#hidden.size === 0;
  }

  /** The same of all that was entered from that segment on: true where only older segments were not shown. */
  isWholeSince(segment: SegmentId): boolean {
    const segments = this.#segments.list().map((each) => each.segment);
    const older = new Set(segments.slice(0, Math.max(segments.indexOf(segment), 0)));
    return [...this.#hidden].every((hidden) => older.has(hidden));
  }

  /** Whether an entry of all that has those bits (ITEM) is in the log, or will be before all that is appended now. */
  isEntered(item: RecordingId, bits: number): boolean {
    return ((this.#ledger.bits(item) | (this.#ahead.get(item) ?? 0)) & bits) === bits;
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
    const bit = BIT_OF[event.event];
    const item = (facts['recording'] ?? facts['record']) as RecordingId;
    if (bit !== undefined) this.#ahead.set(item, (this.#ahead.get(item) ?? 0) | bit);
    this.#options.onAppended?.({ event: event.event, facts });
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
    if (this.#segments.held(segment)) this.#options.snapshot?.changed();
  }

  /** The store does not hold what it held of a segment: nothing is known of that one and of all behind it. */
  storeLost(segment: SegmentId): void {
    if (this.#segments.lost(segment)) this.#options.snapshot?.changed();
  }

  /**
   * Enters again what a segment that is about to be removed says and what still holds; where the disk does not show it, all that is known. False where
   * that cannot be now: a segment is not shown, something else is being entered, or a recording of one of its cameras is on its way.
   * Errors: "custody.write-failed", "custody.overrun".
   */
  async carry(segment: SegmentId): Promise<boolean> {
    const known = this.#segments.get(segment);
    if (known === undefined || !this.isWhole) return false;
    const names = await namesIn(this.#ledger, this.#reader, known).catch((error: unknown) => {
      if (systemCode(error) === undefined || isMachineShort(error)) throw error;
      return this.#ledger.names();
    });
    for (let from = 0, all = [...names]; from < all.length; from += CARRIED_AT_ONCE) {
      for (let tries = 0; !this.#groups.isLevel; tries++) {
        if (tries === LEVEL_TRIES) return false;
        await this.checkpoint();
      }
      // Of one moment: nothing is on its way into the log that the ledger does not know.
      if (isPulling(this.#ledger, names, this.#options.clock.wallMs() - DOCKING_MS_MAX)) return false;
      for (const facts of carriedFacts(this.#ledger, all.slice(from, from + CARRIED_AT_ONCE)))
        this.append({ event: 'carried', facts });
      await this.checkpoint();
    }
    return true;
  }

  /** A segment is about to be removed (custody-drop.ts): it is not part of this log any more. */
  forget(segment: SegmentId): void {
    this.#segments.dropped(segment);
    this.#options.snapshot?.changed();
  }

  /** Writes what waits, ends the segment and signs the whole of it. Never rejects: what fails is done by the next start. */
  async close(): Promise<void> {
    if (this.#groups.isClosed) return;
    await this.#groups.close();
    this.#stopping.abort();
    await this.#endings.settled();
    await this.#background;
    await this.#options.snapshot?.flush();
  }

  /** A group became durable. */
  #durable(segment: SegmentId, lines: Uint8Array): void {
    for (const { event, facts } of foldDurable(this.#ledger, segment, lines)) {
      const item = (facts['recording'] ?? facts['record']) as RecordingId;
      const rest = (this.#ahead.get(item) ?? 0) & ~(BIT_OF[event] ?? 0);
      if (rest === 0) this.#ahead.delete(item);
      else this.#ahead.set(item, rest);
    }
  }

  /** Folds what earlier runs left, behind that entry of the snapshot or all of it. Errors: the machine's. */
  async #fold(from: CustodyHead | null): Promise<void> {
    const segments = this.#segments.list();
    const first = segments.findIndex(({ segment }) => segment === from?.segment);
    for (const known of segments.slice(Math.max(first, 0))) {
      const { segment } = known;
      const isBroken = this.#brokenSegments.has(segment);
      const after = segment === from?.segment ? from.sequence : 0;
      await this.#shown(segment, () =>
        foldSegment(this.#ledger, this.#reader, { ...known, isBroken }, after + 1),
      );
    }
    for (const segment of this.apart)
      await this.#shown(segment, () => foldApart(this.#ledger, this.#reader, segment));
  }

  async #shown(segment: SegmentId, fold: () => Promise<void>): Promise<void> {
    try {
      await fold();
    } catch (error) {
      if (systemCode(error) === undefined || isMachineShort(error)) throw error;
      this.#hidden.add(segment);
      this.#options.log.warn('custody segment not folded: not readable', { segment, error });
    }
  }

  /** For the snapshot, of this moment. */
  #known(): SnapshotOfLog {
    const ended = this.#segments.list().filter((each): each is IndexedSegment => each.signed);
    return {
      head: this.#hidden.size > 0 ? null : this.#groups.head,
      ledger: this.#ledger,
      ended: new Map(ended.map((each) => [each.segment, each])),
    };
  }

  #ended(segment: SegmentId): void {
    this.#segments.ended(segment);
    this.#options.snapshot?.changed(SEGMENT_CHANGES);
  }

  async #scrub(segments: readonly FoundSegment[]): Promise<void> {
    const signed = segments.filter((each) => each.signed).map(({ segment }) => segment);
    const { stationKeys } = this.#options;
    if (stationKeys === undefined || stationKeys.length === 0) return;
    const deps = {
      ...this.#options,
      stationKeys,
      known: (segment: SegmentId) => this.#segments.get(segment),
      onBreak: (found: ChainBreak) => this.#broken(found),
    };
    await scrubSegments(deps, signed, this.#stopping.signal);
  }

  #broken({ segment, sequence, reason }: ChainBreak): void {
    const { log, conditions } = this.#options;
    const facts = { segment, sequence, reason: reason.slice(0, 256) };
    this.#brokenSegments.add(segment);
    log.error('custody log: chain broken', facts);
    conditions.raise('custody.chain-broken', null, facts);
    try {
      this.#groups.takeLater({ event: 'chain-broken', facts });
    } catch (error) {
      // Too much waits for the disk. It is told as a condition, and the next start finds it again.
      log.error('custody log entry rejected', { ...facts, error });
    }
  }
}

/** The entry of the snapshot, where the log has it: what follows it is folded. */
async function followedFrom(
  { files, folder }: CustodyLogOptions,
  { segments }: RecoveredLog,
  head: CustodyHead | null,
): Promise<CustodyHead | null> {
  const found = segments.find(({ segment }) => segment === head?.segment);
  if (head === null || found === undefined) return null;
  const reader = new SegmentReader(files, folder);
  const sha256 = await lookPatiently(() => reader.entrySha256(asKnown(found), head.sequence)).catch(
    () => undefined,
  );
  return sha256 === head.sha256 ? head : null;
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

// The custody port: what the stages of a recording tell the log. The writer is custody-log.ts; the events are in protocol/SPEC.md, 4.3.

/** Appends are ordered and kept in memory until the next checkpoint; nothing may be claimed to anybody before it. */
export interface Custody {
  append(event: CustodyEvent): void;
  /**
   * Resolves when everything appended so far is durable and under a signed checkpoint. With `patienceMs`, whoever waits shares the one that
   * somebody else makes, and makes none before that time. Rejects "custody.write-failed".
   */
  checkpoint(patienceMs?: number): Promise<void>;
}

/** Appends what is true whether or not the log takes it; where it does not, the program's own log says so. */
export function appendOrLog(
  custody: Pick<Custody, 'append'>,
  log: Pick<Log, 'error'>,
  event: CustodyEvent,
): void {
  try {
    custody.append(event);
  } catch (error) {
    log.error('custody log entry rejected', { ...event.facts, error });
  }
}

// Events that the log owes: it refused them, or nobody told it yet.

/** Enters them in order; each leaves the list as the log takes it. Errors: "custody.overrun"; the rest is still owed then. */
export function enterOwed(custody: Pick<Custody, 'append'>, owed: CustodyEvent[]): void {
  for (let next = owed[0]; next !== undefined; next = owed[0]) {
    custody.append(next);
    owed.shift();
  }
}
