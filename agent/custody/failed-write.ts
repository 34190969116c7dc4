// Finds what a failed write left at the end of a custody segment: whole entries that the next segment has again. A segment may also go on behind
// the entry that another one names because a start saw no more of it than that, or because a card image was put back; then all of it stays.
// Pure but for reading the next segment.
import { sha256Hex } from '../../protocol/format/bytes.ts';
import {
  parseCustodyEntry,
  type ChainState,
  type CustodyEntry,
} from '../../protocol/custody/custody-entry.ts';
import { toldDigest } from '../../protocol/custody/custody-repeat.ts';
import { linesIn, type ScannedSegment } from '../../protocol/custody/custody-scan.ts';
import type { SegmentId } from '../../protocol/format/ids.ts';

/** An entry of a segment, and the segment that names it as the last one before it. */
export interface Naming extends ChainState {
  readonly by: SegmentId;
}

/**
 * Where a segment ends without what a failed write left: in bytes, behind the entry that is named. undefined: all of it stays. What lies behind
 * counts as left where no checkpoint is in it, as then nothing of it was claimed, or where the next segment begins with the same events.
 * Errors: the system's, of `follower`.
 */
export async function endBeforeFailedWrite(
  bytes: Uint8Array,
  scanned: ScannedSegment,
  named: Naming,
  follower: () => Promise<Uint8Array>,
): Promise<number | undefined> {
  if (scanned.rest === 'broken' || scanned.state.sequence <= named.sequence) return undefined;
  const { endBytes, behind } = splitAt(bytes.subarray(0, scanned.goodBytes), named);
  if (endBytes === undefined) return undefined;
  if (!behind.some(({ event }) => event === 'checkpoint')) return endBytes;
  return isRepeated(toldIn(behind), toldIn(entriesOf(await follower()))) ? endBytes : undefined;
}

/** No end where the entry is another one than is named. */
function splitAt(
  good: Uint8Array,
  { sequence, sha256 }: ChainState,
): { readonly endBytes: number | undefined; readonly behind: readonly CustodyEntry[] } {
  let endBytes: number | undefined;
  let at = 0;
  const behind: CustodyEntry[] = [];
  for (const { line, end } of linesIn(good)) {
    at++;
    if (at === sequence && sha256Hex(line) === sha256) endBytes = end;
    if (at > sequence) behind.push(parseCustodyEntry(line));
  }
  return { endBytes, behind };
}

/** As far as they parse. */
function entriesOf(bytes: Uint8Array): CustodyEntry[] {
  const entries: CustodyEntry[] = [];
  try {
    for (const { line } of linesIn(bytes)) entries.push(parseCustodyEntry(line));
  } catch {
    // what lies behind is judged where that segment is
  }
  return entries;
}

function toldIn(entries: readonly CustodyEntry[]): string[] {
  return entries.flatMap((entry) => toldDigest(entry) ?? []);
}

/** The first events of `follower` are these, in their order; a follower that is torn may have fewer, but for none at all. */
function isRepeated(events: readonly string[], follower: readonly string[]): boolean {
  const shared = Math.min(events.length, follower.length);
  return shared > 0 && events.slice(0, shared).every((event, at) => event === follower[at]);
}
