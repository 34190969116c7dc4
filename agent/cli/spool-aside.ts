// Looks into the custody log for why things were set aside. Reads line by line, never a longer line than an entry may be; what cannot be read
// says nothing and is left out.
import { join } from 'node:path';
import type { CustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import type { SpoolLayout } from '../spool/layout.ts';
import { eventNeedle, segmentEntries } from '../../protocol/custody/segment-file.ts';
import { SEGMENT_SUFFIX } from '../../protocol/format/file-names.ts';
import { diskError } from '../evidence/verify/read-files.ts';

/** What the log says of one name. */
export interface SetAside {
  readonly reason: string;
  /** RFC 3339, as the station's clock was then. */
  readonly at: string;
}

/** The newest entry of each name. Errors: the system's where the folder cannot be listed, those of the machine, the signal's reason. */
export async function quarantineReasons(
  layout: SpoolLayout,
  signal: AbortSignal,
): Promise<Map<string, SetAside>> {
  const found = new Map<string, SetAside>();
  const files = nodeFiles();
  const segments = (await files.list(layout.custody)).filter((name) => name.endsWith(SEGMENT_SUFFIX));
  for (const segment of segments)
    try {
      for await (const entry of segmentEntries({ files, signal }, join(layout.custody, segment), [
        eventNeedle('quarantined'),
      ]))
        take(entry, found);
    } catch (error) {
      signal.throwIfAborted();
      diskError(error); // a damaged one, or one that the agent has let go: what is set aside is told all the same
    }
  return found;
}

function take({ event, at, facts }: CustodyEntry, found: Map<string, SetAside>): void {
  if (event !== 'quarantined') return;
  const name = String(facts['name']);
  const known = found.get(name);
  if (known === undefined || known.at < at) found.set(name, { reason: String(facts['reason']), at });
}
