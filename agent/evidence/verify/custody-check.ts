// Checks a folder of custody segments (SPEC 4.3): every segment, and how they follow each other.
import { join } from 'node:path';
import { CHAIN_START, type CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { type FoundSegment, inOrder } from '../../../protocol/custody/custody-order.ts';
import { toldDigest } from '../../../protocol/custody/custody-repeat.ts';
import { segmentEntries } from '../../../protocol/custody/segment-file.ts';
import {
  HEAD_SUFFIX,
  NEWEST_SEGMENT,
  SEGMENT_SUFFIX,
  SIGNATURE_SUFFIX,
} from '../../../protocol/format/file-names.ts';
import { isSegmentId, type SegmentId } from '../../../protocol/format/ids.ts';
import { type CheckedSegment, checkSegment, readFirst, type SegmentContext } from './custody-segment.ts';
import { listFolder, oddNames } from './read-files.ts';
import { below, finding, type Remark } from './remark.ts';
import { checkLinks, followsEarlier, type LinkedSegment, linkOf } from './custody-links.ts';

/** What was checked. */
export interface CheckedCustody {
  readonly segments: number;
  /** The segments, the oldest first. */
  readonly linked: readonly CheckedSegment[];
  readonly entries: number;
  readonly checkpoints: number;
  readonly remarks: readonly Remark[];
}

/**
 * Checks the folder; undefined where there is none. Heads that others name were entered in the book before; it has seen all segments
 * afterwards. Errors: the signal's reason; those of the machine.
 */
export async function checkCustody(context: SegmentContext): Promise<CheckedCustody | undefined> {
  const names = await listFolder(context.files, context.folder, context.where);
  if (!Array.isArray(names)) return names && { ...NONE, remarks: [names] };
  const { remarks, held } = sortNames(context, names);
  const counts = { segments: held.length, entries: 0, checkpoints: 0 };
  const linked: CheckedSegment[] = [];
  for (const { segment, first, signed } of await readOrder(context, held, new Set(names))) {
    const checked: CheckedSegment = await checkSegment(context, segment, first, signed);
    counts.entries += checked.entries;
    counts.checkpoints += checked.checkpoints;
    linked.push(checked);
  }
  remarks.push(...linked.flatMap((one) => (one === linked.at(-1) ? one.remarks : one.remarks.map(ended))));
  const repeated = await repeatedWrites(context, linked);
  return {
    ...counts,
    linked,
    remarks: [...remarks, ...checkLinks(context, linked, repeated)],
  };
}

const NONE = { segments: 0, entries: 0, checkpoints: 0, linked: [] };

/** Ids of the segments that are held, and what else lies there. */
function sortNames(
  { where, book }: SegmentContext,
  names: readonly string[],
): { readonly held: SegmentId[]; readonly remarks: Remark[] } {
  const there = new Set(names);
  const ids = new Set(names.map((name) => name.split('.')[0] ?? '').filter(isSegmentId));
  const held = [...ids].filter((id) => there.has(id + SEGMENT_SUFFIX));
  const allowed = new Set([NEWEST_SEGMENT]);
  for (const id of ids) {
    allowed.add(id + SEGMENT_SUFFIX).add(id + SEGMENT_SUFFIX + SIGNATURE_SUFFIX);
    if (book.isPart) allowed.add(id + HEAD_SUFFIX).add(id + HEAD_SUFFIX + SIGNATURE_SUFFIX);
  }
  const remarks = oddNames(where, names, allowed);
  for (const id of ids) {
    const signature = [SEGMENT_SUFFIX + SIGNATURE_SUFFIX, HEAD_SUFFIX, HEAD_SUFFIX + SIGNATURE_SUFFIX]
      .map((suffix) => id + suffix)
      .find((name) => there.has(name) && allowed.has(name));
    if (there.has(id + SEGMENT_SUFFIX) || signature === undefined) continue;
    const message = `${signature} lies here without ${id}${SEGMENT_SUFFIX}`;
    remarks.push(finding('custody.signature-alone', below(where, signature), message));
  }
  return { held, remarks };
}

/** The segments as they follow each other, the oldest first. */
async function readOrder(
  context: SegmentContext,
  held: readonly SegmentId[],
  names: ReadonlySet<string>,
): Promise<FoundSegment[]> {
  const found: FoundSegment[] = [];
  for (const segment of held) {
    const first = await readFirst(context, segment);
    const link = first && linkOf(first);
    if (link !== null && link !== undefined) context.book.want(link);
    const signed = names.has(segment + SEGMENT_SUFFIX + SIGNATURE_SUFFIX);
    found.push({ segment, first, last: CHAIN_START, signed });
  }
  return inOrder(found);
}

/** Only the newest segment may be one that is being written. */
function ended(remark: Remark): Remark {
  if (remark.code !== 'custody.torn-tail') return remark;
  return finding('custody.torn-ended', remark.where, remark.message, remark.facts);
}

/** Segments that begin with the events of a write that failed in the one before. */
async function repeatedWrites(
  context: SegmentContext,
  linked: readonly LinkedSegment[],
): Promise<Set<string>> {
  const repeated = new Set<string>();
  for (const one of linked) {
    if (!followsEarlier(one, context.book) || one.link === null || one.link === undefined) continue;
    const { segment, sequence } = one.link;
    // Where one of the two cannot be read, that is told already, and it counts as a fork.
    const again = await isRepeated(context, segment, sequence, one.segment).catch((error: unknown) => {
      if (context.signal.aborted) throw error;
      return false;
    });
    if (again) repeated.add(one.segment);
  }
  return repeated;
}

// Tells a fork of the custody log from a write that failed: such a write may have reached the disk, and its events stand again at the
// beginning of the next segment. Reads both places; memory is one digest per event.

/** Entries of one write, far more than a station puts into one. */
const ENTRIES_MAX = 4096;

/**
 * True where every event of `segment` after entry `sequence` is repeated in `follower`. Both were read before without a fault.
 * Errors: the system's; the signal's reason.
 */
async function isRepeated(
  context: SegmentContext,
  segment: string,
  sequence: number,
  follower: string,
): Promise<boolean> {
  const rest: string[] = [];
  for await (const entry of entriesOf(context, segment)) {
    const told = toldDigest(entry);
    if (entry.sequence <= sequence || told === undefined) continue;
    if (rest.push(told) > ENTRIES_MAX) return false;
  }
  const again = new Set<string>();
  for await (const entry of entriesOf(context, follower)) {
    if (again.size > ENTRIES_MAX) break;
    const told = toldDigest(entry);
    if (told !== undefined) again.add(told);
  }
  return rest.every((told) => again.has(told));
}

function entriesOf(context: SegmentContext, segment: string): AsyncIterable<CustodyEntry> {
  return segmentEntries(context, join(context.folder, segment + SEGMENT_SUFFIX));
}
