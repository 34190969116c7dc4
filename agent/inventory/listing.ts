// A listing as the station works with it, whatever a camera or a driver makes of it: bounded, no path twice, sizes and times that every
// document of ours can hold. Pure. What had to be changed is a problem, so that the listing does not pass for a complete one.
import { createHash } from 'node:crypto';
import type { Inventory, InventoryEntry } from '../../drivers/driver.ts';
import { inventoryLine } from '../../protocol/documents/docking-record.ts';
import { instantSchema } from '../../protocol/documents/document.ts';
import { INVENTORY_ENTRIES_MAX } from '../../protocol/format/limits.ts';
import { pathDigest } from './entry.ts';
import { forEachSlowly, type Pause } from '../../protocol/format/slowly.ts';

const modifiedSchema = instantSchema.nullable();

/** One entry with the SHA-256 of its path. */
export interface ListedEntry {
  readonly listed: InventoryEntry;
  readonly pathSha256: string;
}

/** A checked listing. */
export interface Listing {
  readonly entries: readonly ListedEntry[];
  /** Digests of their paths. */
  readonly paths: ReadonlySet<string>;
  /** Places of the camera that are not in it, and entries that had to be changed. */
  readonly problems: number;
  /** Sum of all sizes. */
  readonly bytes: number;
  /** Over one line an entry (SPEC 4.3). */
  readonly sha256: string;
}

/** `pause` is awaited now and then: 100,000 digests in one go would hold up everything else. Errors: those of `pause`. */
export async function checkListing(inventory: Inventory, pause: Pause): Promise<Listing> {
  const hash = createHash('sha256');
  const entries: ListedEntry[] = [];
  const paths = new Set<string>();
  let problems = inventory.problems.length;
  let bytes = 0;
  await forEachSlowly(inventory.entries.slice(0, INVENTORY_ENTRIES_MAX), pause, (entry) => {
    const pathSha256 = pathDigest(entry.path);
    const listed = wellFormed(entry);
    if (paths.has(pathSha256) || listed !== entry) problems++;
    if (paths.has(pathSha256)) return;
    paths.add(pathSha256);
    entries.push({ listed, pathSha256 });
    bytes = Math.min(bytes + listed.sizeBytes, Number.MAX_SAFE_INTEGER);
    hash.update(inventoryLine(pathSha256, listed.sizeBytes, listed.modifiedAt));
  });
  problems += Math.max(0, inventory.entries.length - INVENTORY_ENTRIES_MAX);
  return { entries, paths, problems, bytes, sha256: hash.digest('hex') };
}

/**
 * The same entry where nothing about it is odd. A size that is none is 0, and the stamp another one than the camera's: whatever would be read or
 * erased by it is not what was listed, as every driver says, so that no file counts as empty that is not.
 */
function wellFormed(entry: InventoryEntry): InventoryEntry {
  const isSize = Number.isSafeInteger(entry.sizeBytes) && entry.sizeBytes >= 0;
  const modifiedAt = modifiedSchema.safeParse(entry.modifiedAt).data ?? null;
  if (isSize && modifiedAt === entry.modifiedAt) return entry;
  const { path, kind, modifiedStepMs, locked, vendor } = entry; // by name: what a driver gives may make some of it when asked
  const sizeBytes = isSize ? entry.sizeBytes : 0;
  const stamp = isSize ? entry.stamp : `no size: ${entry.stamp}`;
  return { path, kind, sizeBytes, modifiedAt, modifiedStepMs, stamp, locked, vendor };
}
