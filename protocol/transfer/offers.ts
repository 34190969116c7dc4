// When a recording is offered to the receiver (SPEC 6.3): how often without an answer, and how much later behind each kind of refusal. No I/O, no
// timers, time comes in. transfer-state.ts decides whether it is offered or sent.
//
// Invariants:
// 1. No refusal is final: `never` waits NEVER_MS_MIN, and longer each time, up to NEVER_MS_MAX. Nor is a receipt that does not count: who has one
//    is offered ever more rarely, up to RECEIPT_MS_MAX, but soon at first, since it may be forged.
// 2. Who is in back-off keeps nothing else back: others have its place, and a few numbers of it (OfferPauses) are enough to go on later.
import { OFFER_MS_MAX, OFFER_MS_MIN } from '../format/limits.ts';
import type { RefuseBody } from './messages.ts';

/** Pause after a first refusal `never`: the offer may have been altered on its way. */
export const NEVER_MS_MIN = 60_000;
/** ... and the longest one, while nothing but such refusals comes. */
export const NEVER_MS_MAX = 24 * 3_600_000;
/** The longest one after a receipt that does not count. */
export const RECEIPT_MS_MAX = 3_600_000;
/** So long it is offered without an answer until others that wait may have its place. */
export const UNANSWERED_MS_MAX = 120_000;
/** ... where it in back-off before: one offer tells. */
export const UNANSWERED_AGAIN_MS_MAX = 15_000;
/** So many times as long as the one before. */
const NEVER_GROWS = 4;

/** What is kept of offers that are in back-off. */
export interface OfferPauses {
  /** Monotonic ms. */
  readonly offerAtMs: number;
  /** Pauses after the next refusal `never`, and after the next receipt that does not count. */
  readonly neverMs: number;
  readonly receiptMs: number;
}

/** The offers of one recording. */
export class Offers {
  /** What it is in back-off for, until a claim comes: what was said, or that it in back-off before. */
  #back: RefuseBody['verb'] | 'receipt' | 'before' | undefined;
  #neverMs = NEVER_MS_MIN;
  #receiptMs = OFFER_MS_MIN;
  #atMs: number;
  #pauseMs = OFFER_MS_MIN;
  /** Monotonic ms of the first of those that nobody answered; undefined where there is none. */
  #unansweredAtMs: number | undefined;
  #unansweredMsMax = UNANSWERED_MS_MAX;
  #isTooLarge = false;

  /** `before`: it in back-off, and goes on from there. */
  constructor(nowMs: number, before?: OfferPauses) {
    this.#atMs = before?.offerAtMs ?? nowMs;
    if (before === undefined) return;
    [this.#neverMs, this.#receiptMs] = [before.neverMs, before.receiptMs];
    this.#back = 'before';
    this.#pauseMs = OFFER_MS_MAX;
    this.#unansweredMsMax = UNANSWERED_AGAIN_MS_MAX;
  }

  /** Refused for now, receipted in a way that does not count, or too large for the broker: others need not wait for it. */
  get standsBack(): boolean {
    return this.#back !== undefined || this.#isTooLarge;
  }

  /** Its pause is its own, whatever becomes of the connection. */
  get waitsItsTime(): boolean {
    return this.#back === 'never' || this.#back === 'receipt';
  }

  /** It was offered, and nobody answered that yet. */
  get awaitsAnswer(): boolean {
    return this.#unansweredAtMs !== undefined;
  }

  /** Offered for long without an answer: others that wait may have its place. */
  isUnanswered(nowMs: number): boolean {
    return this.#unansweredAtMs !== undefined && nowMs - this.#unansweredAtMs >= this.#unansweredMsMax;
  }

  /** Monotonic ms of the next one. */
  get atMs(): number {
    return this.#atMs;
  }

  /** All that other offers need to go on later. */
  get pauses(): OfferPauses {
    return { offerAtMs: this.#atMs, neverMs: this.#neverMs, receiptMs: this.#receiptMs };
  }

  /** Whether the broker takes a message of that size, as far as it is known. It is offered again anyway, as late as others. */
  fits(fits: boolean): void {
    this.#isTooLarge = !fits;
  }

  /** A claim came. A receipt that did not count says nothing of claims, and its pause stays. */
  claimed(): void {
    this.#back = undefined;
    this.#neverMs = NEVER_MS_MIN;
    this.#pauseMs = OFFER_MS_MIN;
    this.#unansweredAtMs = undefined;
    this.#unansweredMsMax = UNANSWERED_MS_MAX;
  }

  refused({ verb, retry_after_ms }: Pick<RefuseBody, 'verb' | 'retry_after_ms'>, nowMs: number): void {
    this.#back = verb;
    const pauses = {
      resend: OFFER_MS_MIN,
      restart: OFFER_MS_MIN,
      pause: Math.max(OFFER_MS_MIN, retry_after_ms),
      never: this.#neverMs,
    };
    if (verb === 'never') this.#neverMs = Math.min(NEVER_GROWS * this.#neverMs, NEVER_MS_MAX);
    this.again(nowMs + pauses[verb]);
  }

  /** A receipt came that did not count, or (`isLasting` false) could not be kept. */
  receiptRefused(nowMs: number, isLasting: boolean): void {
    this.#back = 'receipt';
    const pauseMs = Math.min(this.#receiptMs, isLasting ? RECEIPT_MS_MAX : OFFER_MS_MAX);
    this.#receiptMs = 2 * pauseMs;
    this.again(nowMs + pauseMs);
  }

  /** The next one at that time, and those behind it as soon as after a first one. */
  afresh(atMs: number): void {
    this.#pauseMs = OFFER_MS_MIN;
    this.again(atMs);
  }

  /** The next one at that time: nobody owes an answer until then. */
  again(atMs: number): void {
    this.#unansweredAtMs = undefined;
    this.#atMs = atMs;
  }

  /** Whether to offer it now; where it is so, that counts as done. */
  take(nowMs: number): boolean {
    if (nowMs < this.#atMs) return false;
    this.#unansweredAtMs ??= nowMs;
    this.#atMs = nowMs + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, OFFER_MS_MAX);
    return true;
  }
}
