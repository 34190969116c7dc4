// How many bytes may leave at a moment where only so many may in a second. Pure: time comes in, and no timer is here.
//
// Invariants:
// 1. Over any time T at most rate * T + burst + one message leaves, where each message waits for `holdsAtMs(0)`.
// 2. What leaves without waiting is owed, and held against what comes behind it, for at most DEBT_S.
import { MESSAGE_BYTES_MIN, UNIT_BYTES } from '../../protocol/format/limits.ts';

/** Burst and one message together, in seconds of the rate: 4 % of ten seconds, and more than timers are late. */
const SLACK_S = 0.4;
/** A message of so much of a second is short enough for whatever else wants to go over the line. */
const MESSAGE_S = 1 / 8;
/** A log of weeks goes without waiting; recordings do not stand still for it for longer than this. */
const DEBT_S = 60;

/** Bytes that may leave, as they come in at one rate. */
export class TokenBucket {
  readonly #rateBytesPerS: number;
  readonly #burstBytes: number;
  /** Below 0 where more left than there was. */
  #levelBytes: number;
  #atMs: number;

  /** Full at first. */
  constructor(rateBytesPerS: number, nowMs: number) {
    this.#rateBytesPerS = rateBytesPerS;
    this.#burstBytes = SLACK_S * rateBytesPerS - pacedMessageBytes(rateBytesPerS);
    this.#levelBytes = this.#burstBytes;
    this.#atMs = nowMs;
  }

  /** So many bytes leave now, whatever is there. */
  spend(bytes: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#levelBytes = Math.max(this.#levelBytes - bytes, -DEBT_S * this.#rateBytesPerS);
  }

  /** When it holds so many bytes, with nothing owed; `nowMs` where it does, Infinity for more than it ever holds. */
  holdsAtMs(bytes: number, nowMs: number): number {
    this.#fill(nowMs);
    if (bytes > this.#burstBytes) return Number.POSITIVE_INFINITY;
    const lacks = bytes - this.#levelBytes;
    return lacks <= 0 ? nowMs : nowMs + Math.ceil((1000 * lacks) / this.#rateBytesPerS);
  }

  #fill(nowMs: number): void {
    const came = (this.#rateBytesPerS * Math.max(0, nowMs - this.#atMs)) / 1000;
    this.#levelBytes = Math.min(this.#burstBytes, this.#levelBytes + came);
    this.#atMs = nowMs;
  }
}

/** Largest message at a rate: a power of two, so that units are cut evenly; a quarter of a second at the lowest rate. */
export function pacedMessageBytes(rateBytesPerS: number): number {
  const most = 2 ** Math.floor(Math.log2(MESSAGE_S * rateBytesPerS));
  return Math.min(UNIT_BYTES, Math.max(MESSAGE_BYTES_MIN, most));
}
