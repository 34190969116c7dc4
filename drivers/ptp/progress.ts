// A deadline that moves with what comes: so many bytes in so much time, else a camera counts as silent (one byte a minute is no progress).
import { DockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';

const PROGRESS_BYTES = 64 * 1024;

export class Progress {
  readonly #clock: Clock;
  readonly #withinMs: number;
  #dueMs: number;
  #bytes = 0;

  constructor(clock: Clock, withinMs: number) {
    this.#clock = clock;
    this.#withinMs = withinMs;
    this.#dueMs = clock.monotonicMs() + withinMs;
  }

  came(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < PROGRESS_BYTES) return;
    this.#bytes = 0;
    this.#dueMs = this.#clock.monotonicMs() + this.#withinMs;
  }

  /** Time in which nobody asked for more is not the camera's. */
  paused(ms: number): void {
    this.#dueMs += ms;
  }

  /** Errors: "driver.timeout". */
  leftMs(): number {
    const left = this.#dueMs - this.#clock.monotonicMs();
    if (left > 0) return left;
    const words = `the camera sent less than ${PROGRESS_BYTES} bytes in ${this.#withinMs} ms`;
    throw new DockError('driver.timeout', words, { retry: 'later' });
  }
}
