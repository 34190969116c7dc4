// The newest entry of a custody log that the vault holds, for whoever only reads it.
import { join } from 'node:path';
import { isDockError, systemCode } from '../../../protocol/format/errors.ts';
import type { SegmentId } from '../../../protocol/format/ids.ts';
import type { Files, Log } from '../../../protocol/format/ports.ts';
import type { CustodyHead } from '../../../protocol/documents/receipt.ts';
import { segmentPath } from './custody-file.ts';
import { readNewest } from './custody-newest.ts';
import { readTail } from './custody-tail.ts';
import { orderedSegments } from './segment-order.ts';
import { CUSTODY } from '../vault/vault-layout.ts';

/**
 * The head of the log in a keeper's folder of the vault; it is durable when this resolves. Null where there is no log, or none whose end
 * can be read, which is told to the log. Errors: the system's.
 */
export async function heldHead(
  { files, log }: { readonly files: Files; readonly log: Log },
  keeperFolder: string,
): Promise<CustodyHead | null> {
  const folder = join(keeperFolder, CUSTODY);
  if ((await files.stat(folder))?.kind !== 'folder') return null;
  const segment = (await hinted(files, folder)) ?? (await orderedSegments(files, folder)).at(-1)?.segment;
  return segment === undefined ? null : endOf({ files, log }, folder, segment);
}

/** The hint of a vault that is not put back in all may name what is not there. */
async function hinted(files: Files, folder: string): Promise<SegmentId | undefined> {
  const segment = await readNewest(files, folder);
  if (segment === undefined || (await files.stat(segmentPath(folder, segment))) === undefined)
    return undefined;
  return segment;
}

async function endOf(
  { files, log }: { readonly files: Files; readonly log: Log },
  folder: string,
  segment: SegmentId,
): Promise<CustodyHead | null> {
  try {
    const file = await files.open(segmentPath(folder, segment), 'read');
    try {
      const { head } = await readTail(file, await file.sizeBytes());
      await file.sync(); // its writer may not have come to it yet
      return head.sequence === 0 ? null : { segment, ...head };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!isDockError(error, 'custody.damaged') && systemCode(error) !== 'ENOENT') throw error;
    log.warn('witness: end of a custody log not readable', { folder, segment, error });
    return null;
  }
}
