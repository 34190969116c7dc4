// Brings the custody log to the store, segment after segment, one batch at a time (SPEC 6.9). What the store holds is only what it signed.
import { CUSTODY_BATCH_BYTES_MAX } from '../../protocol/limits.ts';
import type { SegmentId } from '../../protocol/ids.ts';
import type { Broker, Clock, Conditions, Log } from '../../protocol/ports.ts';
import type { CustodyHead } from '../../protocol/receipt.ts';
import type { StationTopics } from '../../protocol/topics.ts';
import { verifyCustodyHead, type TrustedStore } from './push-verify.ts';

/** A batch or question without an answer is sent again after this long, doubling. */
const ANSWER_MS_MIN = 2000;
const ANSWER_MS_MAX = 60_000;

/** What pushing needs of the log. */
export interface CustodySource {
  /** Segments in the order in which they were opened, with the newest entry that a checkpoint covers. */
  segments(): readonly { readonly segment: SegmentId; readonly lastSequence: number }[];
  /** Whole lines from a sequence on; undefined where there is nothing. */
  read(
    segment: SegmentId,
    fromSequence: number,
    bytesMax: number,
  ): Promise<{ lines: Uint8Array; from: number; to: number } | undefined>;
  /** Digest of one entry's line; undefined where the log has no such entry. */
  entrySha256(segment: SegmentId, sequence: number): Promise<string | undefined>;
}

export interface CustodyPushOptions {
  readonly broker: Pick<Broker, 'connected' | 'publish'>;
  readonly topics: StationTopics;
  readonly store: TrustedStore;
  readonly source: CustodySource;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** One conversation at a time: ask what is held of a segment, send what follows, go on with the next one. */
export class CustodyPush {
  readonly #options: CustodyPushOptions;
  /** Entries of a segment that the store signed for, in this process. */
  readonly #held = new Map<SegmentId, number>();
  #waitingFor: SegmentId | undefined;
  #answerMs = ANSWER_MS_MIN;
  #cancel: () => void = () => undefined;
  #working = false;
  #again = false;
  #stopped = false;

  constructor(options: CustodyPushOptions) {
    this.#options = options;
  }

  /** The connection came or went: what the store holds is asked again. */
  connectionChanged(connected: boolean): void {
    this.#held.clear();
    this.#waitingFor = undefined;
    this.#answerMs = ANSWER_MS_MIN;
    this.#cancel();
    if (connected) this.advance();
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
    void this.#take(payload).catch((error: unknown) =>
      this.#options.log.warn('custody head from the store refused', { error }),
    );
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #step(): Promise<void> {
    const open = this.#options.source
      .segments()
      .find(
        ({ segment, lastSequence }) => lastSequence > 0 && (this.#held.get(segment) ?? -1) < lastSequence,
      );
    if (open === undefined) return;
    const held = this.#held.get(open.segment);
    this.#expectAnswer(open.segment);
    if (held === undefined) return this.#publish(open.segment, 0, new Uint8Array(0));
    const batch = await this.#options.source.read(open.segment, held + 1, CUSTODY_BATCH_BYTES_MAX);
    if (batch !== undefined) await this.#publish(open.segment, batch.from, batch.lines);
  }

  async #publish(segment: SegmentId, from: number, lines: Uint8Array): Promise<void> {
    await this.#options.broker.publish(this.#options.topics.custody(segment, from), lines, { qos: 1 });
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
      this.#held.delete(segment); // asked anew: the batch or its answer was lost
      this.advance();
    });
  }

  async #take(payload: Uint8Array): Promise<void> {
    const head = verifyCustodyHead(payload, this.#options.store);
    const { segment, sequence, sha256 } = head;
    const ours = this.#options.source.segments().find((known) => known.segment === segment);
    if (ours === undefined || !(await this.#isOurs(segment, sequence, sha256))) {
      this.#options.conditions.raise('custody.store-differs', segment, { sequence: sequence ?? 0 });
      this.#options.log.error('the store holds another custody log than this station: restored or altered', {
        segment,
        sequence,
      });
      this.#held.set(segment, Number.MAX_SAFE_INTEGER); // nothing that we could send would follow it
    } else {
      this.#held.set(segment, sequence ?? 0);
      this.#answerMs = ANSWER_MS_MIN;
    }
    if (this.#waitingFor === segment) {
      this.#waitingFor = undefined;
      this.#cancel();
    }
    this.advance();
  }

  async #isOurs(segment: SegmentId, sequence: number | null, sha256: string | null): Promise<boolean> {
    if (sequence === null) return true;
    return (await this.#options.source.entrySha256(segment, sequence)) === sha256;
  }
}

/** True where a receipt's head is in our log, or there is none. A head that is unknown or ahead means "restored or altered". */
export async function knowsHead(source: CustodySource, head: CustodyHead | null): Promise<boolean> {
  if (head === null) return true;
  return (await source.entrySha256(head.segment, head.sequence)) === head.sha256;
}
