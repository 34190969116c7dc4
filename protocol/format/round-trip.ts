// How long an answer may take until its question counts as unanswered, by what earlier ones took (RFC 6298). Pure; knows no message.

/** First wait, and the least: a receiver answers with what it took within 50 ms. */
const WAIT_MS_MIN = 1000;
/** The longest, whatever was measured. */
const WAIT_MS_MAX = 30_000;
/** Doubling ends here: a receiver that is there says something every 10 s, and one that comes back is to be found soon. */
const DOUBLED_MS_MAX = 8000;

/** Smoothed round trip and its variation. One for all transfers of a station: they take the same way to the same receiver. */
export class RoundTrip {
  #smoothedMs: number | undefined;
  #variationMs = 0;
  #kept = 0;

  /** One answer took so long. Only of what was said once: of two, nobody knows which one was answered (Karn). */
  measured(ms: number): void {
    this.#kept = 0;
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = ms;
      this.#variationMs = ms / 2;
      return;
    }
    this.#variationMs += (Math.abs(this.#smoothedMs - ms) - this.#variationMs) / 4;
    this.#smoothedMs += (ms - this.#smoothedMs) / 8;
  }

  /** The round trip that may be expected; 0 before the first one. */
  get smoothedMs(): number {
    return this.#smoothedMs ?? 0;
  }

  /** An answer came after so many time-outs in a row, and nobody knows to which: they count for all until something is measured (Karn). */
  keep(timeouts: number): void {
    this.#kept = Math.max(this.#kept, timeouts);
  }

  /** Time-outs that count before the first one. */
  get kept(): number {
    return this.#kept;
  }

  /** How long to wait after so many time-outs in a row, each of which doubles it. */
  waitMs(timeouts: number): number {
    const waitMs = Math.max(WAIT_MS_MIN, this.smoothedMs + 4 * this.#variationMs);
    return Math.min(WAIT_MS_MAX, Math.max(waitMs, Math.min(DOUBLED_MS_MAX, waitMs * 2 ** timeouts)));
  }
}
