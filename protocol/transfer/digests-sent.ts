// What of a recording's digests was sent to the receiver that is followed, and what of that it holds (SPEC 6): no I/O, no timers, time comes in.
import type { RoundTrip } from '../format/round-trip.ts';

/** A piece of `chunks.bin`. */
export interface DigestsPiece {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Digests of one transfer; they go in order, and what is late goes again from the first byte that the receiver lacks. */
export class DigestsSent {
  readonly #totalBytes: number;
  readonly #roundTrip: RoundTrip;
  #heldBytes = 0;
  #sentBytes = 0;
  #sentAtMs = 0;
  /** Time-outs since some arrived. */
  #timeouts = 0;

  constructor(totalBytes: number, roundTrip: RoundTrip) {
    this.#totalBytes = totalBytes;
    this.#roundTrip = roundTrip;
  }

  get isAllSent(): boolean {
    return this.#sentBytes >= this.#totalBytes;
  }

  /** When those that were sent are late; never while some are still to be sent. */
  get lateAtMs(): number {
    if (this.#heldBytes >= this.#totalBytes || !this.isAllSent) return Number.POSITIVE_INFINITY;
    return this.#sentAtMs + this.#roundTrip.waitMs(this.#timeouts);
  }

  /** The next piece, which counts as sent; undefined where all are. */
  next(nowMs: number, bytesMax: number): DigestsPiece | undefined {
    if (this.isAllSent) return undefined;
    const offset = this.#sentBytes;
    const sizeBytes = Math.min(bytesMax, this.#totalBytes - offset);
    this.#sentBytes += sizeBytes;
    this.#sentAtMs = nowMs;
    return { offset, sizeBytes };
  }

  /** The receiver says how many bytes it holds. True where these are less than before: it dropped the list whole, and with it whatever came since. */
  held(bytes: number): boolean {
    const heldBytes = Math.min(bytes, this.#totalBytes);
    const isDropped = heldBytes < this.#heldBytes;
    if (isDropped) this.#sentBytes = heldBytes;
    if (heldBytes !== this.#heldBytes) this.#timeouts = 0;
    this.#heldBytes = heldBytes;
    this.#sentBytes = Math.max(this.#sentBytes, heldBytes);
    return isDropped;
  }

  /** What is late counts as never sent. */
  takeLate(nowMs: number): void {
    if (nowMs < this.lateAtMs) return;
    this.#sentBytes = this.#heldBytes;
    this.#timeouts++;
  }

  /** Another receiver, of which nothing is known. */
  restart(): void {
    this.#heldBytes = 0;
    this.#sentBytes = 0;
    this.#timeouts = 0;
  }
}
