// Passes hints on at a bounded pace, however many come: a camera that sends events without end is listed as often as one that sends none.
import type { Clock } from '../../protocol/format/ports.ts';

const PAUSE_MS_MIN = 2000;
/** As often as a camera is listed without any hint. */
const PAUSE_MS_MAX = 30_000;

export class HintPacer {
  readonly #clock: Pick<Clock, 'after' | 'monotonicMs'>;
  readonly #onHint: () => void;
  #pauseMs = PAUSE_MS_MIN;
  #passedAtMs = -Infinity;
  #lastAtMs = -Infinity;
  #cancel: (() => void) | undefined;
  #isOver = false;

  constructor(clock: Pick<Clock, 'after' | 'monotonicMs'>, onHint: () => void) {
    this.#clock = clock;
    this.#onHint = onHint;
  }

  /** Something happened: told at once, or once the pause behind the hint before is over. */
  hint(): void {
    const now = this.#clock.monotonicMs();
    const quietMs = now - this.#lastAtMs;
    this.#lastAtMs = now;
    if (this.#isOver || this.#cancel !== undefined) return;
    if (quietMs >= PAUSE_MS_MAX) this.#pauseMs = PAUSE_MS_MIN;
    const dueMs = this.#passedAtMs + this.#pauseMs;
    if (now >= dueMs) this.#pass(now);
    else this.#cancel = this.#clock.after(dueMs - now, () => this.#pass(this.#clock.monotonicMs()));
  }

  /** Nothing is passed on any more. */
  end(): void {
    this.#isOver = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #pass(atMs: number): void {
    this.#cancel = undefined;
    const isFirst = this.#passedAtMs === -Infinity;
    if (!isFirst && atMs - this.#passedAtMs < PAUSE_MS_MAX)
      this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS_MAX);
    this.#passedAtMs = atMs;
    this.#onHint();
  }
}
