// Entries of a station's custody segments, one after the other, for counting. Whether chain and signatures hold is `bodydock verify`'s to say.
import { join } from 'node:path';
import { parseCustodyEntry, type CustodyEntry } from '../../protocol/custody-entry.ts';
import { isDockError } from '../../protocol/errors.ts';
import { SEGMENT_SUFFIX } from '../verify/custody-file.ts';
import { CustodyLines } from '../verify/custody-lines.ts';
import { listSorted } from '../verify/read-files.ts';
import type { SourceOptions } from './sources.ts';

/** Every entry that can be read, in no order over segments. Errors: the system's; the signal's reason. */
export async function* custodyEntries(
  { files, vault, signal }: SourceOptions,
  station: string,
): AsyncGenerator<CustodyEntry, void, undefined> {
  const folder = join(vault, station, 'custody');
  const names = (await listSorted(files, folder)) ?? [];
  for (const name of names.filter((each) => each.endsWith(SEGMENT_SUFFIX))) {
    const file = await files.open(join(folder, name), 'read');
    try {
      for await (const line of new CustodyLines(file, signal).read()) {
        const entry = line.ended && !line.oversize ? entryOf(line.bytes) : undefined;
        if (entry !== undefined) yield entry;
      }
    } finally {
      await file.close();
    }
  }
}

function entryOf(line: Uint8Array): CustodyEntry | undefined {
  try {
    return parseCustodyEntry(line);
  } catch (error) {
    if (isDockError(error, 'document.refused') || isDockError(error, 'canonical.refused')) return undefined;
    throw error;
  }
}
