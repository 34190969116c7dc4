// What the custody log tells of one docking, line by line. Reads in batches; holds no more than one in memory.
import { bufferOf } from '../../protocol/format/bytes.ts';
import type { CustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { linesIn } from '../../protocol/custody/custody-scan.ts';
import type { DockingId } from '../../protocol/format/ids.ts';
import { CUSTODY_BATCH_BYTES_MAX } from '../../protocol/format/limits.ts';
import type { CustodyLog } from './custody-log.ts';
import { entryIn } from './log-fold.ts';

/** The log as far as it is read here: what lies behind a break tells what happened, too. */
export type ToldSource = Pick<
  CustodyLog,
  'segments' | 'readUnproven' | 'ledger' | 'isWhole' | 'isWholeSince'
>;

/** What a line tells. */
export type ToldEntry = Pick<CustodyEntry, 'event' | 'facts' | 'at'>;

/**
 * Visits every entry that names a docking without a record, from its `docked` entry on; none where the ledger knows none. Lines that do not parse say
 * nothing. Errors: the system's.
 */
export async function visitDocking(
  source: ToldSource,
  docking: DockingId,
  visit: (told: ToldEntry) => void,
): Promise<void> {
  const open = source.ledger.dockings.get(docking);
  if (open === undefined) return;
  const segments = source.segments();
  const first = segments.findIndex(({ segment }) => segment === open.segment);
  for (const { segment } of segments.slice(Math.max(first, 0)))
    for (let from = segment === open.segment ? open.sequence : 1; ;) {
      const batch = await source.readUnproven(segment, from, CUSTODY_BATCH_BYTES_MAX);
      if (batch === undefined) break;
      for (const { line } of linesIn(batch.lines)) {
        const told = bufferOf(line).includes(docking) ? entryIn(line) : undefined;
        if (told !== undefined) visit(told);
      }
      from = batch.to + 1;
    }
}
