// Searches the custody log for the entries of some recordings, the newest segments first: what a cut kept out of the log is made up for.
import { bufferOf } from '../../protocol/bytes.ts';
import { parseCustodyEntry, type CustodyEventName } from '../../protocol/custody-entry.ts';
import { linesIn } from '../../protocol/custody-scan.ts';
import { isMachineShort, systemCode } from '../../protocol/errors.ts';
import type { RecordingId, SegmentId } from '../../protocol/ids.ts';
import { lookPatiently } from '../look-patiently.ts';
import type { ReadableSegment } from './custody-segments.ts';
import { newPiece, type CustodyLines, type SegmentReader } from './segment-reader.ts';

/** Gives lines of a segment from an entry on, good until the next ones; undefined where there is nothing. For one search. Errors: the system's. */
export type ReadLines = (known: ReadableSegment, from: number) => Promise<CustodyLines | undefined>;

/** Reads what is there, or fails: for entries whose second one would say something else than the first, by its place in the log. */
export function allShown(reader: SegmentReader): ReadLines {
  const piece = newPiece();
  return (known, from) => reader.readInto(piece, known, from);
}

/**
 * Reads over a segment that the disk does not show at three looks, as if it ended there: it may never be shown again, and whoever waited for
 * it would keep cameras from being cleared. For entries that may stand there twice. Errors: the system's where the machine is short of something.
 */
export function shownAlone(
  reader: SegmentReader,
  onNotShown: (segment: SegmentId, error: unknown) => void,
): ReadLines {
  const piece = newPiece();
  return async (known, from) => {
    try {
      return await lookPatiently(() => reader.readInto(piece, known, from));
    } catch (error) {
      if (systemCode(error) === undefined || isMachineShort(error)) throw error;
      onNotShown(known.segment, error);
      return undefined;
    }
  };
}

/** Of these recordings, those that no entry of that event names. Stops when none is left. Errors: those of `read`. */
export async function missingEntries(
  segments: readonly ReadableSegment[],
  read: ReadLines,
  event: CustodyEventName,
  recordings: Iterable<RecordingId>,
): Promise<RecordingId[]> {
  const missing = new Set<string>(recordings);
  for (const known of segments.toReversed()) {
    for (let from = 1; missing.size > 0;) {
      const batch = await read(known, from);
      if (batch === undefined) break;
      for (const named of recordingsIn(batch.lines, event)) missing.delete(named);
      from = batch.to + 1;
    }
  }
  return [...missing] as RecordingId[];
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
