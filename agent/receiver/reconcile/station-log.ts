// Reads all of a station's custody log in the vault for what became of things, a line a time and a turn of the loop every some lines. A line
// that is damaged says nothing here: whether the log holds is `verify`'s business.
import { join } from 'node:path';
import { bufferOf } from '../../../protocol/format/bytes.ts';
import {
  parseCustodyEntry,
  type CustodyEntry,
  type CustodyEventName,
} from '../../../protocol/custody/custody-entry.ts';
import { linesIn } from '../../../protocol/custody/custody-scan.ts';
import { listIfThere } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { isSegmentId, type SegmentId } from '../../../protocol/format/ids.ts';
import { LoopTurns } from '../../platform/loop-turns.ts';
import { CUSTODY_ENTRY_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { FATE_EVENTS } from './log-fates.ts';
import { SEGMENT_SUFFIX } from '../../../protocol/format/file-names.ts';

const PIECE_BYTES = 256 * 1024;
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
    onSegment(segment, await readSegment(reading, join(folder, name), visit));
  }
}

function needlesOf(events: readonly CustodyEventName[]): Buffer[] {
  return events.map((event) => Buffer.from(`"event":"${event}"`));
}
const FATES = needlesOf(FATE_EVENTS);

/** Entries of FATE_EVENTS among whole lines. */
export function* fatesIn(lines: Uint8Array): Generator<CustodyEntry> {
  for (const { line } of linesIn(lines)) {
    const entry = eventIn(line, FATES);
    if (entry !== undefined) yield entry;
  }
}

/** Gives the number of lines. One that was dropped meanwhile has none. */
async function readSegment(
  { files, signal, events }: LogReading,
  path: string,
  visit: (entry: CustodyEntry) => void,
): Promise<number> {
  const needles = events === undefined ? FATES : needlesOf(events);
  const turns = new LoopTurns();
  let count = 0;
  for await (const line of linesOf(files, path)) {
    const entry = eventIn(line, needles);
    if (entry !== undefined) visit(entry);
    if (++count % LINES_PER_TURN === 0) {
      signal.throwIfAborted();
      await turns.next();
    }
  }
  return count;
}

function eventIn(line: Uint8Array, needles: readonly Buffer[]): CustodyEntry | undefined {
  const text = bufferOf(line);
  if (!needles.some((needle) => text.includes(needle))) return undefined;
  try {
    return parseCustodyEntry(line);
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

async function* linesOf(files: Files, path: string): AsyncGenerator<Uint8Array> {
  let file: Awaited<ReturnType<Files['open']>>;
  try {
    file = await files.open(path, 'read');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  try {
    const piece = new Uint8Array(PIECE_BYTES);
    let held = 0;
    for (let at = 0; ;) {
      const read = await file.read(piece.subarray(held), at);
      if (read === 0) return;
      at += read;
      const filled = piece.subarray(0, held + read);
      let end = 0;
      for (const line of linesIn(filled)) {
        yield line.line;
        end = line.end;
      }
      held = filled.length - end;
      if (held > CUSTODY_ENTRY_BYTES_MAX) return; // no line of ours is that long
      piece.copyWithin(0, end, filled.length);
    }
  } finally {
    await file.close();
  }
}
