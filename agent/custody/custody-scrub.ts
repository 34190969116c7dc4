// Looks through ended custody segments without hurry: do their signatures still hold, and which recordings does the log name.
import { bufferOf, parseUtf8 } from '../../protocol/bytes.ts';
import {
  CUSTODY_SEGMENT_TRUSTED_COMMENT,
  parseCustodyEntry,
  type CustodyEventName,
} from '../../protocol/custody-entry.ts';
import { describeError } from '../../protocol/errors.ts';
import type { RecordingId, SegmentId } from '../../protocol/ids.ts';
import { CUSTODY_BATCH_BYTES_MAX, SIGNATURE_FILE_BYTES_MAX } from '../../protocol/limits.ts';
import { verifyDocument, type PublicKey } from '../../protocol/minisign.ts';
import type { Files } from '../../protocol/ports.ts';
import type { ChainBreak } from '../../protocol/custody-order.ts';
import { linesIn, scanSegment } from '../../protocol/custody-scan.ts';
import { segmentPath, segmentSignaturePath, type CustodySegments } from './custody-segments.ts';

const SEGMENT_READ_BYTES_MAX = 16 * 1024 * 1024;

export interface ScrubDeps {
  readonly folder: string;
  readonly files: Files;
  readonly stationKeys: readonly PublicKey[];
}

/** Verifies ended segments one after the other until the signal is aborted; reports each that does not hold. Never rejects. */
export async function scrubSegments(
  deps: ScrubDeps,
  segments: readonly SegmentId[],
  signal: AbortSignal,
  onBreak: (found: ChainBreak) => void,
): Promise<void> {
  for (const segment of segments) {
    if (signal.aborted) return;
    const found = await scrubOne(deps, segment);
    if (found !== undefined && !signal.aborted) onBreak(found);
  }
}

async function scrubOne(
  { folder, files, stationKeys }: ScrubDeps,
  segment: SegmentId,
): Promise<ChainBreak | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await files.readAll(segmentPath(folder, segment), SEGMENT_READ_BYTES_MAX);
    const signature = await files.readAll(segmentSignaturePath(folder, segment), SIGNATURE_FILE_BYTES_MAX);
    verifyDocument(bytes, parseUtf8(signature) ?? '', CUSTODY_SEGMENT_TRUSTED_COMMENT, stationKeys);
    return undefined;
  } catch (error) {
    const scanned = bytes && scanSegment(segment, bytes, stationKeys);
    const reason = scanned?.rest === 'broken' ? scanned.reason : describeError(error);
    return { segment, sequence: scanned?.state.sequence ?? 0, reason };
  }
}

/** Of these recordings, those that no entry of that event names. Reads the newest segments first and stops when none is left. */
export async function missingEntries(
  segments: CustodySegments,
  event: CustodyEventName,
  recordings: Iterable<RecordingId>,
): Promise<RecordingId[]> {
  const missing = new Set<string>(recordings);
  for (const { segment } of segments.list().toReversed()) {
    for (let from = 1; missing.size > 0;) {
      const batch = await segments.read(segment, from, CUSTODY_BATCH_BYTES_MAX);
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
    const recording = parseCustodyEntry(line).facts['recording'];
    return typeof recording === 'string' ? recording : undefined;
  } catch {
    return undefined;
  }
}
