// The machine's clock as a station believes it: wall time as far off as the test wants, from one look to the next if need be, and all of
// time faster than it is, so that what takes minutes can be waited for.
import { nodeClock } from '../../protocol/io/clock-node.ts';
import type { Clock } from '../../protocol/ports.ts';

/** Monotonic time and timers go `pace` times as fast as real time; wall time goes with them, `aheadMs` off. */
export class BelievingClock implements Clock {
  /** Station's wall time minus the true one, in ms; asked at every look. */
  aheadMs: () => number = () => 0;
  /** Timers begun from now on go as fast as real time: deadlines of real disk work mean that. */
  hasRealTimers = false;
  readonly #clock = nodeClock();
  readonly #pace: number;
  readonly #startWallMs: number;
  readonly #startMs = this.#clock.monotonicMs();

  constructor(options: { readonly pace?: number; readonly startMs?: number } = {}) {
    this.#pace = options.pace ?? 1;
    this.#startWallMs = options.startMs ?? this.#clock.wallMs();
  }

  /** What a right clock would show. */
  trueMs(): number {
    return this.#startWallMs + this.monotonicMs();
  }

  wallMs(): number {
    return Math.floor(this.trueMs() + this.aheadMs());
  }

  monotonicMs(): number {
    return (this.#clock.monotonicMs() - this.#startMs) * this.#pace;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#clock.sleep(ms / this.#timerPace(), signal);
  }

  after(ms: number, call: () => void): () => void {
    return this.#clock.after(ms / this.#timerPace(), call);
  }

  #timerPace(): number {
    return this.hasRealTimers ? 1 : this.#pace;
  }
}
