// Lets the oldest segments of a station's log go (SPEC 10.3). What a station says of its own time does not decide: a witness of the store
// names the segment that a station was at on a day of the store's clock, so what that segment follows had ended by then.
//
// Invariants:
// 1. Only segments in front of one that a verified witness names, the oldest first, each as its follower names its end. A witness that was made
//    days after its own names where the log was then: it counts from when the store entered it.
// 2. `segment-dropped` is durable before the first byte goes, so that a verifier knows a log that was cut from one that was let go.
import { join } from 'node:path';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import {
  dayOf,
  parseWitness,
  WITNESS_BYTES_MAX,
  WITNESS_TRUSTED_COMMENT,
} from '../../../protocol/custody/witness.ts';
import { verifyDocument } from '../../../protocol/documents/minisign.ts';
import type { CustodyHead } from '../../../protocol/documents/receipt.ts';
import { parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { listIfThere, readIfThere, unlinkIfThere } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { isSegmentId, type SegmentId, type StationId } from '../../../protocol/format/ids.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { readTail, segmentPath } from '../custody/custody-file.ts';
import { orderedSegments, type StoreSegment } from '../custody/log-end.ts';
import { firstEntered } from '../custody/log-read.ts';
import { appendStoreEvents, storeLogFolder } from '../custody/store-log.ts';
import { SIGNATURE_SUFFIX, WITNESS } from '../vault/vault-layout.ts';
import { type RetentionDeps, SEGMENTS_LATER_MS, WITNESSES_MAX } from './deps.ts';
import type { FactsKeys } from './recording-facts.ts';

const SUFFIX = '.json';
/** A witness is made on the day after its own; what a verifier allows is a day more (SPEC 10.3.28). */
const ENTERED_LATER_MS = 2 * 86_400_000;

/**
 * Drops the segments that had ended long before `beforeMs` (ms since 1970, the store's clock); gives how many.
 * Errors: those of appendStoreEvents, "store-log.oversize"; the system's; the signal's reason.
 */
export async function dropSegments(
  deps: RetentionDeps,
  station: StationId,
  keys: FactsKeys,
  beforeMs: number,
): Promise<number> {
  if (!Number.isFinite(beforeMs)) return 0;
  const folder = deps.layout.custody(station);
  if ((await listIfThere(deps.files, folder)).length < 2) return 0;
  const head = await witnessedHead(deps, station, keys, beforeMs - SEGMENTS_LATER_MS);
  if (head === undefined) return 0;
  const segments = new Map((await orderedSegments(deps.files, folder)).map((each) => [each.segment, each]));
  let dropped = 0;
  for (const each of chainTo(segments, head.segment)) {
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

/** Where a station's log was on the last day before `latestMs` of which a witness tells that the store entered soon after that. */
async function witnessedHead(
  deps: RetentionDeps,
  station: StationId,
  keys: FactsKeys,
  latestMs: number,
): Promise<CustodyHead | undefined> {
  const { files, layout, receiver } = deps;
  const day = dayOf(latestMs);
  const folder = join(layout.root, receiver, WITNESS);
  const names = (await listIfThere(files, folder)).filter((name) => name.endsWith(SUFFIX));
  const before = names
    .filter((name) => name.slice(0, -SUFFIX.length) < day)
    .toSorted()
    .toReversed();
  for (const name of before.slice(0, WITNESSES_MAX)) {
    const bytes = await readIfThere(files, join(folder, name), WITNESS_BYTES_MAX);
    const signature = await readIfThere(
      files,
      join(folder, name + SIGNATURE_SUFFIX),
      SIGNATURE_FILE_BYTES_MAX,
    );
    if (bytes === undefined) continue;
    const head = headIn(bytes, parseUtf8(signature ?? new Uint8Array(0)) ?? '', station, keys);
    if (head !== undefined && (await isEnteredBy(deps, bytes, latestMs + ENTERED_LATER_MS))) return head;
  }
  return undefined;
}

/** Whether a witness was made, and named by the store's log, no later than that; one that it does not name counts by when it was made. */
async function isEnteredBy(deps: RetentionDeps, bytes: Uint8Array, untilMs: number): Promise<boolean> {
  const { day, made_at: madeAt } = parseWitness(bytes);
  if (Date.parse(madeAt) > untilMs) return false;
  const sha256 = sha256Hex(bytes);
  const folder = storeLogFolder(deps.vaultPath, deps.receiver);
  const found = await firstEntered(deps, folder, new Set(['witnessed']), [sha256], Date.parse(day));
  return (found.get(sha256) ?? 0) <= untilMs;
}

/** Undefined for a witness that does not hold: then an earlier one counts, and less is dropped. */
function headIn(
  bytes: Uint8Array,
  signature: string,
  station: StationId,
  keys: FactsKeys,
): CustodyHead | undefined {
  try {
    verifyDocument(bytes, signature, WITNESS_TRUSTED_COMMENT, keys.store);
    const { keepers } = parseWitness(bytes);
    return keepers.find(({ keeper }) => keeper === station)?.custody_head ?? undefined;
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
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
