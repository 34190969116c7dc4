// The machine's clock as a station believes it: wall time as far off as the test wants, from one look to the next if need be, and all of
// time faster than it is, so that what takes minutes can be waited for. A process that had to wait for the machine sees no time pass: at
// twenty times its pace, a stall of 0.1 s would be one of 2 s.
import { nodeClock } from '../../agent/platform/clock-node.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { sleeping } from '../simulation/sleeps.ts';

/** Time moves this often, ms of real time. */
const TICK_MS = 1;
/** What passes from one move to the next at most, ms of real time. */
const TICK_MS_MAX = 10;

interface Due {
  readonly atMs: number;
  readonly call: () => void;
}

/** Monotonic time and timers go `pace` times as fast as real time; wall time goes with them, `aheadMs` off. */
export class BelievingClock implements Clock {
  /** Station's wall time minus the true one, in ms; asked at every look. */
  aheadMs: () => number = () => 0;
  /** Timers begun from now on go as fast as real time: deadlines of real disk work mean that. */
  hasRealTimers = false;
  readonly #clock = nodeClock();
  readonly #pace: number;
  readonly #startWallMs: number;
  readonly #dues = new Set<Due>();
  readonly #sleep = sleeping((ms, call) => this.after(ms, call));
  #passedMs = 0;
  #movedAtMs = this.#clock.monotonicMs();

  constructor(options: { readonly pace?: number; readonly startMs?: number } = {}) {
    this.#pace = options.pace ?? 1;
    this.#startWallMs = options.startMs ?? this.#clock.wallMs();
    setInterval(() => this.#move(), TICK_MS).unref();
  }

  /** What a right clock would show. */
  trueMs(): number {
    return this.#startWallMs + this.#passedMs;
  }

  wallMs(): number {
    return Math.floor(this.trueMs() + this.aheadMs());
  }

  monotonicMs(): number {
    return this.#passedMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (this.hasRealTimers) return this.#clock.sleep(ms, signal);
    return this.#sleep(ms, signal);
  }

  after(ms: number, call: () => void): () => void {
    if (this.hasRealTimers) return this.#clock.after(ms, call);
    const due = { atMs: this.#passedMs + ms, call };
    this.#dues.add(due);
    return () => void this.#dues.delete(due);
  }

  #move(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#passedMs += Math.min(nowMs - this.#movedAtMs, TICK_MS_MAX) * this.#pace;
    this.#movedAtMs = nowMs;
    const over = [...this.#dues].filter(({ atMs }) => atMs <= this.#passedMs);
    for (const due of over.toSorted((a, b) => a.atMs - b.atMs)) if (this.#dues.delete(due)) due.call();
  }
}
