// Whether a witness stands in the store's log. Looks from the newest segment backwards and reads one at a time.
import { bufferOf } from '../../bytes.ts';
import { parseCustodyEntry } from '../../custody-entry.ts';
import { DockError } from '../../errors.ts';
import type { Files } from '../../ports.ts';
import { segmentPath } from '../custody-file.ts';
import { SEGMENT_READ_BYTES_MAX } from '../store-log/segment-files.ts';
import { orderedSegments } from '../store-log/segment-order.ts';
import type { LastWitness } from './witness-folder.ts';

const LF = 0x0a;

/** `folder` is that of the store's log. Errors: "store-log.oversize"; the system's. */
export async function isEntered(files: Files, folder: string, witness: LastWitness): Promise<boolean> {
  if ((await files.stat(folder))?.kind !== 'folder') return false;
  for (const { segment } of (await orderedSegments(files, folder)).toReversed()) {
    const bytes = await files.readAll(segmentPath(folder, segment), SEGMENT_READ_BYTES_MAX);
    if (holds(bufferOf(bytes), witness)) return true;
  }
  return false;
}

/** Looks for the digest first: to parse all entries of a segment would hold the thread. */
function holds(segment: Buffer, { day, sha256 }: LastWitness): boolean {
  for (let at = segment.indexOf(sha256); at >= 0; at = segment.indexOf(sha256, at + 1)) {
    const end = segment.indexOf(LF, at);
    const line = segment.subarray(segment.lastIndexOf(LF, at) + 1, end < 0 ? segment.length : end);
    if (isEntry(line, day, sha256)) return true;
  }
  return false;
}

function isEntry(line: Uint8Array, day: string, sha256: string): boolean {
  try {
    const { event, facts } = parseCustodyEntry(line);
    return event === 'witnessed' && facts['day'] === day && facts['sha256'] === sha256;
  } catch (error) {
    if (error instanceof DockError) return false;
    throw error;
  }
}
