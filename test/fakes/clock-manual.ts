// A clock that stands still until a test moves it. Timers and sleeps fire in order of their due time, ties in order of arming.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../protocol/format/ports.ts';
import { abortableSleep } from '../../protocol/format/abortable-sleep.ts';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly call: () => void;
}

/** Manual Clock: monotonic time starts at 0, wall time at 2026-11-25T08:00:00.000Z unless told otherwise. */
export class ManualClock implements Clock {
  #monotonicMs = 0;
  #wallMs: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(wallMs = Date.UTC(2026, 10, 25, 8)) {
    this.#wallMs = wallMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Timers that wait, sleeps among them. */
  get pending(): number {
    return this.#timers.size;
  }

  after(ms: number, call: () => void): () => void {
    const timer: Timer = { dueMs: this.#monotonicMs + Math.max(ms, 0), order: this.#order++, call };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return abortableSleep((ms, call) => this.after(ms, call), ms, signal);
  }

  /**
   * Moves monotonic and wall time by `ms`. Everything due on the way fires at its own time; between two timers what waits for
   * them may run (a few turns of the event loop), so timers that it arms on the way fire too.
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await settle();
    for (let timer = this.#due(endMs); timer !== undefined; timer = this.#due(endMs)) {
      this.#timers.delete(timer);
      this.#moveTo(Math.max(timer.dueMs, this.#monotonicMs));
      timer.call();
      await settle();
    }
    this.#moveTo(endMs);
    await settle();
  }

  /** Wall time jumps, monotonic time and timers do not notice. */
  jumpWall(ms: number): void {
    this.#wallMs += ms;
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }

  #due(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      if (first === undefined || timer.dueMs < first.dueMs) first = timer;
    }
    return first;
  }
}

/** Lets promises and in-memory fakes that are on their way arrive; real I/O may take longer. */
export async function settle(turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await nextTurn();
}

/** Lets time pass, half a second at a time, until the work is done: what it waits for comes. Errors: those of the work. */
export async function whileTimePasses<T>(clock: Pick<ManualClock, 'advance'>, work: Promise<T>): Promise<T> {
  const state = { done: false };
  const over = (): void => void (state.done = true);
  work.then(over, over);
  while (!state.done) await clock.advance(500);
  return work;
}
