// The order of custody segments: each names the last known entry before it, so they form a chain, or a fork where a card image was
// put back. Pure.
import type { ChainState, CustodyEntry } from './custody-entry.ts';
import type { SegmentId } from '../format/ids.ts';

/** A place at which the chain does not hold. */
export interface ChainBreak {
  readonly segment: string;
  /** The last entry that holds. */
  readonly sequence: number;
  readonly reason: string;
}

/** A segment of an earlier run. */
export interface FoundSegment {
  readonly segment: SegmentId;
  readonly first: CustodyEntry | undefined;
  readonly last: ChainState;
  readonly signed: boolean;
}

/** The segment that this one names as the last one before it. */
export function predecessorOf({
  first,
}: Pick<FoundSegment, 'first'>): { segment: string; sequence: number; sha256: string } | undefined {
  const { last_segment: segment, last_sequence: sequence, last_sha256: sha256 } = first?.facts ?? {};
  if (typeof segment !== 'string' || typeof sequence !== 'number' || typeof sha256 !== 'string')
    return undefined;
  return { segment, sequence, sha256 };
}

/** Each segment after the one that it names; where several may follow, the one opened first by its wall time. */
export function inOrder<Found extends FoundSegment>(found: readonly Found[]): Found[] {
  const waiting = new Map<string, Found[]>();
  const there = new Set<string>(found.map(({ segment }) => segment));
  const free: Found[] = [];
  for (const each of found) {
    const before = predecessorOf(each)?.segment;
    if (before === undefined || !there.has(before)) free.push(each);
    else waiting.set(before, [...(waiting.get(before) ?? []), each]);
  }
  free.sort(byOpening).reverse(); // the next one is taken from the end
  const ordered: Found[] = [];
  for (let next = free.pop(); next !== undefined; next = free.pop()) {
    ordered.push(next);
    for (const follower of waiting.get(next.segment) ?? []) insert(free, follower);
    waiting.delete(next.segment);
  }
  return [...ordered, ...[...waiting.values()].flat()]; // a circle of segments was made by nobody of ours
}

function insert<Found extends FoundSegment>(descending: Found[], each: Found): void {
  let at = descending.length;
  while (at > 0 && byOpening(descending[at - 1] as Found, each) < 0) at--;
  descending.splice(at, 0, each);
}

/** The very first segment comes before all others; the wall time decides only between chains, where nothing else does. */
function byOpening(a: FoundSegment, b: FoundSegment): number {
  const key = (each: FoundSegment): string =>
    `${predecessorOf(each) === undefined ? 0 : 1} ${each.first?.at ?? ''} ${each.segment}`;
  return key(a) < key(b) ? -1 : 1;
}

/** Segments that are missing or shorter than the next one says, or end in another entry. */
export function brokenLinks(segments: readonly FoundSegment[]): ChainBreak[] {
  const byId = new Map<string, FoundSegment>(segments.map((each) => [each.segment, each]));
  const breaks: ChainBreak[] = [];
  for (const [position, each] of segments.entries()) {
    const named = predecessorOf(each);
    if (named === undefined) continue;
    const before = byId.get(named.segment);
    if (before === undefined && position === 0) continue; // the oldest ones may have been dropped
    const reason = before === undefined ? 'the segment is missing' : linkProblem(before.last, named);
    if (reason !== undefined)
      breaks.push({ segment: named.segment, sequence: before?.last.sequence ?? 0, reason });
  }
  return breaks;
}

/** More entries than named are good: a write that failed was repeated in the next segment. */
function linkProblem(last: ChainState, named: { sequence: number; sha256: string }): string | undefined {
  if (last.sequence < named.sequence)
    return `it ends at entry ${last.sequence}, the next segment names entry ${named.sequence}`;
  if (last.sequence === named.sequence && last.sha256 !== named.sha256)
    return 'its last entry is not the one that the next segment names';
  return undefined;
}
