// An entry of a docking for tests in which most of it does not matter: a still recording, by what is said of it.
import { TrackedEntry, type EntryFate, type SeenEntry } from '../../agent/inventory/entry.ts';
import type { InventoryEntry } from '../../drivers/driver.ts';
import { encodeUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import { oldLooks } from './old-looks.ts';

/** A file as a listing shows it. */
export function listedFile(path: string | Uint8Array, more: Partial<InventoryEntry> = {}): InventoryEntry {
  return {
    path: typeof path === 'string' ? encodeUtf8(path) : path,
    kind: 'file',
    sizeBytes: 5,
    modifiedAt: null,
    modifiedStepMs: 2000,
    stamp: '1',
    locked: false,
    vendor: {},
    ...more,
  };
}

/** Its entry. */
export function trackedEntry(
  listed: InventoryEntry,
  fate: EntryFate = { kind: 'pending' },
  more: Partial<SeenEntry> = {},
): TrackedEntry {
  const seen: SeenEntry = {
    pathSha256: sha256Hex(listed.path),
    listed,
    role: { role: 'media', rejected: null, sidecars: [], sidecarOf: null },
    shownAtMs: 0,
    looks: oldLooks(),
    ...more,
  };
  return new TrackedEntry(seen, fate);
}
