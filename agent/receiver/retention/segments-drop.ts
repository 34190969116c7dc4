// Lets the oldest segments of a station's log go (SPEC 10.3). What a station says of its own time does not decide alone: a `head` entry of the
// store's log names the segment that a station was at by the store's clock, so what that segment follows had ended by then.
//
// Invariants:
// 1. Only segments in front of one that such an entry names, the oldest first, each as its follower names its end.
// 2. `segment-dropped` is durable before the first byte goes, so that a verifier knows a log that was cut from one that was let go.
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { listIfThere, unlinkIfThere } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { isSegmentId, type SegmentId, type StationId } from '../../../protocol/format/ids.ts';
import { readTail, segmentPath } from '../custody/custody-file.ts';
import { orderedSegments, type StoreSegment } from '../custody/log-end.ts';
import { lastHead } from '../custody/log-read.ts';
import { appendStoreEvents, storeLogFolder } from '../custody/store-log.ts';
import { SIGNATURE_SUFFIX } from '../vault/vault-layout.ts';
import type { RetentionDeps } from './deps.ts';

/**
 * Drops the segments that had ended when an entry of before `beforeMs` was made (ms since 1970, the store's clock), which names one that began
 * before that by the station's clock, too; gives how many.
 * Errors: those of appendStoreEvents, "store-log.oversize"; the system's; the signal's reason.
 */
export async function dropSegments(
  deps: RetentionDeps,
  station: StationId,
  beforeMs: number,
): Promise<number> {
  if (!Number.isFinite(beforeMs)) return 0;
  const folder = deps.layout.custody(station);
  if ((await listIfThere(deps.files, folder)).length < 2) return 0;
  const log = storeLogFolder(deps.vaultPath, deps.receiver);
  const segment = (await lastHead(deps, log, station, beforeMs))?.facts['segment'];
  if (typeof segment !== 'string' || !isSegmentId(segment)) return 0;
  const segments = new Map((await orderedSegments(deps.files, folder)).map((each) => [each.segment, each]));
  if (!(Date.parse(segments.get(segment)?.first?.at ?? '') <= beforeMs)) return 0;
  let dropped = 0;
  for (const each of chainTo(segments, segment)) {
    deps.signal.throwIfAborted();
    if (!(await endsAs(deps, folder, each))) break;
    await appendStoreEvents(deps, [droppedEvent(each)]);
    for (const suffix of [SIGNATURE_SUFFIX, ''])
      await unlinkIfThere(deps.files, segmentPath(folder, each.segment) + suffix);
    await deps.files.syncFolder(folder);
    deps.log.info('custody segment dropped', { station, segment: each.segment });
    dropped++;
  }
  return dropped;
}

interface Follower {
  readonly segment: SegmentId;
  /** As the one behind it names its end. */
  readonly end: { readonly sequence: number; readonly sha256: string };
}

/** The segments that lead to one, the oldest first, without that one. Ends where one is not held or says nothing that holds. */
function chainTo(segments: ReadonlyMap<SegmentId, StoreSegment>, last: SegmentId): Follower[] {
  const found: Follower[] = [];
  const seen = new Set<string>([last]);
  for (let at = segments.get(last); at?.first !== undefined;) {
    const { last_segment: before, last_sequence: sequence, last_sha256: sha256 } = at.first.facts;
    const held = typeof before === 'string' && isSegmentId(before) ? segments.get(before) : undefined;
    if (held === undefined || seen.has(held.segment)) break;
    if (typeof sequence !== 'number' || typeof sha256 !== 'string') break;
    found.unshift({ segment: held.segment, end: { sequence, sha256 } });
    seen.add(held.segment);
    at = held;
  }
  return found;
}

async function endsAs(
  { files }: RetentionDeps,
  folder: string,
  { segment, end }: Follower,
): Promise<boolean> {
  try {
    const file = await files.open(segmentPath(folder, segment), 'read');
    try {
      const { head, rest } = await readTail(file, await file.sizeBytes());
      return rest === 'none' && head.sequence === end.sequence && head.sha256 === end.sha256;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof DockError || systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function droppedEvent({ segment, end }: Follower): CustodyEvent {
  return {
    event: 'segment-dropped',
    facts: { segment, last_sequence: end.sequence, last_sha256: end.sha256 },
  };
}
