// How work grows: a ratio of two times of one minute, for how long something takes depends on the machine. Times of the processors that this process
// used: others that use them as well make it later, and no dearer.

const TRIES = 3;

/** How many times as long `large` takes as `small`, the cheapest of three tries each. Errors: those of the works. */
export async function timesAsLong(small: () => unknown, large: () => unknown): Promise<number> {
  return (await cheapest(large)) / (await cheapest(small));
}

/** In microseconds. */
async function cheapest(work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return Math.max(least, 1);
}
