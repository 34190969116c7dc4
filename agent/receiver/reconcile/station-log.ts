// Reads all of a station's custody log in the vault for what became of things, a line a time and a turn of the loop every some lines. A line
// that is damaged says nothing here: whether the log holds is `verify`'s business.
import { join } from 'node:path';
import type { CustodyEntry, CustodyEventName } from '../../../protocol/custody/custody-entry.ts';
import { entryHolding, eventNeedle, segmentLines } from '../../../protocol/custody/segment-file.ts';
import { listIfThere } from '../../../protocol/format/durable.ts';
import { systemCode } from '../../../protocol/format/errors.ts';
import { isSegmentId, type SegmentId } from '../../../protocol/format/ids.ts';
import { LoopTurns } from '../../platform/loop-turns.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { FATE_EVENTS } from './log-fates.ts';
import { SEGMENT_SUFFIX } from '../../../protocol/format/file-names.ts';

/** Some 2 ms of work on a slow machine: most lines are only searched. */
const LINES_PER_TURN = 64;

export interface LogReading {
  readonly files: Files;
  readonly signal: AbortSignal;
  /** FATE_EVENTS where it is left out. */
  readonly events?: readonly CustodyEventName[];
}

/**
 * Calls with each entry of those events, segment after segment in no order, inside a segment the oldest first; and behind each segment
 * with the number of its lines. Errors: the system's; the signal's reason.
 */
export async function readStationLog(
  reading: LogReading,
  folder: string,
  visit: (entry: CustodyEntry) => void,
  onSegment: (segment: SegmentId, entries: number) => void = () => undefined,
): Promise<void> {
  for (const name of await listIfThere(reading.files, folder)) {
    const segment = name.endsWith(SEGMENT_SUFFIX) ? name.slice(0, -SEGMENT_SUFFIX.length) : '';
    if (!isSegmentId(segment)) continue;
    onSegment(segment, await readStationSegment(reading, join(folder, name), visit));
  }
}

const FATES = FATE_EVENTS.map(eventNeedle);

/** Gives the number of lines. One that was dropped meanwhile has none. */
async function readStationSegment(
  { files, signal, events }: LogReading,
  path: string,
  visit: (entry: CustodyEntry) => void,
): Promise<number> {
  const needles = events === undefined ? FATES : events.map(eventNeedle);
  const turns = new LoopTurns();
  let count = 0;
  try {
    for await (const { bytes, ended } of segmentLines({ files, signal }, path)) {
      const entry = ended ? entryHolding(bytes, needles) : undefined;
      if (entry !== undefined) visit(entry);
      if (ended && ++count % LINES_PER_TURN === 0) await turns.next();
    }
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  return count;
}
