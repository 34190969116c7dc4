// Looks into the custody log for why things were set aside. Reads line by line; what cannot be parsed says nothing and is left out.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { encodeUtf8 } from '../../protocol/bytes.ts';
import { parseCustodyEntry } from '../../protocol/custody-entry.ts';
import { nodeFiles } from '../../protocol/io/files-node.ts';
import { CUSTODY_ENTRY_BYTES_MAX } from '../../protocol/limits.ts';
import type { SpoolLayout } from '../spool/layout.ts';

/** What the log says of one name. */
export interface SetAside {
  readonly reason: string;
  /** RFC 3339, as the station's clock was then. */
  readonly at: string;
}

const EVENT = '"quarantined"';

/** The newest entry of each name. Errors: the system's where the folder cannot be listed, the signal's reason. */
export async function quarantineReasons(
  layout: SpoolLayout,
  signal: AbortSignal,
): Promise<Map<string, SetAside>> {
  const found = new Map<string, SetAside>();
  const segments = (await nodeFiles().list(layout.custody)).filter((name) => name.endsWith('.jsonl'));
  for (const segment of segments) {
    const stream = createReadStream(join(layout.custody, segment), { encoding: 'utf8', signal });
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity }))
      if (line.length <= CUSTODY_ENTRY_BYTES_MAX && line.includes(EVENT)) take(line, found);
  }
  return found;
}

function take(line: string, found: Map<string, SetAside>): void {
  try {
    const { event, at, facts } = parseCustodyEntry(encodeUtf8(line));
    if (event !== 'quarantined') return;
    const name = String(facts['name']);
    const known = found.get(name);
    if (known === undefined || known.at < at) found.set(name, { reason: String(facts['reason']), at });
  } catch {
    // a torn end, or a line that somebody altered: `bodydock spool verify` says so
  }
}
