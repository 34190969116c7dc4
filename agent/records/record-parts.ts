// Cuts a docking into the parts of its record (SPEC 4.6). Pure.
import { encodeDockingRecord, type NewDockingRecord } from '../../protocol/documents/docking-record.ts';
import { makeDockingId, type DockingId } from '../../protocol/format/ids.ts';
import { DOCKING_ENTRIES_PER_PART } from '../../protocol/format/limits.ts';
import type { Random } from '../../protocol/format/ports.ts';
import type { EndedDocking } from './ended-docking.ts';

/** How many parts a docking's record has. A docking without entries has one. */
export function partCount(ended: EndedDocking): number {
  return Math.max(1, Math.ceil(ended.entries.length / DOCKING_ENTRIES_PER_PART));
}

/** The record's id of a part: the docking's own for part 1, another one, drawn now, for each further part. */
export function recordIdOf(ended: EndedDocking, part: number, random: Random): DockingId {
  return part === 1 ? ended.docking : makeDockingId(random);
}

/**
 * Canonical bytes of one part. `previous` is the digest of the part before, for part 1 that of the camera's record before, or null.
 * Errors: "document.refused" (broken code of ours).
 */
export function encodePart(
  ended: EndedDocking,
  part: number,
  record: DockingId,
  previous: string | null,
): Uint8Array {
  const { entries, ...same } = ended;
  const from = (part - 1) * DOCKING_ENTRIES_PER_PART;
  const document: NewDockingRecord = {
    type: 'docking-record',
    version: 2,
    ...same,
    record,
    part,
    parts: partCount(ended),
    entries: entries.slice(from, from + DOCKING_ENTRIES_PER_PART),
    previous_docking_sha256: previous,
  };
  return encodeDockingRecord(document);
}
