// Work over very many items that lets other work of the process run in between: 100,000 entries in one go would hold up everything else.

import type { Clock } from './ports.ts';

/** Lets others run. Errors: where anybody who waits is to end. */
export type Pause = () => Promise<void>;

/** Where what was begun must not end in the middle: such a pause never rejects. */
export function pauseWhatever(clock: Pick<Clock, 'sleep'>): Pause {
  const { signal } = new AbortController();
  return () => clock.sleep(0, signal);
}

/** Items between two pauses, of some µs each: 10 ms of work on a small machine. */
const ITEMS = 1000;

/** Calls `each` for every item in order; `itemsAtOnce` are fewer where each takes longer. Errors: those of `pause` and of `each`, where the work ends. */
export async function forEachSlowly<T>(
  items: Iterable<T>,
  pause: Pause,
  each: (item: T, at: number) => void,
  itemsAtOnce = ITEMS,
): Promise<void> {
  let at = 0;
  for (const item of items) {
    if (at % itemsAtOnce === itemsAtOnce - 1) await pause();
    each(item, at++);
  }
}
