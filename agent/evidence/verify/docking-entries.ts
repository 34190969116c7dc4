// Reads the entries of a docking record a second time, once all recordings are known: do they give the inventory's digest, and is each
// recording what its entry says? Memory: one part at a time.
import { createHash } from 'node:crypto';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  inventoryLine,
  type DockingEntry,
  type DockingRecord,
} from '../../../protocol/documents/docking-record.ts';
import { INVENTORY_ENTRIES_MAX } from '../../../protocol/format/limits.ts';
import type { DockingGroup, ProvenPart } from './docking-groups.ts';
import { finding, type Remark } from './remark.ts';

/** What looking at entries needs. */
export interface EntriesContext {
  /** A part's document again; undefined where it is gone, or is not the one that was verified. */
  readonly read: (part: ProvenPart) => Promise<DockingRecord | undefined>;
  /** Called for each entry, in order, with the part that lists it. */
  readonly visit: (entry: DockingEntry, part: ProvenPart) => void;
}

/** What all parts together list. */
class Listed {
  readonly #hash = createHash('sha256');
  entries = 0;
  later = 0;
  bytes = 0;

  take(entry: DockingEntry): void {
    if (entry.later) {
      this.later++;
      return;
    }
    this.entries++;
    this.bytes += entry.size_bytes;
    this.#hash.update(inventoryLine(entry.path_sha256, entry.size_bytes, entry.modified_at));
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** Visits all entries of the parts that are here; where the record is whole, compares them with its inventory. */
export async function checkEntries(group: DockingGroup, { read, visit }: EntriesContext): Promise<Remark[]> {
  const listed = new Listed();
  let whole = group.whole;
  for (const part of group.parts) {
    const record = await read(part);
    whole &&= record !== undefined;
    for (const entry of record?.entries ?? []) {
      listed.take(entry);
      visit(entry, part);
    }
  }
  return whole ? compareInventory(group, listed) : [];
}

/** The digest of bytes that were verified before. */
export function isSame(bytes: Uint8Array, { sha256 }: ProvenPart): boolean {
  return sha256Hex(bytes) === sha256;
}

/** True where the record had no place for all later entries, so that it does not list what was sealed from them. */
export function isCrowded({ first }: DockingGroup): boolean {
  return first.proven.later > INVENTORY_ENTRIES_MAX;
}

function compareInventory(group: DockingGroup, listed: Listed): Remark[] {
  const { first, docking } = group;
  const { inventory } = first.proven;
  const later = isCrowded(group) ? listed.later : first.proven.later;
  const expected: Readonly<Record<string, string | number>> = {
    ...(inventory && { entries: inventory.entries, bytes: inventory.bytes, sha256: inventory.sha256 }),
    later,
  };
  const found: Readonly<Record<string, string | number>> = {
    entries: listed.entries,
    bytes: listed.bytes,
    sha256: listed.digest(),
    later: listed.later,
  };
  const wrong = Object.keys(expected).filter((field) => expected[field] !== found[field]);
  if (wrong.length === 0) return [];
  const words = wrong.map(
    (field) => `${field}: expected ${expected[field]}, the entries give ${found[field]}`,
  );
  const message = `docking record: inventory of docking ${docking}: ${words.join('; ')}`;
  return [finding('docking.inventory-differs', first.where, message, { docking })];
}
