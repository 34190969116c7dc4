// Listings with many entries. An entry has little memory of its own: a camera may list INVENTORY_ENTRIES_MAX of them, and while it is listed once more
// there are twice as many.
import { bufferOf } from '../protocol/format/bytes.ts';
import { instantMs, instantText } from '../protocol/format/instants.ts';
import type { InventoryEntry } from './driver.ts';

/** What the given entry is. Path and time are made when they are asked for: a text and a number take a quarter of their memory. */
export class CompactEntry implements InventoryEntry {
  readonly kind: InventoryEntry['kind'];
  readonly sizeBytes: number;
  readonly modifiedStepMs: number;
  readonly stamp: string;
  readonly locked: boolean;
  readonly vendor: InventoryEntry['vendor'];
  /** Latin-1: a character for each byte. */
  readonly #path: string;
  /** Ms since 1970, or the text where that is another one than such a number gives. */
  readonly #modified: number | string | null;

  constructor(entry: InventoryEntry) {
    this.kind = entry.kind;
    this.sizeBytes = entry.sizeBytes;
    this.modifiedStepMs = entry.modifiedStepMs;
    this.stamp = entry.stamp;
    this.locked = entry.locked;
    this.vendor = entry.vendor;
    this.#path = bufferOf(entry.path).toString('latin1');
    this.#modified = numbered(entry.modifiedAt);
  }

  /** A copy, each time. */
  get path(): Uint8Array {
    return Buffer.from(this.#path, 'latin1');
  }

  get modifiedAt(): string | null {
    return typeof this.#modified === 'number' ? instantText(this.#modified) : this.#modified;
  }
}

function numbered(modifiedAt: string | null): number | string | null {
  const ms = modifiedAt === null ? null : instantMs(modifiedAt);
  return ms !== null && instantText(ms) === modifiedAt ? ms : modifiedAt;
}

// Merge sort that lets other work of the process run in between: sorting 100,000 names in one go blocks for 170 ms on a PC.

/** Items sorted or merged between two pauses: some 5 ms of work. */
const RUN_ITEMS = 2048;

/** A sorted copy. Stable. `pause` is awaited after at most RUN_ITEMS items of work. */
export async function sortYielding<T>(
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
