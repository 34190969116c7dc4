// Finds in the custody log what it says of one docking, and dockings of which it says no end. Reads in batches; holds no more than one in
// memory.
import { bufferOf } from '../../protocol/bytes.ts';
import { parseCustodyEntry, type CustodyEntry } from '../../protocol/custody-entry.ts';
import { linesIn } from '../../protocol/custody-scan.ts';
import { isDockingId, type DockingId, type SegmentId } from '../../protocol/ids.ts';
import { CUSTODY_BATCH_BYTES_MAX } from '../../protocol/limits.ts';
import type { CustodyLog } from '../custody/custody-log.ts';

/** Segments in a row, the newest first, that may say nothing of the docking before the search ends: 128 MiB of log. */
const SILENT_MAX = 64;

/**
 * Newest segments in which a docking may have begun that has no record: 8 MiB of log. One that is cut off while no journal of it can be
 * written began a short time before.
 */
const UNRECORDED_SEGMENTS = 4;

/** The log as far as it is read here: what lies behind a break says whether there is a record already. */
export type DockingLogSource = Pick<CustodyLog, 'segments' | 'readUnproven'>;

/**
 * Visits every entry that names the docking, in the order of the log, from its `docked` entry on as far as that is still there. Entries
 * that do not parse say nothing. Errors: the system's.
 */
export async function visitDocking(
  source: DockingLogSource,
  docking: DockingId,
  visit: (entry: CustodyEntry) => void,
): Promise<void> {
  for (const segment of await segmentsOf(source, docking))
    for await (const line of linesNaming(source, segment, docking)) visitLine(line, visit);
}

/** A docking of which the log says that it began, and nowhere that it was recorded. */
export interface UnrecordedDocking {
  readonly docking: DockingId;
  readonly dockedAt: string;
}

/** Those that began in the newest UNRECORDED_SEGMENTS segments, the oldest first. Errors: the system's. */
export async function unrecordedDockings(source: DockingLogSource): Promise<UnrecordedDocking[]> {
  const open = new Map<string, UnrecordedDocking>();
  for (const { segment } of source.segments().slice(-UNRECORDED_SEGMENTS))
    for await (const line of linesNaming(source, segment, '"event":"dock'))
      visitLine(line, ({ event, facts: { docking }, at }) => {
        if (typeof docking !== 'string' || !isDockingId(docking)) return;
        if (event === 'docked') open.set(docking, { docking, dockedAt: at });
        else if (event === 'docking-recorded') open.delete(docking);
      });
  return [...open.values()];
}

/** Segments that may say something of it, the oldest first: searched from the newest back to its `docked` entry. */
async function segmentsOf(source: DockingLogSource, docking: DockingId): Promise<SegmentId[]> {
  const found: SegmentId[] = [];
  let silent = 0;
  for (const { segment } of source.segments().toReversed()) {
    let names = false;
    let begins = false;
    for await (const line of linesNaming(source, segment, docking)) {
      names = true;
      begins ||= bufferOf(line).includes('"event":"docked"');
    }
    if (names) found.push(segment);
    silent = names ? 0 : silent + 1;
    if (begins || silent >= SILENT_MAX) break;
  }
  return found.toReversed();
}

async function* linesNaming(
  source: DockingLogSource,
  segment: SegmentId,
  text: string,
): AsyncGenerator<Uint8Array> {
  for (let from = 1; ;) {
    const batch = await source.readUnproven(segment, from, CUSTODY_BATCH_BYTES_MAX);
    if (batch === undefined) return;
    if (bufferOf(batch.lines).includes(text))
      for (const { line } of linesIn(batch.lines)) if (bufferOf(line).includes(text)) yield line;
    from = batch.to + 1;
  }
}

function visitLine(line: Uint8Array, visit: (entry: CustodyEntry) => void): void {
  let entry: CustodyEntry;
  try {
    entry = parseCustodyEntry(line);
  } catch {
    return;
  }
  visit(entry);
}
