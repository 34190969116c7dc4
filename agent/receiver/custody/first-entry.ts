// How a segment of a custody log begins, read without the rest of it.
import { parseCustodyEntry, type CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { CUSTODY_ENTRY_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Files } from '../../../protocol/format/ports.ts';

const LF = 0x0a;

/** Entry 1; undefined where the file does not begin with an entry, or is gone. Errors: the system's. */
export async function readFirstEntry(files: Files, path: string): Promise<CustodyEntry | undefined> {
  try {
    const file = await files.open(path, 'read');
    try {
      const bytes = new Uint8Array(CUSTODY_ENTRY_BYTES_MAX + 1);
      const read = bytes.subarray(0, await file.read(bytes, 0));
      return parseCustodyEntry(read.subarray(0, Math.max(0, read.indexOf(LF))));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof DockError || systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
