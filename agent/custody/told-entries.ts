// What the custody log tells, line by line, for whoever looks for something in all of it. Reads in batches; holds no more than one in memory.
import { bufferOf } from '../../protocol/format/bytes.ts';
import { parseCustodyEntry, type CustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { linesIn } from '../../protocol/custody/custody-scan.ts';
import type { SegmentId } from '../../protocol/format/ids.ts';
import { CUSTODY_BATCH_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { CustodyLog } from './custody-log.ts';

/** Segments in a row, the newest first, that may say nothing of what is looked for before a search ends: 128 MiB of log. */
export const SILENT_MAX = 64;

/** The log as far as it is read here: what lies behind a break tells what happened, too. */
export type ToldSource = Pick<CustodyLog, 'segments' | 'apart' | 'readUnproven'>;

/** What a line tells. */
export type ToldEntry = Pick<CustodyEntry, 'event' | 'facts' | 'at'>;

/** Lines of a segment that contain that text, in their order. Errors: the system's. */
export async function* linesNaming(
  source: ToldSource,
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

/** The entry of a line; undefined where it does not parse. */
export function entryIn(line: Uint8Array): ToldEntry | undefined {
  try {
    return parseCustodyEntry(line);
  } catch {
    return undefined;
  }
}
