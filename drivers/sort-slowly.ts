// Merge sort that lets other work of the process run in between: sorting 100,000 names in one go blocks for 170 ms on a PC.

/** Items sorted or merged between two pauses: some 5 ms of work. */
const RUN_ITEMS = 2048;

/** A sorted copy. Stable. `pause` is awaited after at most RUN_ITEMS items of work. */
export async function sortSlowly<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
  pause: () => Promise<void>,
): Promise<T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < items.length; at += RUN_ITEMS) {
    runs.push(items.slice(at, at + RUN_ITEMS).sort(compare));
    await pause();
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(await merge(runs[at] ?? [], runs[at + 1] ?? [], compare, pause));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<T>(
  left: readonly T[],
  right: readonly T[],
  compare: (a: T, b: T) => number,
  pause: () => Promise<void>,
): Promise<T[]> {
  const merged: T[] = [];
  let l = 0;
  let r = 0;
  for (let count = 1; l < left.length && r < right.length; count++) {
    const a = left[l] as T;
    const b = right[r] as T;
    if (compare(a, b) <= 0) {
      merged.push(a);
      l++;
    } else {
      merged.push(b);
      r++;
    }
    if (count % RUN_ITEMS === 0) await pause();
  }
  return merged.concat(left.slice(l), right.slice(r));
}
