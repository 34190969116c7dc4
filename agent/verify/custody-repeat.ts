// Tells a fork of the custody log from a write that failed: such a write may have reached the disk, and its events stand again at the
// beginning of the next segment. Reads both places; memory is one digest per event.
import { join } from 'node:path';
import { sha256Hex } from '../../protocol/bytes.ts';
import { encodeCanonical } from '../../protocol/canonical.ts';
import { parseCustodyEntry, type CustodyEntry } from '../../protocol/custody-entry.ts';
import { SEGMENT_SUFFIX, type SegmentContext } from './custody-file.ts';
import { CustodyLines } from './custody-lines.ts';

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
    if (entry.sequence <= sequence || isOwn(entry)) continue;
    if (behind.push(contentOf(entry)) > ENTRIES_MAX) return false;
  }
  const again = new Set<string>();
  for await (const entry of entriesOf(context, follower)) {
    if (again.size > ENTRIES_MAX) break;
    if (!isOwn(entry)) again.add(contentOf(entry));
  }
  return behind.every((content) => again.has(content));
}

/** Entries that a segment makes for itself. */
function isOwn({ event }: CustodyEntry): boolean {
  return event === 'checkpoint' || event === 'segment-opened';
}

function contentOf({ at, boot, monotonic_ms: monotonicMs, event, facts }: CustodyEntry): string {
  return sha256Hex(encodeCanonical({ at, boot, monotonic_ms: monotonicMs, event, facts }));
}

async function* entriesOf(
  { files, folder, signal }: SegmentContext,
  segment: string,
): AsyncGenerator<CustodyEntry, void, undefined> {
  const file = await files.open(join(folder, segment + SEGMENT_SUFFIX), 'read');
  try {
    for await (const { bytes, ended } of new CustodyLines(file, signal).read())
      if (ended) yield parseCustodyEntry(bytes);
  } finally {
    await file.close();
  }
}
