// Finds in the custody log what it says of one docking. Reads in batches; holds no more than one in memory.
import { bufferOf } from '../../protocol/bytes.ts';
import { parseCustodyEntry, type CustodyEntry } from '../../protocol/custody-entry.ts';
import { linesIn } from '../../protocol/custody-scan.ts';
import type { DockingId, SegmentId } from '../../protocol/ids.ts';
import { CUSTODY_BATCH_BYTES_MAX } from '../../protocol/limits.ts';
import type { CustodySource } from '../push/custody-push.ts';

/** Segments in a row, the newest first, that may say nothing of the docking before the search ends: 128 MiB of log. */
const SILENT_MAX = 64;

/** The log as far as it is read here. */
export type DockingLogSource = Pick<CustodySource, 'segments' | 'read'>;

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
  docking: DockingId,
): AsyncGenerator<Uint8Array> {
  for (let from = 1; ;) {
    const batch = await source.read(segment, from, CUSTODY_BATCH_BYTES_MAX);
    if (batch === undefined) return;
    if (bufferOf(batch.lines).includes(docking))
      for (const { line } of linesIn(batch.lines)) if (bufferOf(line).includes(docking)) yield line;
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
