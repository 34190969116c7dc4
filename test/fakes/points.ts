// Counts what a test tries: cuts, failing calls, kills, generated inputs. The table of faults tells the numbers (test/faults/table).

let tried = 0;
let failed = 0;

/** Called wherever a fault is brought about, or an input is made. */
export function pointTried(count = 1): void {
  tried += count;
}

/** The count since the last call. */
export function takePoints(): number {
  const points = tried;
  tried = 0;
  return points;
}

/** Called for each of them at which a rule was broken. */
export function pointFailed(count = 1): void {
  failed += count;
}

/** The count since the last call. */
export function takeFailedPoints(): number {
  const points = failed;
  failed = 0;
  return points;
}
