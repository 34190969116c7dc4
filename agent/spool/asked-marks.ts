// Reads what the marks of `asked/` say (asked-again.ts makes them): which receipts the store took back of what has no other one. Changes nothing.
import { join } from 'node:path';
import { listIfThere, readIfThere } from '../../protocol/format/durable.ts';
import { isMachineShort, systemCode } from '../../protocol/format/errors.ts';
import { isRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { inParallel } from '../platform/in-parallel.ts';
import type { SpoolLayout } from './layout.ts';
import { parseRefused, REFUSED_BYTES_MAX, type RefusedReceipt } from './refused-receipts.ts';

/** Marks read at one time: this goes on beside everything else. */
const AT_ONCE = 4;

/** The receipts of each mark, the one that was taken back last at the end. One that cannot be read says nothing. Errors: the machine's; the system's where the folder cannot be listed. */
export async function readAskedMarks(
  files: Pick<Files, 'list' | 'readAll'>,
  { asked }: Pick<SpoolLayout, 'asked'>,
): Promise<Map<RecordingId, readonly RefusedReceipt[]>> {
  const marks = new Map<RecordingId, readonly RefusedReceipt[]>();
  const names = (await listIfThere(files, asked)).filter(isRecordingId).sort();
  await inParallel(names, AT_ONCE, async (recording) => {
    const refused = await readMark(files, join(asked, recording));
    if (refused !== undefined) marks.set(recording, refused);
  });
  return marks;
}

/** What one mark says; undefined where there is none that can be read. Errors: the machine's. */
export async function readMark(
  files: Pick<Files, 'readAll'>,
  path: string,
): Promise<RefusedReceipt[] | undefined> {
  try {
    const bytes = await readIfThere(files, path, REFUSED_BYTES_MAX);
    return bytes && parseRefused(bytes);
  } catch (error) {
    if (isMachineShort(error) || systemCode(error) === undefined) throw error;
    return undefined;
  }
}
