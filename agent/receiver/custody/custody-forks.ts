// Whether a new custody segment continues the log that the vault knows, or shows a station that was put back to an earlier state.
import { join } from 'node:path';
import * as z from 'zod';
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { firstEntry } from '../../../protocol/custody/segment-file.ts';
import { segmentIdSchema } from '../../../protocol/documents/document.ts';
import { encodeUtf8, parseUtf8 } from '../../../protocol/format/bytes.ts';
import { listIfThere, readIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { NEWEST_SEGMENT, SEGMENT_SUFFIX } from '../../../protocol/format/file-names.ts';
import type { FolderSyncs } from '../../../protocol/format/folder-syncs.ts';
import { isSegmentId, type SegmentId } from '../../../protocol/format/ids.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { CUSTODY_SEGMENTS_MAX } from '../limits.ts';
import { TEMPORARY } from '../vault/vault-layout.ts';
import { CustodyFile } from './custody-file.ts';

/** What a clock shows that nobody has set lies before. */
const CLOCK_SET_FROM = '2025-01-01T00:00:00.000Z';

/** A fork in words, with the other segment that it concerns. */
export interface CustodyFork {
  readonly other: string;
  readonly detail: string;
}

/** What a segment's first entry says beside the others of its station. */
export interface Opening {
  /** Undefined where it continues what is known, or names a segment that the vault does not hold (yet). */
  readonly fork: CustodyFork | undefined;
  /** False where another one follows it, or where it is older than all: it was lost or let go here, and came once more. */
  readonly isNewest: boolean;
}

/**
 * Compares entry 1 of a segment with the other segments of the station in the folder. One that follows the newest one is compared with
 * that alone; only for any other are they all looked at. Errors: the system's.
 */
export async function judgeOpening(
  place: { files: Files; syncs: FolderSyncs; folder: string },
  newest: SegmentId | undefined,
  opened: CustodyEntry,
): Promise<Opening> {
  const { last_segment: last } = opened.facts;
  if (newest !== undefined && last === newest)
    return { fork: await compareEnd(place, newest, opened), isNewest: true };
  const { isFollowed, isOldest, twin, others } = await lookAtOthers(place, opened);
  const isNewest = !isFollowed && !isOldest;
  if (typeof last !== 'string') {
    const [other] = isNewest ? others : [];
    const fork = other === undefined ? undefined : { other, detail: 'the station began a log anew' };
    return { fork, isNewest };
  }
  if (twin !== undefined)
    return { fork: { other: twin, detail: 'two segments follow the same entry' }, isNewest };
  const isHeld = isSegmentId(last) && others.has(last);
  return { fork: isHeld ? await compareEnd(place, last, opened) : undefined, isNewest };
}

interface Others {
  readonly others: ReadonlySet<string>;
  /** One of them names this segment as the one before it. */
  readonly isFollowed: boolean;
  /** By the station's clock, as far as that can be believed, it was begun before all of them. */
  readonly isOldest: boolean;
  /** One that follows the same entry. */
  readonly twin: string | undefined;
}

async function lookAtOthers(
  { files, folder }: { files: Files; folder: string },
  opened: CustodyEntry,
): Promise<Others> {
  const { segment, last_segment: last } = opened.facts;
  const names = (await listIfThere(files, folder)).filter((name) => name.endsWith(SEGMENT_SUFFIX));
  const others = names
    .map((name) => name.slice(0, -SEGMENT_SUFFIX.length))
    .filter((name) => name !== segment);
  let isFollowed = false;
  let oldestAt = others.length > 0 ? opened.at : '';
  let twin: string | undefined;
  for (const other of others.slice(0, CUSTODY_SEGMENTS_MAX)) {
    const entry = await firstEntry(files, join(folder, other + SEGMENT_SUFFIX));
    if (entry === undefined || entry.at <= oldestAt) oldestAt = '';
    if (entry === undefined) continue;
    isFollowed ||= entry.facts['last_segment'] === segment;
    if (typeof last === 'string' && sameBeginning(entry, opened)) twin ??= other;
  }
  return { others: new Set(others), isFollowed, isOldest: oldestAt >= CLOCK_SET_FROM, twin };
}

function sameBeginning(a: CustodyEntry, b: CustodyEntry): boolean {
  return (['last_segment', 'last_sequence', 'last_sha256'] as const).every(
    (name) => a.facts[name] === b.facts[name],
  );
}

/** The vault may hold less of the segment before, never more and never another entry. */
async function compareEnd(
  { files, syncs, folder }: { files: Files; syncs: FolderSyncs; folder: string },
  last: SegmentId,
  opened: CustodyEntry,
): Promise<CustodyFork | undefined> {
  const { head } = await CustodyFile.open(files, syncs, folder, last, 'read').catch((error: unknown) => {
    if (error instanceof DockError) return { head: { sequence: 0, sha256: '' } };
    throw error;
  });
  const sequence = Number(opened.facts['last_sequence']);
  if (head.sequence > sequence)
    return { other: last, detail: `the vault holds ${head.sequence} entries, the station knew ${sequence}` };
  return head.sequence === sequence && head.sha256 !== opened.facts['last_sha256']
    ? { other: last, detail: `entry ${sequence} is another one in the vault` }
    : undefined;
}

// Which segment of a station's custody log was begun last: a small file beside the segments. Only a hint for receipts; a start without it
// names no head until the next segment begins.

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
