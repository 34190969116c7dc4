// Entries of custody logs, one after the other, for whoever counts or looks something up. Whether chain and signatures hold is not said here.
import { parseCustodyEntry, type CustodyEntry } from '../../protocol/custody-entry.ts';
import { isDockError } from '../../protocol/errors.ts';
import { CustodyLines } from './custody-lines.ts';
import type { ReadFiles } from './read-files.ts';

/** What reading needs. */
export interface EntriesDeps {
  readonly files: ReadFiles;
  readonly signal: AbortSignal;
}

/** Every entry of one segment that can be read, in its order. Errors: the system's; the signal's reason. */
export async function* segmentEntries(
  { files, signal }: EntriesDeps,
  path: string,
): AsyncGenerator<CustodyEntry, void, undefined> {
  const file = await files.open(path, 'read');
  try {
    for await (const line of new CustodyLines(file, signal).read()) {
      const entry = line.ended && !line.oversize ? entryOf(line.bytes) : undefined;
      if (entry !== undefined) yield entry;
    }
  } finally {
    await file.close();
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
