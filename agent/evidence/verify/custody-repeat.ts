// Tells a fork of the custody log from a write that failed: such a write may have reached the disk, and its events stand again at the
// beginning of the next segment. Reads both places; memory is one digest per event.
import { join } from 'node:path';
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { toldDigest } from '../../../protocol/custody/custody-repeat.ts';
import { segmentEntries } from '../../../protocol/custody/segment-file.ts';
import { SEGMENT_SUFFIX } from '../../../protocol/format/file-names.ts';
import { type SegmentContext } from './custody-file.ts';

/** Entries of one write, far more than a station puts into one. */
const ENTRIES_MAX = 4096;

/**
 * True where every event of `segment` behind entry `sequence` stands again in `follower`. Both were read before without a fault.
 * Errors: the system's; the signal's reason.
 */
export async function isRepeated(
  context: SegmentContext,
  segment: string,
  sequence: number,
  follower: string,
): Promise<boolean> {
  const behind: string[] = [];
  for await (const entry of entriesOf(context, segment)) {
    const told = toldDigest(entry);
    if (entry.sequence <= sequence || told === undefined) continue;
    if (behind.push(told) > ENTRIES_MAX) return false;
  }
  const again = new Set<string>();
  for await (const entry of entriesOf(context, follower)) {
    if (again.size > ENTRIES_MAX) break;
    const told = toldDigest(entry);
    if (told !== undefined) again.add(told);
  }
  return behind.every((told) => again.has(told));
}

function entriesOf(context: SegmentContext, segment: string): AsyncIterable<CustodyEntry> {
  return segmentEntries(context, join(context.folder, segment + SEGMENT_SUFFIX));
}
