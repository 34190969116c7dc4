// What a start makes of the custody segments that earlier runs left. Takes any state; may be cut off at every call and starts again.
//
// Invariants:
// 1. A segment with a signature over the whole of it is ended: it is never written again. Here only its first and last entry are read, and
//    not even these of one that the snapshot names.
// 2. One without was cut off: its chain is followed, a torn last write is cut, and what is left is written anew (what the kernel
//    shows of a file that was never synced may be gone tomorrow), put in its place in one step, and signed. Entries at its end that no
//    checkpoint covers are closed by one now, where this key signed those before: the store takes no others (SPEC 6.9).
// 3. Where another segment names an entry of one that was cut off, what a failed write left behind that entry is cut, whole entries too
//    (failed-write.ts): the store takes the naming of an earlier entry for a station that was put back. Nothing that was claimed is cut.
// 4. A chain that does not hold stays as it is, unsigned, and is named with the place.
// 5. A file without a single whole entry was never claimed to anybody; it is removed unless another segment names an entry of it.
// 6. What the disk refuses to show is looked at three times before it is judged; want of file handles or memory judges nothing and ends the start.
// 7. What the disk refuses is logged, and left until it takes writes again (segment-endings.ts). Other names in the folder are not touched.
import { join } from 'node:path';
import { type ChainedGroups, closeGroup } from '../../protocol/custody/custody-chain.ts';
import type { EntryStamp } from '../../protocol/custody/custody-checkpoint.ts';
import {
  CUSTODY_SEGMENT_TRUSTED_COMMENT,
  type CustodyEntry,
  entryStamp,
} from '../../protocol/custody/custody-entry.ts';
import {
  brokenLinks,
  type ChainBreak,
  inOrder,
  predecessorOf,
} from '../../protocol/custody/custody-order.ts';
import { type ScannedSegment, scanSegment } from '../../protocol/custody/custody-scan.ts';
import { type PublicKey, signatureKeyId } from '../../protocol/documents/minisign.ts';
import { bufferOf, encodeUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import { replaceDurable, UNFINISHED_SUFFIX, unlinkIfThere } from '../../protocol/format/durable.ts';
import { describeError, DockError, isMachineShort } from '../../protocol/format/errors.ts';
import { isSegmentId, type SegmentId, type StationId } from '../../protocol/format/ids.ts';
import type { Clock, Files, Log, Signer } from '../../protocol/format/ports.ts';
import { inParallel } from '../platform/in-parallel.ts';
import { lookPatiently } from '../platform/look-patiently.ts';
import {
  fromIndex,
  lastAtOf,
  readEnds,
  readOpening,
  type RecoveredSegment,
  unreadable,
} from './custody-ends.ts';
import type { DurableBytes } from './custody-groups.ts';
import { segmentOf, segmentPath, segmentSignaturePath } from './custody-segments.ts';
import { endBeforeFailedWrite, type Naming } from './failed-write.ts';
import type { IndexedSegment } from './ledger-file.ts';

/** A segment is ended at SEGMENT_BYTES_MAX (custody-log.ts) plus one write: anything longer is none of ours. */
export const SEGMENT_READ_BYTES_MAX = 16 * 1024 * 1024;
const AT_ONCE = 8;

export interface CustodyRecoveryDeps {
  readonly folder: string;
  readonly files: Files;
  readonly log: Log;
  readonly station: StationId;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly bootId: string | null;
  /** Runs a write, making room for it where the disk is full. */
  readonly withSpace: <T>(attempt: () => Promise<T>) => Promise<T>;
  /** Keys that signed checkpoints; without them signatures are not looked at. */
  readonly stationKeys: readonly PublicKey[];
  /** Ended segments that need not be read. */
  readonly index: ReadonlyMap<SegmentId, IndexedSegment>;
}

/** The log that earlier runs left. */
export interface RecoveredLog {
  /** In order. */
  readonly segments: RecoveredSegment[];
  /** Those of which nothing holds, or which the disk does not show. */
  readonly apart: readonly SegmentId[];
  /** Where the chain breaks. */
  readonly breaks: ChainBreak[];
}

/**
 * What earlier runs left.
 * Errors: the system's where the folder cannot be listed, or the machine is short of something.
 */
export async function recoverSegments(deps: CustodyRecoveryDeps): Promise<RecoveredLog> {
  const names = await deps.files.list(deps.folder);
  await removeUnfinished(deps, names);
  const signed = new Set(names);
  const ids = names
    .map(segmentOf)
    .filter((name): name is SegmentId => name !== undefined && isSegmentId(name));
  const ended = (id: SegmentId): boolean => signed.has(`${id}.jsonl.minisig`);
  const found: RecoveredSegment[] = [];
  const breaks: ChainBreak[] = [];
  const lookAtEach = (which: readonly SegmentId[], look: (id: SegmentId) => Promise<Looked>): Promise<void> =>
    inParallel(which, AT_ONCE, async (id) => {
      const { segment, problem } = await look(id);
      if (segment !== undefined) found.push(segment);
      if (problem !== undefined)
        breaks.push({ segment: id, sequence: segment?.last.sequence ?? 0, reason: problem });
    });
  await lookAtEach(ids.filter(ended), (id) => lookEnded(deps, id));
  const cutOff = ids.filter((id) => !ended(id));
  const known = found.flatMap(({ first }) => first ?? []);
  const named = namedBy([...known, ...(await openings(deps, cutOff))]);
  await lookAtEach(cutOff, (id) => recoverOne(deps, id, named.get(id)));
  const segments = inOrder(found);
  breaks.push(...brokenLinks(segments));
  const removed = await removeEmpty(deps, segments);
  const apart = segments
    .filter(({ last, segment }) => last.sequence === 0 && !removed.has(segment))
    .map(({ segment }) => segment);
  return { segments: segments.filter(({ last }) => last.sequence > 0), apart, breaks };
}

interface Looked {
  readonly segment?: RecoveredSegment;
  readonly problem?: string;
}

async function lookEnded(deps: CustodyRecoveryDeps, id: SegmentId): Promise<Looked> {
  const indexed = deps.index.get(id);
  return indexed === undefined ? lookSigned(deps, id) : { segment: fromIndex(indexed) };
}

/** First entries of those that were cut off, as far as the disk shows any. */
async function openings(
  { files, folder }: CustodyRecoveryDeps,
  ids: readonly SegmentId[],
): Promise<CustodyEntry[]> {
  const found: CustodyEntry[] = [];
  await inParallel(ids, AT_ONCE, async (id) => {
    try {
      found.push(await lookPatiently(() => readOpening(files, folder, id)));
    } catch (error) {
      if (isMachineShort(error)) throw error; // of any other, recoverOne tells
    }
  });
  return found;
}

/** The last entry that other segments name, by the segment that it is of. */
function namedBy(openings: readonly CustodyEntry[]): Map<string, Naming> {
  const named = new Map<string, Naming>();
  for (const first of openings) {
    const before = predecessorOf({ first });
    const by = first.facts['segment'];
    if (before === undefined || typeof by !== 'string' || !isSegmentId(by)) continue;
    if (before.sequence > (named.get(before.segment)?.sequence ?? 0))
      named.set(before.segment, { ...before, by });
  }
  return named;
}

async function removeUnfinished(
  { files, folder, log }: CustodyRecoveryDeps,
  names: readonly string[],
): Promise<void> {
  for (const name of names)
    if (name.endsWith(UNFINISHED_SUFFIX))
      await unlinkIfThere(files, join(folder, name)).catch((error: unknown) =>
        log.warn('incomplete custody file not removed', { name, error }),
      );
}

async function lookSigned({ files, folder }: CustodyRecoveryDeps, id: SegmentId): Promise<Looked> {
  try {
    return { segment: await lookPatiently(() => readEnds(files, folder, id)) };
  } catch (error) {
    if (isMachineShort(error)) throw error;
    return { segment: unreadable(id, true), problem: describeError(error) };
  }
}

/** A segment that nobody ended: followed, cut where torn and where a failed write left something, written anew, signed. */
async function recoverOne(
  deps: CustodyRecoveryDeps,
  id: SegmentId,
  named: Naming | undefined,
): Promise<Looked> {
  const path = segmentPath(deps.folder, id);
  let bytes: Uint8Array;
  try {
    bytes = await lookPatiently(() => deps.files.readAll(path, SEGMENT_READ_BYTES_MAX));
  } catch (error) {
    if (isMachineShort(error)) throw error;
    return { segment: unreadable(id, false), problem: describeError(error) };
  }
  const scanned = await withoutFailedWrite(deps, { id, bytes, named });
  const { state, goodBytes, first, rest, reason } = scanned;
  const good = bytes.subarray(0, goodBytes);
  const segment = { segment: id, first, last: state, lastAt: lastAtOf(good), signed: false, held: false };
  if (rest === 'broken') return { segment, problem: reason };
  if (rest === 'torn')
    deps.log.warn('custody log: torn end cut', { segment: id, sequence: state.sequence, reason });
  if (state.sequence === 0) return { segment };
  return { segment: { ...segment, ...(await rewrite(deps, id, { good, scanned })) } };
}

/** What the segment's bytes are worth, without what a failed write left of it. */
async function withoutFailedWrite(
  { files, folder, log, stationKeys }: CustodyRecoveryDeps,
  {
    id,
    bytes,
    named,
  }: { readonly id: SegmentId; readonly bytes: Uint8Array; readonly named: Naming | undefined },
): Promise<ScannedSegment> {
  const scanned = scanSegment(id, bytes, stationKeys);
  if (named === undefined) return scanned;
  const follower = (): Promise<Uint8Array> =>
    lookPatiently(() => files.readAll(segmentPath(folder, named.by), SEGMENT_READ_BYTES_MAX));
  const endBytes = await endBeforeFailedWrite(bytes, scanned, named, follower).catch((error: unknown) => {
    if (isMachineShort(error)) throw error;
    return undefined; // what nothing shows is cut by nothing
  });
  if (endBytes === undefined) return scanned;
  log.warn('custody log: remains of a failed write cut', {
    segment: id,
    sequence: named.sequence,
    size_bytes: bytes.length - endBytes,
  });
  return scanSegment(id, bytes.subarray(0, endBytes), stationKeys);
}

/**
 * One more attempt at a segment that is unended.
 * Errors: what the disk refuses; "custody.chain-broken" where the start found other bytes.
 */
export async function endEarlier(
  deps: CustodyRecoveryDeps,
  { segment, unended }: RecoveredSegment,
): Promise<void> {
  if (unended === undefined) return;
  const good = await readDurable(deps, segment, unended);
  await putWhole(deps, segment, good);
  await signSegment(deps, segment, good);
}

/**
 * What is known to be durable of a segment: nothing else may be written back or signed, whatever the disk shows.
 * Errors: the system's; "custody.chain-broken" where other bytes are shown.
 */
export async function readDurable(
  { files, folder }: Pick<CustodyRecoveryDeps, 'files' | 'folder'>,
  segment: SegmentId,
  { sizeBytes, sha256 }: DurableBytes,
): Promise<Uint8Array> {
  const bytes = await files.readAll(segmentPath(folder, segment), SEGMENT_READ_BYTES_MAX);
  const durable = bytes.subarray(0, sizeBytes);
  if (sha256Hex(durable) === sha256) return durable;
  throw new DockError('custody.chain-broken', 'not the bytes that are durable of it', { retry: 'later' });
}

/** Where it ends now, and whether the disk let it be ended. */
async function rewrite(
  deps: CustodyRecoveryDeps,
  id: SegmentId,
  { good, scanned }: { readonly good: Uint8Array; readonly scanned: ScannedSegment },
): Promise<Pick<RecoveredSegment, 'last' | 'lastAt' | 'signed' | 'unended'>> {
  // Until its last entries are closed nothing of them was claimed: the next segment names what a checkpoint covers, and the rest goes.
  const covered = scanned.covered ?? { state: scanned.state, bytes: good.length };
  let [bytes, last] = [good.subarray(0, covered.bytes), covered.state];
  try {
    const closed = await closing(deps, id, scanned);
    const whole = closed === undefined ? good : Buffer.concat([good, closed.bytes]);
    await putWhole(deps, id, whole);
    [bytes, last] = [whole, closed?.state ?? scanned.state];
    await signSegment(deps, id, bytes);
    return { last, lastAt: lastAtOf(bytes), signed: true };
  } catch (error) {
    deps.log.warn('custody segment of an earlier run not closed', { segment: id, error });
    const unended = { sizeBytes: bytes.length, sha256: sha256Hex(bytes) };
    return { last, lastAt: lastAtOf(bytes), signed: false, unended };
  }
}

/**
 * The checkpoint that closes the entries that none covers; undefined where there are none, or where another key signed those before them.
 * Errors: the signer's.
 */
async function closing(
  { station, signer, clock, bootId, log }: CustodyRecoveryDeps,
  segment: SegmentId,
  { state, checkpoint }: ScannedSegment,
): Promise<Pick<ChainedGroups, 'bytes' | 'state'> | undefined> {
  if (checkpoint?.sequence === state.sequence) return undefined;
  const stamp = (): EntryStamp => entryStamp(clock, bootId);
  const closed = await closeGroup(state, { station, segment, signer, stamp });
  const before = checkpoint && signedBy(checkpoint);
  if (before === undefined || before === signedBy(closed.entry)) return closed;
  log.warn('custody log: earlier entries signed by another key, last entries left without a checkpoint', {
    segment,
    sequence: state.sequence,
    key_id: before,
  });
  return undefined;
}

function signedBy({ facts }: CustodyEntry): string | undefined {
  return signatureKeyId(String(facts['signature']));
}

/** The segment's bytes in place of what is there, durably. */
async function putWhole(
  { files, folder, withSpace }: CustodyRecoveryDeps,
  id: SegmentId,
  bytes: Uint8Array,
): Promise<void> {
  await withSpace(() => replaceDurable(files, segmentPath(folder, id), bytes));
  await files.syncFolder(folder);
}

/** Ends a durable segment: puts the signature over the whole of it beside it, durably. Errors: the signer's, the system's. */
export async function signSegment(
  {
    files,
    folder,
    signer,
    withSpace,
  }: Pick<CustodyRecoveryDeps, 'files' | 'folder' | 'signer' | 'withSpace'>,
  segment: SegmentId,
  bytes: Uint8Array,
): Promise<void> {
  const signature = await signer.sign(bytes, CUSTODY_SEGMENT_TRUSTED_COMMENT);
  const path = segmentSignaturePath(folder, segment);
  await withSpace(() => replaceDurable(files, path, encodeUtf8(signature)));
  await files.syncFolder(folder);
}

/** Those that went. */
async function removeEmpty(
  deps: CustodyRecoveryDeps,
  segments: readonly RecoveredSegment[],
): Promise<ReadonlySet<SegmentId>> {
  const named = new Set(segments.map((each) => predecessorOf(each)?.segment));
  const empty = segments.filter(
    ({ last, signed, segment, first }) =>
      last.sequence === 0 && first === undefined && !signed && !named.has(segment),
  );
  const removed = new Set<SegmentId>();
  for (const { segment } of empty) if (await removeOne(deps, segment)) removed.add(segment);
  return removed;
}

/** Only where it is as short as an unfinished first write: anything else without a good entry was damaged and stays. */
async function removeOne({ files, folder, log }: CustodyRecoveryDeps, segment: SegmentId): Promise<boolean> {
  try {
    const bytes = await files.readAll(segmentPath(folder, segment), SEGMENT_READ_BYTES_MAX);
    if (bufferOf(bytes).includes(10)) return false;
    await files.unlink(segmentPath(folder, segment));
    log.info('custody segment without an entry removed', { segment, size_bytes: bytes.length });
    return true;
  } catch (error) {
    log.warn('custody segment without an entry not removed', { segment, error });
    return false;
  }
}
