// How often a station may cost the receiver something that brings it nothing.
import type { StationId } from '../../../protocol/format/ids.ts';
import type { Clock } from '../../../protocol/format/ports.ts';

/** So many at once, and so many more each second. */
export interface AllowanceRate {
  readonly atOnce: number;
  readonly perSecond: number;
}

/** The same for each station; those that are not in the file (null) share one. */
export class Allowance {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #rate: AllowanceRate;
  readonly #stations = new Map<StationId | null, { left: number; atMs: number }>();

  constructor(clock: Pick<Clock, 'monotonicMs'>, rate: AllowanceRate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** What is left, in whole ones and parts. */
  left(payer: StationId | null): number {
    const { atOnce, perSecond } = this.#rate;
    const known = this.#stations.get(payer);
    if (known === undefined) return atOnce;
    const passedMs = this.#clock.monotonicMs() - known.atMs;
    return Math.min(atOnce, known.left + (passedMs * perSecond) / 1000);
  }

  /** False where nothing is left. */
  spend(payer: StationId | null): boolean {
    const left = this.left(payer);
    if (left < 1) return false;
    this.#stations.set(payer, { left: left - 1, atMs: this.#clock.monotonicMs() });
    return true;
  }
}
