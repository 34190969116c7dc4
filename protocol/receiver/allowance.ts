// How often a station may cost the receiver something that brings it nothing.
import type { StationId } from '../ids.ts';
import type { Clock } from '../ports.ts';
import { REFUSALS_BURST } from './limits.ts';

/** REFUSALS_BURST at once for each station, and one more a second; those that are not in the file share one. */
export class Allowance {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #stations = new Map<StationId | null, { left: number; atMs: number }>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** What is left, in whole ones and parts. */
  left(payer: StationId | null): number {
    const known = this.#stations.get(payer);
    if (known === undefined) return REFUSALS_BURST;
    const passedMs = this.#clock.monotonicMs() - known.atMs;
    return Math.min(REFUSALS_BURST, known.left + passedMs / 1000);
  }

  /** False where nothing is left. */
  spend(payer: StationId | null): boolean {
    const left = this.left(payer);
    if (left < 1) return false;
    this.#stations.set(payer, { left: left - 1, atMs: this.#clock.monotonicMs() });
    return true;
  }
}
