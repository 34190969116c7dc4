// Small statistics over what a report has gathered: quantiles and a straight line. Pure.

/** Middle, 95 of 100, and the worst of some durations or sizes. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly p95: number;
  readonly worst: number;
}

/** Undefined where there is nothing. Nearest-rank quantiles, so that each is a value that really occurred. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  if (sorted.length === 0) return undefined;
  return { count: sorted.length, median: rank(0.5), p95: rank(0.95), worst: rank(1) };
}

/** One measurement at an instant (ms since 1970). */
export interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** Least squares: change of the value in one day, or undefined where the points are fewer than three or all at one time. */
export function changePerDay(points: readonly Point[]): number | undefined {
  if (points.length < 3) return undefined;
  const meanAt = points.reduce((sum, { atMs }) => sum + atMs, 0) / points.length;
  const mean = points.reduce((sum, { value }) => sum + value, 0) / points.length;
  let above = 0;
  let below = 0;
  for (const { atMs, value } of points) {
    const days = (atMs - meanAt) / 86_400_000;
    above += days * (value - mean);
    below += days * days;
  }
  return below === 0 ? undefined : above / below;
}
