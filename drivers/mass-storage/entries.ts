// From a system's stat to an inventory entry and its stamp.
import { instantText, isInstantMs } from '../../protocol/format/instants.ts';
import { CompactEntry } from '../large-listing.ts';
import type { InventoryEntry } from '../driver.ts';
import type { EntryStat } from './folder-files.ts';

/** FAT counts in steps of 2 s, and a folder does not tell on which file system its files were first written. */
const MODIFIED_STEP_MS = 2000;

/** A folder says nothing else of its files; one value for all of them. */
const NOTHING_ELSE: InventoryEntry['vendor'] = {};

/**
 * Opaque text that stays as long as nothing tells of a change of content. Holds within one session only: numbers change between mounts.
 * Size and full time of change always; where the file system keeps them, inode number and change time too: these see a file that
 * was replaced, or rewritten and then given its old time back. Without them, on FAT, time counts in steps of 2 s.
 */
export function stampOf(stat: EntryStat, keepsNumbers: boolean): string {
  const { sizeBytes, modifiedNs, changedNs, device, number } = stat;
  // Joined: put together step by step, a text would keep each of its parts in memory.
  return (keepsNumbers ? [sizeBytes, modifiedNs, changedNs, device, number] : [sizeBytes, modifiedNs]).join(
    '.',
  );
}

/** Whether the file is as it was listed. The size is in the stamp; by itself it counts too: by what was listed nothing else may be read or erased. */
export function isAsListed(stat: EntryStat, entry: InventoryEntry, keepsNumbers: boolean): boolean {
  return stampOf(stat, keepsNumbers) === entry.stamp && Number(stat.sizeBytes) === entry.sizeBytes;
}

/** The entry of what lies at the path; a folder has none. */
export function entryOf(path: Uint8Array, stat: EntryStat, keepsNumbers: boolean): InventoryEntry {
  const isFile = stat.kind === 'file';
  return new CompactEntry({
    path,
    kind: isFile ? 'file' : 'not-a-file',
    sizeBytes: isFile ? Number(stat.sizeBytes) : 0,
    modifiedAt: instantOf(stat.modifiedNs),
    modifiedStepMs: MODIFIED_STEP_MS,
    stamp: stampOf(stat, keepsNumbers),
    locked: isFile && !stat.writable,
    vendor: NOTHING_ELSE,
  });
}

/** RFC 3339 in UTC with milliseconds, or null for a year that it cannot say. */
function instantOf(ns: bigint): string | null {
  const ms = Number(ns / 1_000_000n);
  return isInstantMs(ms) ? instantText(ms) : null;
}
