// Which segment of the store's own log is the newest one. Reads first entries only.
import { join } from 'node:path';
import { CHAIN_START, type CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { inOrder, type FoundSegment } from '../../../protocol/custody/custody-order.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { isSegmentId, type SegmentId } from '../../../protocol/format/ids.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { readNewest } from './custody-newest.ts';
import { readFirstEntry } from './first-entry.ts';
import { CUSTODY_SEGMENTS_MAX } from '../limits.ts';
import { SIGNATURE_SUFFIX } from '../vault/vault-layout.ts';
import { SEGMENT_SUFFIX } from '../../../protocol/format/file-names.ts';

/** One segment in the folder. */
export interface StoreSegment {
  readonly segment: SegmentId;
  /** Ended: a signature over the whole of it lies beside it. */
  readonly signed: boolean;
  readonly first: CustodyEntry | undefined;
}

/**
 * All segments, the oldest first; undefined stands for first entries that cannot be read.
 * Errors: "store-log.oversize" for a folder with more than CUSTODY_SEGMENTS_MAX; the system's.
 */
export async function orderedSegments(files: Files, folder: string): Promise<StoreSegment[]> {
  const { ids, signed } = await listSegments(files, folder);
  const found: FoundSegment[] = [];
  for (const segment of ids) {
    const first = await readFirstEntry(files, join(folder, segment + SEGMENT_SUFFIX));
    found.push({ segment, first, last: CHAIN_START, signed: signed.has(segment) });
  }
  return inOrder(found);
}

/** The only segment that has not ended, where the hint names it too; undefined where it takes a look at all of them. Errors: the system's. */
export async function hintedSegment(files: Files, folder: string): Promise<StoreSegment | undefined> {
  const { ids, signed } = await listSegments(files, folder);
  const [open, ...others] = ids.filter((id) => !signed.has(id));
  if (open === undefined || others.length > 0 || (await readNewest(files, folder)) !== open) return undefined;
  return { segment: open, signed: false, first: undefined };
}

async function listSegments(
  files: Files,
  folder: string,
): Promise<{ ids: SegmentId[]; signed: ReadonlySet<SegmentId> }> {
  const names = await files.list(folder);
  const idsOf = (suffix: string): SegmentId[] =>
    names
      .filter((name) => name.endsWith(suffix))
      .map((name) => name.slice(0, -suffix.length))
      .filter(isSegmentId);
  const ids = idsOf(SEGMENT_SUFFIX);
  if (ids.length <= CUSTODY_SEGMENTS_MAX)
    return { ids, signed: new Set(idsOf(SEGMENT_SUFFIX + SIGNATURE_SUFFIX)) };
  const message = `${folder} holds ${ids.length} segments, at most ${CUSTODY_SEGMENTS_MAX} are looked at: this is no log of ours`;
  throw new DockError('store-log.oversize', message, { retry: 'person' });
}
