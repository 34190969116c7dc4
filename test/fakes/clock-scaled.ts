// The machine's clock with every duration shorter by a factor: for real devices whose deadlines are seconds in the product.
import { nodeClock } from '../../agent/platform/clock-node.ts';
import type { Clock } from '../../protocol/format/ports.ts';

/** `factor` of its milliseconds pass in one of the machine's; another one counts for what is armed from then on. */
export class ScaledClock implements Clock {
  readonly #clock = nodeClock();
  readonly #wallMs: number;
  #factor: number;
  #sinceMs: number;
  #passedMs = 0;

  constructor(factor: number) {
    this.#factor = factor;
    this.#sinceMs = this.#clock.monotonicMs();
    this.#wallMs = this.#clock.wallMs();
  }

  get factor(): number {
    return this.#factor;
  }
  set factor(factor: number) {
    this.#passedMs = this.monotonicMs();
    this.#sinceMs = this.#clock.monotonicMs();
    this.#factor = factor;
  }

  monotonicMs(): number {
    return this.#passedMs + (this.#clock.monotonicMs() - this.#sinceMs) * this.#factor;
  }
  wallMs(): number {
    return this.#wallMs + this.monotonicMs();
  }
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#clock.sleep(ms / this.#factor, signal);
  }
  after(ms: number, call: () => void): () => void {
    return this.#clock.after(ms / this.#factor, call);
  }
}

/** Shape: as ScaledClock. */
export function scaledClock(factor: number): ScaledClock {
  return new ScaledClock(factor);
}
