// Brings the custody log to the store, segment after segment, one batch at a time (SPEC 6.9). What the store holds is only what it signed.
import type { SegmentId } from '../../protocol/format/ids.ts';
import { CUSTODY_BATCH_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { Broker, Clock, Conditions, Log, Random } from '../../protocol/format/ports.ts';
import type { StationTopics } from '../../protocol/transfer/topics.ts';
import type { Differences } from '../custody/differences.ts';
import { KeyedMutex } from '../../protocol/format/keyed-mutex.ts';
import { Acknowledged, type AcknowledgedSource } from './custody-acknowledged.ts';
import { type StrangeKeys, type TrustedStore, verifyCustodyHead } from './push-verify.ts';
import type { StoreStanding } from './store-rollback.ts';

const NONCE_BYTES = 8;
/** A batch or question without an answer is sent again after this long, doubling. */
const ANSWER_MS_MIN = 2000;
const ANSWER_MS_MAX = 60_000;
/** A small batch leaves so long behind the one before: each costs the store a sync, and a docking makes a dozen checkpoints within a second. */
const SMALL_BATCH_MS = 1000;
/** First pause before a segment of which the store takes nothing is tried again; doubling up to DROP_MS. */
const REFUSED_MS_MIN = 60_000;
/** It is looked so often whether something old may be dropped. */
const DROP_MS = 3_600_000;

/** Heads that wait while one is looked up; what comes behind them is asked for again. */
const HEADS_WAITING_MAX = 64;

/** A segment that holds less than its entries say. */
const SHORTER = new Error('its file is shorter than it was');

/** What pushing needs of the log. */
export interface CustodySource extends AcknowledgedSource {
  /** Whole lines from a sequence on; undefined where there is nothing. */
  read(
    segment: SegmentId,
    fromSequence: number,
    bytesMax: number,
  ): Promise<{ lines: Uint8Array; from: number; to: number } | undefined>;
}

/** Who drops old segments once the store said that it holds them now (custody-drop.ts). */
export interface Dropping {
  candidate(): SegmentId | undefined;
  confirmed(segment: SegmentId, onDone: () => void): void;
  refused(segment: SegmentId): void;
  stop(): Promise<void>;
}

export interface CustodyPushOptions {
  readonly broker: Pick<Broker, 'connected' | 'publish'>;
  readonly topics: StationTopics;
  readonly store: TrustedStore;
  readonly strangeKeys: Pick<StrangeKeys, 'refused'>;
  readonly source: CustodySource;
  /** Knows whether an entry that the store names is ours, and reports where it is not. */
  readonly differences: Pick<Differences, 'isOurs'>;
  readonly dropping: Dropping;
  /** Hears whether the store signs for less than it had. */
  readonly standing: Pick<StoreStanding, 'doubts' | 'showsLess'>;
  readonly clock: Clock;
  /** For nonces. */
  readonly random: Random;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** One conversation at a time: ask what is held of a segment, send what follows, go on with the next one. */
export class CustodyPush {
  readonly #options: CustodyPushOptions;
  readonly #acknowledged: Acknowledged;
  readonly #notTaken: LogNotTaken;
  /** Heads count in the order in which they came: one that is looked up for longer than a later one would say less than is known. */
  readonly #heads = new KeyedMutex<'head'>();
  #headsWaiting = 0;
  #waitingFor: SegmentId | undefined;
  /** The entry behind which the batch begins that waits for its answer; undefined where a question does. */
  #sentBehind: number | undefined;
  /** Of the question that waits, where it is about what may be dropped or is doubted: only its own answer counts for that. */
  #nonce: string | undefined;
  /** The last batch that the disk did not show, as long as none of its segment was. */
  #unread: { readonly segment: SegmentId; readonly error: unknown } | undefined;
  /** Monotonic time of the last batch. */
  #sentAtMs = -Infinity;
  #cancelSmall: (() => void) | undefined;
  #cancelDoubt: () => void = () => undefined;
  /** Called once there is nothing left to send, or nowhere to send it, with which it is; while somebody waits for that, no batch waits for others. */
  readonly #whenLevel = new Set<(isLevel: boolean) => void>();
  #answerMs = ANSWER_MS_MIN;
  #refusedMs = REFUSED_MS_MIN;
  #cancelRefused: (() => void) | undefined;
  #cancel: () => void = () => undefined;
  #working = false;
  #again = false;
  #stopped = false;

  constructor(options: CustodyPushOptions) {
    this.#options = options;
    this.#acknowledged = new Acknowledged(options.source);
    this.#notTaken = new LogNotTaken(options.conditions, () => options.source.segments());
  }

  /** The connection came or went: what the store holds is asked again. */
  connectionChanged(connected: boolean): void {
    this.#acknowledged.forget();
    this.#sentAtMs = -Infinity;
    this.#waitingFor = undefined;
    this.#answerMs = ANSWER_MS_MIN;
    this.#cancel();
    this.#stopTrying();
    if (connected) this.advance();
    else this.#levelled(false);
  }

  /** There may be something to send: a checkpoint was made, an answer came, a wait is over. */
  advance(): void {
    if (this.#working) {
      this.#again = true;
      return;
    }
    if (this.#stopped || this.#waitingFor !== undefined || !this.#options.broker.connected) return;
    this.#working = true;
    this.#again = false;
    this.#step()
      .catch((error: unknown) => this.#options.log.debug('custody log could not be sent', { error }))
      .finally(() => {
        this.#working = false;
        if (this.#again) this.advance();
      });
  }

  /** The store said something of a recording: it is back, so a long pause is cut short. At most one question in ANSWER_MS_MIN. */
  storeHeard(): void {
    if (this.#waitingFor === undefined || this.#answerMs === ANSWER_MS_MIN) return;
    this.#answerMs = ANSWER_MS_MIN;
    this.#arm(this.#waitingFor);
  }

  /** A message below `down/custody`. Never throws. */
  take(payload: Uint8Array): void {
    if (this.#headsWaiting >= HEADS_WAITING_MAX) return;
    this.#headsWaiting++;
    const kept = Uint8Array.from(payload); // it waits for the one before, and a payload is good only until the handler returns
    void this.#heads
      .run('head', () => this.#take(kept))
      .catch((error: unknown) => {
        this.#options.log.warn('custody head from the store rejected', { error });
        this.#options.strangeKeys.refused(error);
      })
      .finally(() => this.#headsWaiting--);
  }

  /** Looks now and then whether something may be dropped, until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(DROP_MS, signal).catch(() => undefined);
      this.advance();
    }
  }

  /**
   * Whether the store has signed for all that it takes, once it has, at the latest after so long; at once without a connection. Until then
   * nothing that is sent waits for more, and the newest segment is tried once more where the store took nothing of it. Never rejects.
   */
  async level(msMax: number): Promise<boolean> {
    if (this.#stopped || !this.#options.broker.connected) return false;
    return new Promise((resolve) => {
      const over = (isLevel: boolean): void => {
        cancel();
        this.#whenLevel.delete(over);
        resolve(isLevel);
      };
      const cancel = this.#options.clock.after(msMax, () => over(false));
      this.#whenLevel.add(over);
      this.#acknowledged.tryRefused(true);
      if (this.#answerMs > ANSWER_MS_MIN) this.#askAgain(); // who did not answer for long may be back
      this.advance(); // there may be nothing to send at all
    });
  }

  /** Resolves when nothing is being dropped any more; nothing is sent behind it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    this.#cancelSmall?.();
    this.#cancelDoubt();
    this.#stopTrying();
    this.#levelled(false);
    await this.#options.dropping.stop();
  }

  async #step(): Promise<void> {
    const next = this.#acknowledged.next(this.#options.clock.monotonicMs());
    this.#tellRollback();
    if (next === undefined) {
      if (this.#acknowledged.isDoubtful) return this.#askLater();
      this.#levelled(true);
    }
    const due = next?.held !== undefined && next.isSmall && this.#isTooSoon() ? undefined : next;
    const segment = due?.segment ?? this.#options.dropping.candidate();
    if (segment === undefined) return;
    this.#sentBehind = due?.held;
    this.#nonce = due === undefined || this.#acknowledged.isDoubtful ? this.#drawNonce() : undefined;
    this.#expectAnswer(segment);
    if (due?.held === undefined) return this.#ask(segment);
    const batch = await this.#read(segment, due.held + 1);
    this.#sentAtMs = this.#options.clock.monotonicMs();
    if (batch !== undefined)
      await this.#publish(this.#options.topics.custody(segment, batch.from), batch.lines);
  }

  /** Errors: the system's. */
  async #read(segment: SegmentId, from: number): ReturnType<CustodySource['read']> {
    try {
      const batch = await this.#options.source.read(segment, from, CUSTODY_BATCH_BYTES_MAX);
      if (batch === undefined) this.#unread = { segment, error: SHORTER };
      else if (this.#unread?.segment === segment) this.#unread = undefined;
      return batch;
    } catch (error) {
      this.#unread = { segment, error };
      throw error;
    }
  }

  #tellRollback(): void {
    const { standing } = this.#options;
    const { isDoubtful, showsLess } = this.#acknowledged;
    if (showsLess !== undefined) standing.showsLess(showsLess);
    standing.doubts(isDoubtful);
  }

  /** The question about what the store shows less of is due a little later. */
  #askLater(): void {
    const { clock } = this.#options;
    const waitMs = Math.max(1, (this.#acknowledged.doubtAtMs ?? 0) - clock.monotonicMs());
    this.#cancelDoubt();
    this.#cancelDoubt = clock.after(waitMs, () => this.advance());
  }

  /** The store said that it was restored: what it had signed for counts no more, and it is asked again about all of it. */
  forgetAcknowledged(): void {
    this.#acknowledged.forgetAcknowledged();
    this.#askAnew();
  }

  #levelled(isLevel: boolean): void {
    for (const over of this.#whenLevel) over(isLevel);
  }

  /** Right behind the last batch; it is looked again when it is not any more. */
  #isTooSoon(): boolean {
    const { clock } = this.#options;
    const leftMs = this.#sentAtMs + SMALL_BATCH_MS - clock.monotonicMs();
    if (leftMs <= 0 || this.#whenLevel.size > 0) return false;
    this.#cancelSmall ??= clock.after(leftMs, () => {
      this.#cancelSmall = undefined;
      this.#sentAtMs = -Infinity; // what is left of the pause by then may be less than a clock can wait for
      this.advance();
    });
    return true;
  }

  async #publish(topic: string, lines: Uint8Array): Promise<void> {
    await this.#options.broker.publish(topic, lines, { qos: 1 });
  }

  async #ask(segment: SegmentId): Promise<void> {
    const { topics } = this.#options;
    const topic =
      this.#nonce === undefined ? topics.custody(segment, 0) : topics.custodyAsk(segment, this.#nonce);
    await this.#publish(topic, new Uint8Array(0));
  }

  #drawNonce(): string {
    return Buffer.from(this.#options.random.bytes(NONCE_BYTES)).toString('hex');
  }

  /** What was asked last is asked now, and not when the pause behind it is over. */
  #askAgain(): void {
    this.#answerMs = ANSWER_MS_MIN;
    this.#waitingFor = undefined;
    this.#cancel();
  }

  #expectAnswer(segment: SegmentId): void {
    this.#waitingFor = segment;
    this.#arm(segment);
  }

  #arm(segment: SegmentId): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(this.#answerMs, () => {
      this.#answerMs = Math.min(2 * this.#answerMs, ANSWER_MS_MAX);
      this.#waitingFor = undefined;
      if (this.#acknowledged.doubt(segment)) this.#refused(segment); // else asked anew: the batch or its answer was lost
      this.advance();
    });
  }

  /** The others go first. */
  #refused(segment: SegmentId): void {
    const { log, clock } = this.#options;
    const facts = { segment, again_ms: this.#refusedMs };
    const unread = this.#unread?.segment === segment ? this.#unread : undefined;
    if (unread === undefined) log.warn('store does not acknowledge a custody segment', facts);
    else log.error('custody segment not readable, not sent', { ...facts, error: unread.error });
    const reason = unread === undefined ? 'refused' : 'unreadable';
    this.#notTaken.waits(segment, { held: this.#sentBehind ?? 0, reason });
    this.#answerMs = ANSWER_MS_MIN;
    if (this.#cancelRefused !== undefined) return;
    this.#cancelRefused = clock.after(this.#refusedMs, () => {
      this.#cancelRefused = undefined;
      this.#refusedMs = Math.min(2 * this.#refusedMs, DROP_MS);
      this.#acknowledged.tryRefused();
      this.advance();
    });
  }

  #stopTrying(): void {
    this.#cancelRefused?.();
    this.#cancelRefused = undefined;
    this.#refusedMs = REFUSED_MS_MIN;
  }

  async #take(payload: Uint8Array): Promise<void> {
    const { segment, sequence, sha256, nonce } = verifyCustodyHead(payload, this.#options.store);
    if (segment === null) return this.#askAnew();
    const head = sequence === null || sha256 === null ? null : { segment, sequence, sha256 };
    const isOurs = head === null || (await this.#options.differences.isOurs(head));
    const isFresh = nonce !== undefined && nonce === this.#nonce;
    if (isFresh) this.#nonce = undefined; // it counts once
    if (isOurs) this.#learn(segment, head?.sequence ?? 0, isFresh);
    else this.#acknowledged.differs(segment, { atMs: this.#options.clock.monotonicMs(), isFresh });
    this.#tellRollback();
    if (this.#waitingFor === segment) {
      // One that says no more than before the batch is none: what brings nothing must not be sent again at once.
      if (isOurs && (head?.sequence ?? 0) === this.#sentBehind) return;
      if (this.#nonce !== undefined && !isFresh) return; // the answer to another question, or an old one that a broker has kept
      this.#waitingFor = undefined;
      this.#cancel();
    } else this.#acknowledged.newestAtStore(segment);
    this.advance();
  }

  /** The store holds nothing at all: what it said before counts no more. */
  #askAnew(): void {
    this.#acknowledged.forget();
    this.#sentAtMs = -Infinity;
    this.#waitingFor = undefined;
    this.#cancel();
    this.advance();
  }

  #learn(segment: SegmentId, sequence: number, isFresh: boolean): void {
    const { source, dropping } = this.#options;
    const known = source.segments().find((each) => each.segment === segment);
    if (known === undefined) return; // dropped here, or the store holds nothing of what we never had
    this.#answerMs = ANSWER_MS_MIN;
    const answer = { atMs: this.#options.clock.monotonicMs(), isFresh };
    const isWhole = this.#acknowledged.learned(known, sequence, answer);
    this.#notTaken.signed(segment, sequence);
    if (!this.#acknowledged.hasRefusals) this.#stopTrying();
    if (dropping.candidate() !== segment) return;
    if (!isWhole) dropping.refused(segment);
    else if (isFresh) dropping.confirmed(segment, () => this.advance());
  }
}

// Whether the custody log gets to the store, for people: a store that takes nothing of it says so to nobody here, and recordings and records
// may arrive all the same.
//
// Told are the segment that is written now, where the store leaves it unanswered, and any that the disk does not show. One that the store
// refuses and behind which it takes the next one is not told: so it goes with the end of a log that a revoked key signed (SPEC 4.9.3).

const CONDITION = 'custody.not-taken';

interface NotTaken {
  /** The store signed for it up to that entry. */
  readonly held: number;
  readonly reason: 'refused' | 'unreadable';
}

/** Segments of one log, the newest last. */
class LogNotTaken {
  readonly #conditions: Conditions;
  readonly #segments: () => readonly { readonly segment: SegmentId }[];
  readonly #notTaken = new Map<SegmentId, NotTaken>();

  constructor(conditions: Conditions, segments: () => readonly { readonly segment: SegmentId }[]) {
    this.#conditions = conditions;
    this.#segments = segments;
  }

  /** Nothing came of what was sent of a segment behind entry `held`. */
  waits(segment: SegmentId, { held, reason }: NotTaken): void {
    if (reason === 'unreadable' || segment === this.#newest) this.#notTaken.set(segment, { held, reason });
    this.#tell();
  }

  /** The store signed for a segment up to that entry. */
  signed(segment: SegmentId, sequence: number): void {
    const before = this.#notTaken.get(segment);
    if (before !== undefined && sequence > before.held) this.#notTaken.delete(segment);
    if (segment === this.#newest && sequence > 0)
      for (const [each, { reason }] of this.#notTaken)
        if (each !== segment && reason === 'refused') this.#notTaken.delete(each);
    this.#tell();
  }

  get #newest(): SegmentId | undefined {
    return this.#segments().at(-1)?.segment;
  }

  #tell(): void {
    if (this.#notTaken.size === 0) return this.#conditions.clear(CONDITION, null);
    const here = new Set(this.#segments().map(({ segment }) => segment));
    for (const segment of this.#notTaken.keys()) if (!here.has(segment)) this.#notTaken.delete(segment); // dropped
    const [first] = this.#notTaken;
    if (first === undefined) return this.#conditions.clear(CONDITION, null);
    const [segment, { reason }] = first;
    this.#conditions.raise(CONDITION, null, { segment, reason });
  }
}
