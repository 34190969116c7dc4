// How full a camera's battery is when it comes back, docking after docking. Pure.
//
// One low reading is a long shift. A battery that wears out comes back emptier each time: the slope over the last dockings tells.

/** Readings that are kept: some weeks of shifts. */
const READINGS_MAX = 20;
/** Over fewer a slope is chance. */
const READINGS_MIN = 5;
/** So empty it may fail in the next shift whatever the slope says. */
const EMPTY_PERCENT = 5;
/** A battery below this ... */
const LOW_PERCENT = 40;
/** ... that loses as much or more from docking to docking is weak. */
const SLOPE_PERCENT = -1;

/** Readings of one camera in this run, the oldest first. */
export class BatteryTrend {
  readonly #percents: number[] = [];

  /** A reading at the begin of a docking, 0 to 100. */
  add(percent: number): void {
    this.#percents.push(percent);
    if (this.#percents.length > READINGS_MAX) this.#percents.shift();
  }

  /** Change from docking to docking by least squares, in percent with one decimal; null where there are too few readings. */
  get percentPerDocking(): number | null {
    const count = this.#percents.length;
    if (count < READINGS_MIN) return null;
    const middle = (count - 1) / 2;
    const mean = this.#percents.reduce((sum, percent) => sum + percent, 0) / count;
    let above = 0;
    let below = 0;
    for (const [at, percent] of this.#percents.entries()) {
      above += (at - middle) * (percent - mean);
      below += (at - middle) ** 2;
    }
    return Math.round((above / below) * 10) / 10;
  }

  /** The newest reading speaks of a battery that should not go out again as it is. */
  get isWeak(): boolean {
    const newest = this.#percents.at(-1);
    if (newest === undefined) return false;
    if (newest <= EMPTY_PERCENT) return true;
    const slope = this.percentPerDocking;
    return slope !== null && slope <= SLOPE_PERCENT && newest < LOW_PERCENT;
  }
}
