// The sending end of one recording's transfer (SPEC 6) as a state machine: no I/O, no timers, time comes in.
//
// Invariants:
// 1. A unit counts as held by the receiver only because a `have` of the followed receiver, epoch and session said so.
// 2. Bytes sent and not received never exceed the credit, except for one unit when nothing is in flight and credit is not 0.
// 3. Nothing is sent while the receiver is not known to be there: no claim, or nothing heard for SILENCE_MS.
// 4. No refusal is final: `never` only waits NEVER_MS.
import type { ReceiverId, RecordingId, SessionId } from './ids.ts';
import { OFFER_MS_MAX, OFFER_MS_MIN, UNIT_BYTES, WINDOW_BYTES_MAX } from './limits.ts';
import { chunksBytes, unitBytes, unitCount } from './manifest.ts';
import type { ClaimBody, HaveMessage, RefuseBody } from './messages.ts';
import { UnitSet } from './unit-set.ts';

/** Nothing from the receiver for this long: it is offered again. A live receiver says something every 10 s. */
export const SILENCE_MS = 15_000;
/** Pause behind a refusal `never`. */
export const NEVER_MS = 24 * 3_600_000;
const RESEND_MS_MIN = 1000;
const RESEND_MS_MAX = 30_000;
const FIN_MS_MIN = 2000;
const FIN_MS_MAX = 30_000;
/** Time-outs in a row, with the receiver alive, that count as a stall. */
const STALL_EXPIRIES = 3;

/** What is known of the recording before it is offered. */
export interface SenderSubject {
  readonly recording: RecordingId;
  readonly session: SessionId;
  readonly manifestSha256: string;
  readonly sealedSizeBytes: number;
}

/** One thing to do now; the caller does it and asks again. */
export type SenderAction =
  | { readonly kind: 'offer' }
  | {
      readonly kind: 'digests';
      readonly receiver: ReceiverId;
      readonly offset: number;
      readonly sizeBytes: number;
    }
  | {
      readonly kind: 'unit';
      readonly receiver: ReceiverId;
      readonly unit: number;
      readonly messageBytesMax: number;
    }
  | { readonly kind: 'fin'; readonly receiver: ReceiverId; readonly epoch: number };

/** The receiver that is followed. */
interface Following {
  readonly receiver: ReceiverId;
  readonly epoch: number;
  readonly messageBytesMax: number;
}

/** What may be sent at this moment. */
export interface SendBudget {
  /** Bytes that the station may still put in flight over all recordings. */
  readonly windowBytes: number;
  /** Largest payload that the station's own broker takes. */
  readonly messageBytesMax: number;
}

/** Sending end of one recording. `next` is asked until it has nothing to do; `wakeAtMs` says when to ask again without news. */
export class Sender {
  readonly subject: SenderSubject;
  readonly #unitCount: number;
  readonly #digestsTotal: number;
  #phase: 'offering' | 'sending' | 'done' = 'offering';
  #refusal: RefuseBody | undefined;
  #following: Following | undefined;
  #epochMax = 0;
  #offerAtMs: number;
  #offerPauseMs = OFFER_MS_MIN;
  #heardAtMs = 0;
  #creditBytes = 0;
  #digestsHeld = 0;
  #digestsSent = 0;
  #digestsSentAtMs = 0;
  #held = new UnitSet();
  #inFlight = new Map<number, number>();
  #inFlightBytes = 0;
  #cursor = 0;
  #roundTripMs = 250;
  #finAtMs = 0;
  #finPauseMs = FIN_MS_MIN;
  #expiries = 0;
  #stalled = false;

  constructor(subject: SenderSubject, nowMs: number) {
    this.subject = subject;
    this.#unitCount = unitCount(subject.sealedSizeBytes);
    this.#digestsTotal = chunksBytes(subject.sealedSizeBytes);
    this.#offerAtMs = nowMs;
  }

  /** Bytes sent and not yet in a `have`. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** Bytes of the sealed file that the receiver said it holds. */
  get receivedBytes(): number {
    const whole = this.#held.size * UNIT_BYTES;
    const last = this.#unitCount - 1;
    return this.#held.has(last) ? whole - UNIT_BYTES + unitBytes(this.subject.sealedSizeBytes, last) : whole;
  }

  get done(): boolean {
    return this.#phase === 'done';
  }

  get sending(): boolean {
    return this.#phase === 'sending';
  }

  /** The refusal that stands, until the next claim. */
  get refusal(): RefuseBody | undefined {
    return this.#refusal;
  }

  /** True while the receiver answers and yet nothing that was sent arrives: the sign of messages that a broker drops for their size. */
  get stalled(): boolean {
    return this.#stalled;
  }

  /** Messages are smaller from now on: whether that helps is seen anew. */
  messagesShrunk(): void {
    this.#expiries = 0;
    this.#stalled = false;
  }

  /** Monotonic ms at which `next` may have something to do although nothing came in. */
  get wakeAtMs(): number {
    if (this.#phase === 'done') return Number.POSITIVE_INFINITY;
    if (this.#phase === 'offering') return this.#offerAtMs;
    const expiry = Math.min(...this.#inFlight.values()) + this.#resendMs();
    const digests =
      this.#digestsHeld < this.#digestsTotal
        ? this.#digestsSentAtMs + this.#resendMs()
        : Number.POSITIVE_INFINITY;
    const fin = this.#allSent() ? this.#finAtMs : Number.POSITIVE_INFINITY;
    return Math.min(expiry, digests, fin, this.#heardAtMs + SILENCE_MS);
  }

  /** A verified claim. Returns false where it is not followed (another session or manifest, or an older epoch). */
  claim(body: ClaimBody, nowMs: number): boolean {
    if (this.#phase === 'done' || !this.#isOurs(body)) return false;
    const known = this.#following;
    const same = known !== undefined && known.receiver === body.receiver && known.epoch === body.epoch;
    if (!same && body.epoch <= this.#epochMax) return false;
    this.#refusal = undefined;
    this.#heardAtMs = nowMs;
    this.#offerPauseMs = OFFER_MS_MIN;
    if (same && this.#phase === 'sending') return true;
    this.#epochMax = Math.max(this.#epochMax, body.epoch);
    this.#following = { receiver: body.receiver, epoch: body.epoch, messageBytesMax: body.message_bytes_max };
    this.#phase = 'sending';
    this.#restart();
    return true;
  }

  /** A `have`; ignored unless it is of the followed receiver, epoch and session. */
  have(message: HaveMessage, nowMs: number): void {
    const following = this.#following;
    if (this.#phase !== 'sending' || following === undefined) return;
    if (
      message.receiver !== following.receiver ||
      message.epoch !== following.epoch ||
      message.session !== this.subject.session
    )
      return;
    this.#heardAtMs = nowMs;
    this.#creditBytes = Math.min(message.credit_bytes, WINDOW_BYTES_MAX);
    this.#takeDigests(message.digests_bytes);
    const before = this.#held.size;
    this.#held = UnitSet.from(message.received, this.#unitCount);
    if (this.#held.size < before) this.#cursor = 0;
    if (this.#expiries >= STALL_EXPIRIES && this.#held.size <= before) this.#stalled = true;
    if (this.#held.size > before) this.messagesShrunk();
    for (const [unit, sentAtMs] of this.#inFlight) {
      if (!this.#held.has(unit)) continue;
      this.#landed(unit);
      this.#roundTripMs += (nowMs - sentAtMs - this.#roundTripMs) / 8;
    }
    for (const unit of message.bad) if (this.#inFlight.has(unit)) this.#again(unit);
  }

  /** A verified refusal. */
  refuse(body: RefuseBody, nowMs: number): void {
    if (this.#phase === 'done' || !this.#isOurs(body)) return;
    if (this.#phase === 'sending' && this.#following?.receiver !== body.receiver) return;
    this.#refusal = body;
    if (body.verb === 'restart') this.#held.clear();
    const pauses = {
      resend: OFFER_MS_MIN,
      restart: OFFER_MS_MIN,
      pause: Math.max(OFFER_MS_MIN, body.retry_after_ms),
      never: NEVER_MS,
    };
    this.#stopSending(nowMs + pauses[body.verb]);
  }

  /** The connection came back: what the receiver holds is asked again by an offer, at once. */
  connected(nowMs: number): void {
    if (this.#phase === 'done' || this.#refusal?.verb === 'never') return;
    this.#offerPauseMs = OFFER_MS_MIN;
    this.#stopSending(nowMs);
  }

  /** The receipt was verified and is durable: nothing is left to do. */
  receipted(): void {
    this.#phase = 'done';
    this.#clearFlight();
  }

  /** The next thing to do, or undefined. What it returns counts as done. */
  next(nowMs: number, budget: SendBudget): SenderAction | undefined {
    if (this.#phase === 'sending' && nowMs - this.#heardAtMs >= SILENCE_MS) this.#stopSending(nowMs);
    if (this.#phase === 'offering') return this.#nextOffer(nowMs);
    const following = this.#following;
    if (this.#phase === 'done' || following === undefined) return undefined;
    this.#expire(nowMs);
    const messageBytesMax = Math.min(following.messageBytesMax, budget.messageBytesMax, UNIT_BYTES);
    return (
      this.#nextDigests(nowMs, following, messageBytesMax) ??
      this.#nextUnit(nowMs, following, messageBytesMax, budget.windowBytes) ??
      this.#nextFin(nowMs, following)
    );
  }

  #isOurs(body: { recording: string; session: string; manifest_sha256: string }): boolean {
    const { recording, session, manifestSha256 } = this.subject;
    return (
      body.recording === recording && body.session === session && body.manifest_sha256 === manifestSha256
    );
  }

  #nextOffer(nowMs: number): SenderAction | undefined {
    if (nowMs < this.#offerAtMs) return undefined;
    this.#offerAtMs = nowMs + this.#offerPauseMs;
    this.#offerPauseMs = Math.min(2 * this.#offerPauseMs, OFFER_MS_MAX);
    return { kind: 'offer' };
  }

  #nextDigests(nowMs: number, { receiver }: Following, messageBytesMax: number): SenderAction | undefined {
    if (this.#digestsSent >= this.#digestsTotal) return undefined;
    const offset = this.#digestsSent;
    const sizeBytes = Math.min(messageBytesMax, this.#digestsTotal - offset);
    this.#digestsSent += sizeBytes;
    this.#digestsSentAtMs = nowMs;
    return { kind: 'digests', receiver, offset, sizeBytes };
  }

  #nextUnit(
    nowMs: number,
    { receiver }: Following,
    messageBytesMax: number,
    windowBytes: number,
  ): SenderAction | undefined {
    const unit = this.#missing();
    if (unit === undefined) return undefined;
    const sizeBytes = unitBytes(this.subject.sealedSizeBytes, unit);
    const room = Math.min(this.#creditBytes - this.#inFlightBytes, windowBytes);
    const first = this.#inFlightBytes === 0 && this.#creditBytes > 0 && windowBytes > 0;
    if (room < sizeBytes && !first) return undefined;
    this.#inFlight.set(unit, nowMs);
    this.#inFlightBytes += sizeBytes;
    this.#cursor = unit + 1;
    this.#finAtMs = nowMs;
    return { kind: 'unit', receiver, unit, messageBytesMax };
  }

  #nextFin(nowMs: number, { receiver, epoch }: Following): SenderAction | undefined {
    if (!this.#allSent() || nowMs < this.#finAtMs) return undefined;
    this.#finAtMs = nowMs + this.#finPauseMs;
    this.#finPauseMs = Math.min(2 * this.#finPauseMs, FIN_MS_MAX);
    return { kind: 'fin', receiver, epoch };
  }

  /** Lowest unit from the cursor on, then from the start, that is neither held nor in flight. */
  #missing(): number | undefined {
    for (const start of this.#cursor > 0 ? [this.#cursor, 0] : [0]) {
      let unit = this.#held.firstMissing(start, this.#unitCount);
      while (unit !== undefined && this.#inFlight.has(unit))
        unit = this.#held.firstMissing(unit + 1, this.#unitCount);
      if (unit !== undefined) return unit;
    }
    return undefined;
  }

  #allSent(): boolean {
    return this.#digestsSent >= this.#digestsTotal && this.#missing() === undefined;
  }

  #takeDigests(bytes: number): void {
    const held = Math.min(bytes, this.#digestsTotal);
    if (held < this.#digestsHeld) this.#digestsSent = held; // the list was dropped whole
    this.#digestsHeld = held;
    this.#digestsSent = Math.max(this.#digestsSent, held);
  }

  /** Whatever is overdue counts as lost and is sent again. */
  #expire(nowMs: number): void {
    const overdueMs = nowMs - this.#resendMs();
    const overdue = [...this.#inFlight].filter(([, sentAtMs]) => sentAtMs <= overdueMs);
    for (const [unit] of overdue) this.#again(unit);
    if (overdue.length > 0) this.#expiries++;
    if (
      this.#digestsHeld < this.#digestsTotal &&
      this.#digestsSent >= this.#digestsTotal &&
      this.#digestsSentAtMs <= overdueMs
    ) {
      this.#digestsSent = this.#digestsHeld;
    }
  }

  #again(unit: number): void {
    this.#landed(unit);
    this.#cursor = Math.min(this.#cursor, unit);
  }

  #landed(unit: number): void {
    this.#inFlight.delete(unit);
    this.#inFlightBytes -= unitBytes(this.subject.sealedSizeBytes, unit);
  }

  #resendMs(): number {
    return Math.min(RESEND_MS_MAX, Math.max(RESEND_MS_MIN, 4 * this.#roundTripMs));
  }

  #stopSending(offerAtMs: number): void {
    this.#phase = 'offering';
    this.#offerAtMs = offerAtMs;
    this.#clearFlight();
  }

  #clearFlight(): void {
    this.#inFlight.clear();
    this.#inFlightBytes = 0;
  }

  /** After a claim nothing is known of what the receiver holds until its first `have`: no credit before it. */
  #restart(): void {
    this.#clearFlight();
    this.#creditBytes = 0;
    this.#digestsHeld = 0;
    this.#digestsSent = 0;
    this.#cursor = 0;
    this.#finPauseMs = FIN_MS_MIN;
  }
}
