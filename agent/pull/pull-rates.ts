// What rate a bay usually reaches: a bay on USB and one on a serial line differ by a factor of a thousand, so each is its own measure.

/** Rates that are kept; older ones give way. */
const RATES_MAX = 15;
/** As long as there are fewer, nothing is usual. */
const RATES_MIN = 3;

/** Rates of one bay, in bytes per second, over all its dockings of this run. */
export class PullRates {
  readonly #rates: number[] = [];

  /** The median of those reached, or 0 before there are enough. */
  get usual(): number {
    if (this.#rates.length < RATES_MIN) return 0;
    const sorted = this.#rates.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }

  reached(rate: number): void {
    this.#rates.push(rate);
    if (this.#rates.length > RATES_MAX) this.#rates.shift();
  }
}
