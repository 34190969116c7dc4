// Which segment of a station's custody log was begun last: a small file beside the segments. Only a hint for receipts; a start without it
// names no head until the next segment begins.
import { join } from 'node:path';
import * as z from 'zod';
import { encodeUtf8, parseUtf8 } from '../../../protocol/format/bytes.ts';
import { segmentIdSchema } from '../../../protocol/documents/document.ts';
import { readIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import type { SegmentId } from '../../../protocol/format/ids.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import type { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import { TEMPORARY } from '../vault/vault-layout.ts';
import { NEWEST_SEGMENT } from '../../../protocol/format/file-names.ts';

const NEWEST_BYTES_MAX = 1024;
const newestSchema = z.object({ segment: segmentIdSchema });

/** Makes it durable. Errors: the system's. */
export async function writeNewest(
  { files, syncs, folder }: { files: Files; syncs: FolderSyncs; folder: string },
  segment: SegmentId,
): Promise<void> {
  const path = join(folder, NEWEST_SEGMENT);
  await writeAnew(files, path + TEMPORARY, encodeUtf8(JSON.stringify({ segment })));
  await files.rename(path + TEMPORARY, path);
  await syncs.sync(folder);
}

/** Undefined where there is none that can be read. Errors: the system's. */
export async function readNewest(files: Files, folder: string): Promise<SegmentId | undefined> {
  const bytes = await readIfThere(files, join(folder, NEWEST_SEGMENT), NEWEST_BYTES_MAX);
  if (bytes === undefined) return undefined;
  try {
    return newestSchema.parse(JSON.parse(parseUtf8(bytes) ?? '')).segment;
  } catch {
    return undefined; // torn or foreign: the next segment writes it anew
  }
}
