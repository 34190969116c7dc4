// How work grows: a ratio of two times of one minute, for how long something takes depends on the machine and on who else uses it.

const TRIES = 3;

/** How many times as long `large` takes as `small`, the quickest of three tries each. Errors: those of the works. */
export async function timesAsLong(small: () => unknown, large: () => unknown): Promise<number> {
  return (await quickestMs(large)) / (await quickestMs(small));
}

async function quickestMs(work: () => unknown): Promise<number> {
  let quickest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const startedMs = performance.now();
    await work();
    quickest = Math.min(quickest, performance.now() - startedMs);
  }
  return quickest;
}
