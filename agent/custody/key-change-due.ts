// Whether the log still has to be told of the last change of the station's key: its newest checkpoint is by another key. An entry that a
// checkpoint of the new key covers is behind `key-changed`, because both are written in one group at least; a segment that a cut left
// without any checkpoint says nothing.
import { bufferOf } from '../../protocol/format/bytes.ts';
import { parseCustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import type { SegmentId } from '../../protocol/format/ids.ts';
import { signatureKeyId } from '../../protocol/documents/minisign.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { segmentPath } from './custody-segments.ts';

/** A segment is ended above 2 MiB; longer ones are none of ours. */
const SEGMENT_READ_BYTES_MAX = 16 * 1024 * 1024;
const CHECKPOINT = '"event":"checkpoint"';
const LF = 0x0a;

/** Shape: `segments` are the earlier ones in order, the oldest first; `keyId` is that of the key that signs now. Never rejects for a disk that shows too little: said twice is better than not at all. */
export async function isKeyChangeDue(
  { files, folder }: { readonly files: Pick<Files, 'readAll'>; readonly folder: string },
  segments: readonly { readonly segment: SegmentId }[],
  keyId: string,
): Promise<boolean> {
  for (const { segment } of segments.toReversed()) {
    const found = await newestCheckpointKey(files, segmentPath(folder, segment));
    if (found !== undefined) return found !== keyId;
  }
  return true;
}

/** The key that the newest checkpoint of a segment names, which proves nothing; undefined where there is none, or the disk does not show it. */
export async function newestCheckpointKey(
  files: Pick<Files, 'readAll'>,
  path: string,
): Promise<string | undefined> {
  let bytes: Buffer;
  try {
    bytes = bufferOf(await files.readAll(path, SEGMENT_READ_BYTES_MAX));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
  for (let at = bytes.lastIndexOf(CHECKPOINT); at >= 0; at = bytes.lastIndexOf(CHECKPOINT, at - 1)) {
    const end = bytes.indexOf(LF, at);
    const line = bytes.subarray(bytes.lastIndexOf(LF, at) + 1, end < 0 ? bytes.length : end);
    const keyId = checkpointKeyId(line);
    if (keyId !== undefined) return keyId;
    if (at === 0) break;
  }
  return undefined;
}

function checkpointKeyId(line: Uint8Array): string | undefined {
  try {
    const { event, facts } = parseCustodyEntry(line);
    return event === 'checkpoint' ? signatureKeyId(String(facts['signature'])) : undefined;
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}
