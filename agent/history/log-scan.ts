// Finds the entries of custody logs that hold one of some texts. Says nothing of whether they are genuine: it is for finding out what to ask
// for, and reads millions of lines in seconds because it parses only those that hit.
import { join } from 'node:path';
import { bufferOf } from '../../protocol/bytes.ts';
import { parseCustodyEntry, type CustodyEntry } from '../../protocol/custody-entry.ts';
import { DockError } from '../../protocol/errors.ts';
import { SEGMENT_SUFFIX } from '../verify/custody-file.ts';
import { CustodyLines } from '../verify/custody-lines.ts';
import { diskError, listSorted, type ReadFiles } from '../verify/read-files.ts';

/** What reading needs. */
export interface ScanDeps {
  readonly files: ReadFiles;
  readonly signal: AbortSignal;
}

/** Entries of a folder of segments whose line holds one of the needles, in no order over segments. Errors: the signal's reason; the machine's. */
export async function* entriesWith(
  deps: ScanDeps,
  folder: string,
  needles: readonly string[],
): AsyncGenerator<CustodyEntry, void, undefined> {
  const names = (await listSorted(deps.files, folder).catch(() => undefined)) ?? [];
  for (const name of names.filter((each) => each.endsWith(SEGMENT_SUFFIX)))
    yield* scanSegment(deps, join(folder, name), needles);
}

async function* scanSegment(
  { files, signal }: ScanDeps,
  path: string,
  needles: readonly string[],
): AsyncGenerator<CustodyEntry, void, undefined> {
  try {
    const file = await files.open(path, 'read');
    try {
      for await (const { bytes, ended, oversize } of new CustodyLines(file, signal).read()) {
        if (!ended || oversize) continue;
        const line = bufferOf(bytes);
        const entry = needles.some((needle) => line.includes(needle)) ? parsed(bytes) : undefined;
        if (entry !== undefined) yield entry;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (signal.aborted) throw error;
    diskError(error); // that it cannot be read is told by the check of the whole log
  }
}

function parsed(line: Uint8Array): CustodyEntry | undefined {
  try {
    return parseCustodyEntry(line);
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}
