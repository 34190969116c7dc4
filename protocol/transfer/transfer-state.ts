// The sending end of one recording's transfer (SPEC 6) as a state machine: no I/O, no timers, time comes in.
//
// Invariants:
// 1. A unit counts as held by the receiver only because a `have` of the followed receiver, epoch and session said so.
// 2. Bytes sent and not received never exceed the credit, except for one unit when nothing is in flight and credit is not 0.
// 3. Nothing is sent while the receiver is not known to be there: no claim, or nothing heard for SILENCE_MS.
// When it is offered is said in offers.ts, what is on its way in flight.ts.
import { DigestsSent } from './digests-sent.ts';
import { Flight } from './flight.ts';
import type { ReceiverId, RecordingId, SessionId } from '../format/ids.ts';
import { UNIT_BYTES, WINDOW_BYTES_MAX } from '../format/limits.ts';
import { chunksBytes, unitBytes, unitCount } from '../documents/manifest.ts';
import type { ClaimBody, HaveMessage, RefuseBody } from './messages.ts';
import { Offers, type OfferPauses } from './offers.ts';
import { RoundTrip } from '../format/round-trip.ts';
import { UnitSet } from './unit-set.ts';

/** Nothing from the receiver for this long: it is offered again. A live receiver says something every 10 s. */
export const SILENCE_MS = 15_000;
const FIN_MS_MIN = 2000;
const FIN_MS_MAX = 30_000;
/** Time-outs in a row, with the receiver alive, that count as a stall. */
const STALL_TIMEOUTS = 3;

/** What is known of the recording before it is offered. */
export interface SenderSubject {
  readonly recording: RecordingId;
  readonly session: SessionId;
  readonly manifestSha256: string;
  readonly sealedSizeBytes: number;
}

/** What is kept of a recording that is in back-off: with it another sender goes on. */
export interface StandingBack extends OfferPauses {
  /** Claims of it, and of older ones, are old. That of the one behind it may be said again: its receiver may still hold the lease. */
  readonly epochMax: number;
  /** ... until then, monotonic ms: the lease of the receiver that was heard last is over, and any claim is a new one. */
  readonly oldUntilMs: number;
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

/** A unit on its way to a receiver. */
export type SentUnit = Pick<SenderAction & { kind: 'unit' }, 'unit' | 'receiver'>;

/** The receiver that is followed. */
interface Following {
  readonly receiver: ReceiverId;
  readonly epoch: number;
  readonly messageBytesMax: number;
  readonly leaseMs: number;
}

/** What the station keeps back for now: nothing; units and digests; or these and offers. */
export type Held = 'nothing' | 'bytes' | 'offers';

/** What may be sent at this moment. */
export interface SendBudget {
  /** Nothing unless given. What is on its way stays there, and nothing of it is lost for that. */
  readonly held?: Held;
  /** Bytes that the station may still put in flight over all recordings. */
  readonly windowBytes: number;
  /** Largest payload that the station's own broker takes. */
  readonly messageBytesMax: number;
}

/** Sending end of one recording. `next` is asked until it has nothing to do; `wakeAtMs` says when to ask again without news. */
export class Sender {
  readonly subject: SenderSubject;
  readonly #unitCount: number;
  #phase: 'offering' | 'sending' | 'done' = 'offering';
  readonly #offers: Offers;
  #following: Following | undefined;
  #epochMax = 0;
  #oldUntilMs = 0;
  #heardAtMs = 0;
  #creditBytes = 0;
  readonly #digests: DigestsSent;
  #held = new UnitSet();
  readonly #flight: Flight;
  #cursor = 0;
  #finAtMs = 0;
  #finPauseMs = FIN_MS_MIN;
  /** Time-outs since something arrived. */
  #timeouts = 0;
  #stalled = false;

  /** `roundTrip`: what is known of the way to the receiver. */
  constructor(subject: SenderSubject, nowMs: number, roundTrip = new RoundTrip(), before?: StandingBack) {
    this.subject = subject;
    this.#flight = new Flight(roundTrip);
    this.#unitCount = unitCount(subject.sealedSizeBytes);
    this.#digests = new DigestsSent(chunksBytes(subject.sealedSizeBytes), roundTrip);
    this.#offers = new Offers(nowMs, before);
    this.#epochMax = before?.epochMax ?? 0;
    this.#oldUntilMs = before?.oldUntilMs ?? 0;
  }

  /** Bytes sent and not yet in a `have`. */
  get inFlightBytes(): number {
    return this.#flight.bytes;
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

  /** Refused for now, receipted in a way that does not count, or too large for the broker: others need not wait for it. */
  get standsBack(): boolean {
    return this.#offers.standsBack;
  }

  /** Offered for long without an answer: others that wait may have its place. Of one that in back-off before one offer is enough. */
  isUnanswered(nowMs: number): boolean {
    return this.#phase === 'offering' && this.#offers.isUnanswered(nowMs);
  }

  /** It was offered, and nobody answered that yet. */
  get awaitsAnswer(): boolean {
    return this.#phase === 'offering' && this.#offers.awaitsAnswer;
  }

  /** Monotonic ms of its next offer; undefined while it is sent. */
  get offerAtMs(): number | undefined {
    return this.#phase === 'offering' ? this.#offers.atMs : undefined;
  }

  /** All that another sender needs to go on later. Only of one that is offered. */
  get standingBack(): StandingBack {
    const [epochMax, oldUntilMs] = [Math.max(0, this.#epochMax - 1), this.#oldUntilMs];
    return { ...this.#offers.pauses, epochMax, oldUntilMs };
  }

  /** Whether the broker takes a message of the size of its offer, as far as it is known. It is offered again anyway, as late as others. */
  offerFits(fits: boolean): void {
    this.#offers.fits(fits);
  }

  /** True while the receiver answers and yet nothing that was sent arrives: the sign of messages that a broker drops for their size. */
  get stalled(): boolean {
    return this.#stalled;
  }

  /** Messages are smaller from now on: whether that helps is seen again. */
  messagesShrunk(): void {
    this.#noStall();
    this.#flight.forgetTimeouts();
  }

  /** The caller begins to hand over a unit that `next` gave it; `left` must follow. Without both a unit counts as gone at once. */
  leaving(unit: number, nowMs: number): void {
    this.#flight.leaving(unit, nowMs);
  }

  /**
   * The connection took all of the unit, or (`isSent` false) it could not be sent: from now on it can be late. What went to a receiver that is
   * not followed any more does not arrive. `heldMs`: see Flight.
   */
  left({ unit, receiver }: SentUnit, isSent: boolean, nowMs: number, heldMs = 0): void {
    const arrives = isSent && this.#follows(receiver);
    const isCounted = this.#flight.left(unit, arrives, nowMs, heldMs);
    if (isCounted || !arrives || this.#phase !== 'sending' || this.#held.has(unit)) return;
    this.#flight.add(unit, unitBytes(this.subject.sealedSizeBytes, unit), nowMs);
  }

  /** Whether its receiver is followed and does not hold the unit yet, as far as it said. */
  wants({ unit, receiver }: SentUnit): boolean {
    return this.#phase !== 'done' && this.#follows(receiver) && !this.#held.has(unit);
  }

  /** Monotonic ms at which `next` may have something to do although nothing came in, with what is held back then. */
  wakeAtMs(held: Held = 'nothing'): number {
    if (this.#phase === 'done') return Number.POSITIVE_INFINITY;
    if (this.#phase === 'offering') return held === 'offers' ? Number.POSITIVE_INFINITY : this.#offers.atMs;
    const flight = this.#flight.wakeAtMs(this.#creditBytes > 0 && held === 'nothing');
    const fin = this.#allSent() ? this.#finAtMs : Number.POSITIVE_INFINITY;
    return Math.min(flight, this.#digests.lateAtMs, fin, this.#heardAtMs + SILENCE_MS);
  }

  /** A verified claim. Returns false where it is not followed (another session or manifest, or an older epoch within the lease of a newer one). */
  claim(body: ClaimBody, nowMs: number): boolean {
    if (this.#phase === 'done' || !this.#isOurs(body)) return false;
    const known = this.#following;
    const same = known !== undefined && known.receiver === body.receiver && known.epoch === body.epoch;
    if (!same && body.epoch <= this.#epochMax && nowMs < this.#oldUntilMs) return false;
    this.#offers.claimed();
    this.#heard(nowMs, body.lease_ms);
    if (same && this.#phase === 'sending') return true;
    this.#epochMax = Math.max(this.#epochMax, body.epoch);
    const { receiver, epoch, message_bytes_max: messageBytesMax, lease_ms: leaseMs } = body;
    this.#following = { receiver, epoch, messageBytesMax, leaseMs };
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
    this.#heard(nowMs, following.leaseMs);
    this.#creditBytes = Math.min(message.credit_bytes, WINDOW_BYTES_MAX);
    if (this.#digests.held(message.digests_bytes)) this.#listDropped();
    const before = this.#held.size;
    this.#held = UnitSet.from(message.received, this.#unitCount);
    if (this.#held.size < before) this.#cursor = 0;
    if (this.#timeouts >= STALL_TIMEOUTS && this.#held.size <= before) this.#stalled = true;
    if (this.#held.size > before) this.#noStall();
    this.#flight.arrived(this.#held, nowMs);
    for (const unit of message.bad) if (this.#flight.lost(unit)) this.#cursor = Math.min(this.#cursor, unit);
  }

  /** A verified refusal. */
  refuse(body: RefuseBody, nowMs: number): void {
    if (this.#phase === 'done' || !this.#isOurs(body)) return;
    if (this.#phase === 'sending' && this.#following?.receiver !== body.receiver) return;
    if (body.verb === 'restart') this.#held.clear();
    this.#offers.refused(body, nowMs);
    this.#stopSending();
  }

  /**
   * A receipt came that did not count, or (`isLasting` false) could not be kept. Where it answers an offer or a `fin` another one must come, which
   * may be long. As long as units are missing it says nothing: nobody gives a receipt for what is not there.
   */
  receiptRefused(nowMs: number, isLasting: boolean): void {
    const isAnswer = this.#phase === 'offering' ? this.awaitsAnswer : this.#isFinished();
    if (!isAnswer) return;
    this.#offers.receiptRefused(nowMs, isLasting);
    this.#stopSending();
  }

  /** The connection came back: what the receiver holds is asked again by an offer, at once. */
  connected(nowMs: number): void {
    this.#offerAfresh(nowMs);
  }

  /** Nothing of it is to be sent for now: it is offered again at that time, and what was on its way counts as never sent. */
  postponed(untilMs: number): void {
    this.#offerAfresh(untilMs);
  }

  #offerAfresh(atMs: number): void {
    if (this.#phase === 'done' || this.#offers.waitsItsTime) return;
    this.#offers.afresh(atMs);
    this.#stopSending();
  }

  /** The receipt was verified and is durable: nothing is left to do. */
  receipted(): void {
    this.#phase = 'done';
    this.#flight.clear();
  }

  /** The next thing to do, or undefined. What it returns counts as done. */
  next(nowMs: number, budget: SendBudget): SenderAction | undefined {
    if (this.#phase === 'sending' && nowMs - this.#heardAtMs >= SILENCE_MS) {
      this.#offers.again(nowMs);
      this.#stopSending();
    }
    const { held = 'nothing' } = budget;
    if (this.#phase === 'offering')
      return held !== 'offers' && this.#offers.take(nowMs) ? { kind: 'offer' } : undefined;
    const following = this.#following;
    if (this.#phase === 'done' || following === undefined) return undefined;
    this.#takeLost(nowMs);
    const bytes = held === 'nothing' ? this.#nextBytes(nowMs, following, budget) : undefined;
    return bytes ?? this.#nextFin(nowMs, following);
  }

  #nextBytes(nowMs: number, following: Following, budget: SendBudget): SenderAction | undefined {
    const messageBytesMax = Math.min(following.messageBytesMax, budget.messageBytesMax, UNIT_BYTES);
    return (
      this.#nextDigests(nowMs, following, messageBytesMax) ??
      this.#nextUnit(nowMs, following, messageBytesMax, budget.windowBytes) ??
      this.#nextProbe(nowMs, following, messageBytesMax)
    );
  }

  #heard(nowMs: number, leaseMs: number): void {
    this.#heardAtMs = nowMs;
    this.#oldUntilMs = nowMs + leaseMs;
  }

  /** Also while it is offered again: then it may still be that one. */
  #follows(receiver: ReceiverId): boolean {
    return this.#following?.receiver === receiver;
  }

  #isOurs(body: { recording: string; session: string; manifest_sha256: string }): boolean {
    const { recording, session, manifestSha256 } = this.subject;
    return (
      body.recording === recording && body.session === session && body.manifest_sha256 === manifestSha256
    );
  }

  #nextDigests(nowMs: number, { receiver }: Following, messageBytesMax: number): SenderAction | undefined {
    const piece = this.#digests.next(nowMs, messageBytesMax);
    return piece && { kind: 'digests', receiver, ...piece };
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
    const room = Math.min(this.#creditBytes - this.inFlightBytes, windowBytes);
    const first = this.inFlightBytes === 0 && this.#creditBytes > 0 && windowBytes > 0;
    if (room < sizeBytes && !first) return undefined;
    this.#flight.add(unit, sizeBytes, nowMs);
    this.#cursor = unit + 1;
    this.#finAtMs = nowMs;
    return { kind: 'unit', receiver, unit, messageBytesMax };
  }

  /** Nothing arrives any more: one unit asks whether that is because of the receiver. */
  #nextProbe(nowMs: number, { receiver }: Following, messageBytesMax: number): SenderAction | undefined {
    const unit = this.#creditBytes > 0 ? this.#flight.takeProbe(nowMs) : undefined;
    if (unit === undefined) return undefined;
    this.#timeouts++;
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
      while (unit !== undefined && this.#flight.has(unit))
        unit = this.#held.firstMissing(unit + 1, this.#unitCount);
      if (unit !== undefined) return unit;
    }
    return undefined;
  }

  /** All of it was sent, and the receiver was told so. */
  #isFinished(): boolean {
    return this.#phase === 'sending' && this.#finPauseMs > FIN_MS_MIN && this.#allSent();
  }

  #allSent(): boolean {
    return this.#digests.isAllSent && this.#missing() === undefined;
  }

  #noStall(): void {
    this.#timeouts = 0;
    this.#stalled = false;
  }

  /** Units without their digests do not stay with the receiver either. */
  #listDropped(): void {
    this.#cursor = 0;
    this.#flight.clear();
  }

  /** What counts as lost is sent again. */
  #takeLost(nowMs: number): void {
    this.#cursor = Math.min(this.#cursor, this.#flight.takeLost(nowMs) ?? this.#cursor);
    this.#digests.takeLate(nowMs);
  }

  /** It is offered from now on. */
  #stopSending(): void {
    this.#phase = 'offering';
    this.#flight.clear();
  }

  /** After a claim nothing is known of what the receiver holds until its first `have`: no credit before it. */
  #restart(): void {
    this.#flight.clear();
    this.#creditBytes = 0;
    this.#digests.restart();
    this.#cursor = 0;
    this.#finPauseMs = FIN_MS_MIN;
  }
}
