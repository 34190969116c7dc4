// A set of unit numbers as ascending ranges: what a `have` carries and both ends keep. Memory grows with gaps, not with units.
import { HAVE_RANGES_MAX } from '../format/limits.ts';

/** [first unit, count]. */
export type UnitRange = readonly [number, number];

/** Mutable set of units 0 .. count-1. */
export class UnitSet {
  #ranges: [number, number][] = []; // [first, end), ascending, never touching

  /** Number of units in the set. */
  get size(): number {
    return this.#ranges.reduce((sum, [first, end]) => sum + end - first, 0);
  }

  has(unit: number): boolean {
    const at = this.#find(unit);
    const range = this.#ranges[at];
    return range !== undefined && range[0] <= unit;
  }

  /** Adds units first .. first+count-1. */
  add(first: number, count = 1): void {
    let low = first;
    let high = first + count;
    const from = this.#find(first - 1);
    let to = from;
    for (let range = this.#ranges[to]; range !== undefined && range[0] <= high; range = this.#ranges[to]) {
      low = Math.min(low, range[0]);
      high = Math.max(high, range[1]);
      to++;
    }
    this.#ranges.splice(from, to - from, [low, high]);
  }

  /** Lowest unit of 0 .. unitCount-1, from `start` on, that is not in the set; undefined where all are. */
  firstMissing(start: number, unitCount: number): number | undefined {
    const range = this.#ranges[this.#find(start)];
    const unit = range !== undefined && range[0] <= start ? range[1] : start;
    return unit < unitCount ? unit : undefined;
  }

  /** True where units 0 .. unitCount-1 are all in the set. */
  isFull(unitCount: number): boolean {
    return unitCount === 0 || this.firstMissing(0, unitCount) === undefined;
  }

  /** The lowest ranges, at most HAVE_RANGES_MAX, as [first, count]. */
  ranges(): [number, number][] {
    return this.#ranges.slice(0, HAVE_RANGES_MAX).map(([first, end]) => [first, end - first]);
  }

  clear(): void {
    this.#ranges = [];
  }

  /** A set from ranges; ranges beyond `unitCount` are cut. */
  static from(ranges: readonly UnitRange[], unitCount: number): UnitSet {
    const set = new UnitSet();
    for (const [first, count] of ranges) {
      if (first < unitCount) set.add(first, Math.min(count, unitCount - first));
    }
    return set;
  }

  /** Index of the first range whose end lies beyond the unit. */
  #find(unit: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.[1] ?? 0) > unit) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
