// Finds the entries of custody logs that hold one of some texts. Says nothing of whether they are genuine: it is for finding out what to ask for.
import { join } from 'node:path';
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { segmentEntries } from '../../../protocol/custody/segment-file.ts';
import { SEGMENT_SUFFIX } from '../../../protocol/format/file-names.ts';
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
    try {
      yield* segmentEntries(deps, join(folder, name), needles);
    } catch (error) {
      deps.signal.throwIfAborted();
      diskError(error); // that it cannot be read is told by the check of the whole log
    }
}
