// The clock that all processes of a machine share.

const NS_PER_MS = 1e6;

/** ms since the machine began to run. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / NS_PER_MS;
}
