// Searches the custody log for the entries of some recordings, the newest segments first: what a cut kept out of the log is made up for.
import { bufferOf } from '../../protocol/bytes.ts';
import { parseCustodyEntry, type CustodyEventName } from '../../protocol/custody-entry.ts';
import { linesIn } from '../../protocol/custody-scan.ts';
import type { RecordingId } from '../../protocol/ids.ts';
import { CUSTODY_BATCH_BYTES_MAX } from '../../protocol/limits.ts';
import type { KnownSegment } from './custody-segments.ts';
import { isNotShown, type CustodyLines, type SegmentReader } from './segment-reader.ts';

/**
 * Of these recordings, those that no entry of that event names. Stops when none is left. A segment that the disk does not show names none: an
 * entry that stands there twice says nothing wrong, and to wait for a segment that may never be shown again would keep cameras from being
 * cleared. Errors: the system's where the machine is short of something.
 */
export async function missingEntries(
  segments: readonly Readonly<KnownSegment>[],
  reader: SegmentReader,
  event: CustodyEventName,
  recordings: Iterable<RecordingId>,
): Promise<RecordingId[]> {
  const missing = new Set<string>(recordings);
  for (const known of segments.toReversed()) {
    for (let from = 1; missing.size > 0;) {
      const batch = await shown(reader, known, from);
      if (batch === undefined) break;
      for (const named of recordingsIn(batch.lines, event)) missing.delete(named);
      from = batch.to + 1;
    }
  }
  return [...missing] as RecordingId[];
}

async function shown(
  reader: SegmentReader,
  known: Readonly<KnownSegment>,
  from: number,
): Promise<CustodyLines | undefined> {
  try {
    return await reader.search(known, from, CUSTODY_BATCH_BYTES_MAX);
  } catch (error) {
    if (isNotShown(error)) return undefined;
    throw error;
  }
}

/** The text is searched before anything is parsed: most lines are of other events. A damaged line names nothing. */
function* recordingsIn(lines: Uint8Array, event: CustodyEventName): Generator<string> {
  for (const { line } of linesIn(lines)) {
    if (!bufferOf(line).includes(`"event":"${event}"`)) continue;
    const recording = recordingOf(line);
    if (recording !== undefined) yield recording;
  }
}

function recordingOf(line: Uint8Array): string | undefined {
  try {
    const { facts } = parseCustodyEntry(line);
    const recording = facts['recording'] ?? facts['record'];
    return typeof recording === 'string' ? recording : undefined;
  } catch {
    return undefined;
  }
}
