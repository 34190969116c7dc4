// Runs one asynchronous step per item with a bound on how many are on their way.

/**
 * Calls `step` for each item, at most `atOnce` at a time, started in order.
 * Errors: the first one of a step; steps that run are waited for, no further one is started.
 */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  step: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < items.length && !failed; at = next++) {
      try {
        await step(items[at] as T);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = Array.from({ length: Math.min(atOnce, items.length) }, lane);
  const outcomes = await Promise.allSettled(lanes);
  const rejected = outcomes.find((outcome) => outcome.status === 'rejected');
  if (rejected !== undefined) throw rejected.reason;
}
