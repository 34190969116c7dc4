// Growth over rounds, told from noise: the median of the slopes between all pairs (Theil and Sen), which a single odd round does not move.

/** Units: those of the values, per round. 0 for fewer than two values. */
export function medianSlope(values: readonly number[]): number {
  const slopes: number[] = [];
  for (const [at, one] of values.entries())
    for (const [behind, other] of values.slice(at + 1).entries()) slopes.push((other - one) / (behind + 1));
  return median(slopes);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1];
  const high = sorted[Math.floor(middle)];
  return low === undefined || high === undefined ? 0 : (low + high) / 2;
}
