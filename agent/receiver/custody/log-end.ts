// Finds where the store's own log ends: the entry that the next one follows, and the segment that can be gone on with.
import type { ChainState, CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import type { ChainBreak } from '../../../protocol/custody/custody-order.ts';
import type { ScannedSegment } from '../../../protocol/custody/custody-scan.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import type { SegmentId } from '../../../protocol/format/ids.ts';
import { keyIdHex, signatureKeyId, type PublicKey } from '../../../protocol/documents/minisign.ts';
import type { Log } from '../../../protocol/format/ports.ts';
import type { CustodyHead } from '../../../protocol/documents/receipt.ts';
import { segmentPath } from './custody-file.ts';
import { readTail, type CustodyTail } from './custody-tail.ts';
import type { OpenSegment, SegmentFiles } from './segment-files.ts';
import { hintedSegment, orderedSegments, type StoreSegment } from './segment-order.ts';

/** What this process itself wrote last of the store's log, and made durable. Made once for each process. */
export class WrittenEnd {
  /** Null where it wrote nothing yet, or where that failed. */
  last: CustodyHead | null = null;
}

/** The end of the log. */
export interface LogEnd {
  /** The last entry that holds; null in a log without one. */
  readonly last: CustodyHead | null;
  /** The segment of `last`, where the next entry may stand in it. */
  readonly open: OpenSegment | undefined;
  /** What the next segment has to say of the one before. */
  readonly breaks: readonly ChainBreak[];
}

export interface LogEndDeps {
  readonly log: Log;
  readonly publicKey: PublicKey;
  readonly written: WrittenEnd;
}

/** Finds the end, and cuts a torn write. Errors: those of SegmentFiles, "store-log.oversize". */
export async function findEnd(files: SegmentFiles, deps: LogEndDeps): Promise<LogEnd> {
  const hinted = await hintedSegment(files.files, files.folder);
  const found = hinted && (await endIn(files, hinted, deps));
  if (found !== undefined && found.breaks.length === 0) return found;
  const breaks: ChainBreak[] = [];
  for (const segment of (await orderedSegments(files.files, files.folder)).toReversed()) {
    const end = await endIn(files, segment, deps);
    breaks.unshift(...end.breaks);
    if (end.last !== null) return { ...end, breaks };
  }
  return { last: null, open: undefined, breaks };
}

async function endIn(
  files: SegmentFiles,
  { segment, signed }: StoreSegment,
  deps: LogEndDeps,
): Promise<LogEnd> {
  const looked = await look(files, segment);
  if (looked.kind === 'broken') return brokenAt(segment, looked.head, looked.reason);
  const { head, wholeBytes, rest, checkpoint } = looked.tail;
  const last = { segment, ...head };
  if (signed || !isOurs(checkpoint?.entry, deps.publicKey)) return { last, open: undefined, breaks: [] };
  const open = { segment, head, sizeBytes: wholeBytes };
  if (rest === 'torn' || deps.written.last?.sha256 !== head.sha256) {
    const broken = await files.rewrite(open);
    if (broken !== undefined) return brokenAt(segment, broken.state, reasonOf(broken));
  }
  if (rest === 'torn') deps.log.warn('store log: torn end cut', { segment, sequence: head.sequence });
  return { last, open, breaks: [] };
}

/** The log goes on in another segment, behind the last entry that holds. */
function brokenAt(segment: SegmentId, { sequence, sha256 }: ChainState, reason: string): LogEnd {
  const last = sequence === 0 ? null : { segment, sequence, sha256 };
  return { last, open: undefined, breaks: [{ segment, sequence, reason }] };
}

function reasonOf({ state, reason }: Pick<ScannedSegment, 'state' | 'reason'>): string {
  if (reason !== '') return reason;
  return state.sequence === 0 ? 'no entry in it' : 'its chain does not lead to its end';
}

type Looked =
  | { readonly kind: 'good'; readonly tail: CustodyTail }
  | { readonly kind: 'broken'; readonly head: CustodyTail['head']; readonly reason: string };

/** The end of one segment; where that does not hold, all of it is followed from the beginning. */
async function look(files: SegmentFiles, segment: SegmentId): Promise<Looked> {
  try {
    const tail = await tailOf(files, segment);
    if (tail.head.sequence > 0 && tail.rest !== 'broken') return { kind: 'good', tail };
  } catch (error) {
    if (!isDockError(error, 'custody.damaged')) throw error;
  }
  const { state, reason } = await files.scan(segment);
  return { kind: 'broken', head: state, reason: reasonOf({ state, reason }) };
}

async function tailOf({ files, folder }: SegmentFiles, segment: SegmentId): Promise<CustodyTail> {
  const file = await files.open(segmentPath(folder, segment), 'read');
  try {
    return await readTail(file, await file.sizeBytes());
  } finally {
    await file.close();
  }
}

/** A segment is of one key (SPEC 4.9.2). One without a checkpoint at its end was begun by nobody of ours. */
function isOurs(checkpoint: CustodyEntry | undefined, { keyId }: PublicKey): boolean {
  const signature = checkpoint?.facts['signature'];
  return typeof signature === 'string' && signatureKeyId(signature) === keyIdHex(keyId);
}
