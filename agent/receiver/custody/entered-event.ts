// Whether an event stands in the store's log. Looks from the newest segment backwards and reads one at a time.
import { bufferOf } from '../../../protocol/format/bytes.ts';
import { parseCustodyEntry, type CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { segmentPath } from './custody-file.ts';
import { SEGMENT_READ_BYTES_MAX } from './segment-files.ts';
import { orderedSegments } from './segment-order.ts';

const LF = 0x0a;

/**
 * Shape: `folder` is that of the store's log; `needle` is the text of one of the facts, found in few other entries. An entry with more
 * facts than those given counts. Errors: "store-log.oversize"; the system's.
 */
export async function isEntered(
  files: Files,
  folder: string,
  event: CustodyEvent,
  needle: string,
): Promise<boolean> {
  if ((await files.stat(folder))?.kind !== 'folder') return false;
  for (const { segment } of (await orderedSegments(files, folder)).toReversed()) {
    const bytes = await files.readAll(segmentPath(folder, segment), SEGMENT_READ_BYTES_MAX);
    if (holds(bufferOf(bytes), event, needle)) return true;
  }
  return false;
}

/** Looks for the needle first: to parse all entries of a segment would hold the thread. */
function holds(segment: Buffer, event: CustodyEvent, needle: string): boolean {
  for (let at = segment.indexOf(needle); at >= 0; at = segment.indexOf(needle, at + 1)) {
    const end = segment.indexOf(LF, at);
    const line = segment.subarray(segment.lastIndexOf(LF, at) + 1, end < 0 ? segment.length : end);
    if (isEntry(line, event)) return true;
  }
  return false;
}

function isEntry(line: Uint8Array, wanted: CustodyEvent): boolean {
  try {
    const { event, facts } = parseCustodyEntry(line);
    return (
      event === wanted.event && Object.entries(wanted.facts).every(([name, value]) => facts[name] === value)
    );
  } catch (error) {
    if (error instanceof DockError) return false;
    throw error;
  }
}
