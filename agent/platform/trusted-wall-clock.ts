// The wall clock for decisions that remove something: it counts only as long as nothing speaks against it. A jump by ten years, or a start
// in the wrong century, must never make anything due (acceptance CLK-02).
import type { Clock } from '../../protocol/format/ports.ts';

/** Wall time that left the monotonic clock by more than this since the last look was set by somebody. */
const STEP_MS_MAX = 60_000;

/** Wall time, where it may be believed. */
export class TrustedWallClock {
  readonly #clock: Clock;
  readonly #synchronised: () => boolean | null;
  #aheadMs: number;

  /** `synchronised` as the system says it: null where it cannot tell. */
  constructor(clock: Clock, synchronised: () => boolean | null) {
    this.#clock = clock;
    this.#synchronised = synchronised;
    this.#aheadMs = this.#difference();
  }

  /**
   * Milliseconds since 1970; undefined where the clock is not synchronised, and where the system cannot tell and it was stepped since
   * this process began.
   */
  nowMs(): number | undefined {
    const synchronised = this.#synchronised();
    if (synchronised === false) return undefined;
    const aheadMs = this.#difference();
    if (synchronised === true) this.#aheadMs = aheadMs;
    else if (Math.abs(aheadMs - this.#aheadMs) > STEP_MS_MAX) return undefined;
    return this.#clock.wallMs();
  }

  #difference(): number {
    return this.#clock.wallMs() - this.#clock.monotonicMs();
  }
}
