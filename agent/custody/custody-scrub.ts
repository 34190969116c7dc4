// Looks through ended custody segments without hurry: do their signatures still hold. Reads each once, in pieces.
import { parseUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import { CUSTODY_SEGMENT_TRUSTED_COMMENT } from '../../protocol/custody/custody-entry.ts';
import type { ChainBreak } from '../../protocol/custody/custody-order.ts';
import { SegmentScan } from '../../protocol/custody/custody-scan.ts';
import { readSegment } from '../../protocol/custody/segment-file.ts';
import { describeError, isMachineShort } from '../../protocol/format/errors.ts';
import type { SegmentId } from '../../protocol/format/ids.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../protocol/format/limits.ts';
import { verifyPrehashed, type PublicKey } from '../../protocol/documents/minisign.ts';
import type { Clock, Files } from '../../protocol/format/ports.ts';
import { isWithheld, lookPatiently } from '../platform/look-patiently.ts';
import { segmentPath, segmentSignaturePath, type KnownSegment } from './custody-segments.ts';

/** Before the first segment: a station that starts has other things to do. */
const BEGIN_PAUSE_MS = 1000;
/** Between two segments: thousands of them shall not be felt. */
const PAUSE_MS = 20;

export interface ScrubDeps {
  readonly folder: string;
  readonly files: Pick<Files, 'open' | 'readAll'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly stationKeys: readonly PublicKey[];
  /** What is known of a segment; undefined once it was dropped. */
  readonly known: (segment: SegmentId) => Pick<KnownSegment, 'lastSequence' | 'lastSha256'> | undefined;
  readonly onBreak: (found: ChainBreak) => void;
}

/** Verifies ended segments one after the other, until the signal is aborted. Never rejects. */
export async function scrubSegments(
  deps: ScrubDeps,
  segments: readonly SegmentId[],
  signal: AbortSignal,
): Promise<void> {
  if (segments.length > 0) await deps.clock.sleep(BEGIN_PAUSE_MS, signal).catch(() => undefined);
  if (signal.aborted) return;
  for (const segment of segments) {
    if (deps.known(segment) === undefined) continue;
    const found = await scrubOne(deps, segment, signal);
    if (signal.aborted) return;
    if (found !== undefined && deps.known(segment) !== undefined) deps.onBreak(found);
    await deps.clock.sleep(PAUSE_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
  }
}

/** What the disk does not show is no altered log: its own condition tells of it, and the next start looks again. */
async function scrubOne(
  deps: ScrubDeps,
  segment: SegmentId,
  signal: AbortSignal,
): Promise<ChainBreak | undefined> {
  try {
    return await lookPatiently(() => verify(deps, segment, signal));
  } catch (error) {
    if (signal.aborted || isMachineShort(error) || isWithheld(error)) return undefined;
    return findBreak(deps, segment, signal, describeError(error));
  }
}

/** Errors: that of a signature that does not fit; the system's; the signal's reason. */
async function verify(
  deps: ScrubDeps,
  segment: SegmentId,
  signal: AbortSignal,
): Promise<ChainBreak | undefined> {
  const { folder, files, stationKeys } = deps;
  let last = new Uint8Array(0);
  const digest = await eachLine(deps, segment, signal, (line) => {
    last = line.slice();
  });
  const signature = await files.readAll(segmentSignaturePath(folder, segment), SIGNATURE_FILE_BYTES_MAX);
  verifyPrehashed(digest, parseUtf8(signature) ?? '', CUSTODY_SEGMENT_TRUSTED_COMMENT, stationKeys);
  return otherEnd(deps, segment, sha256Hex(last));
}

/** A whole segment can be exchanged for another one that verifies: its end must be the one that the log goes on from. */
function otherEnd({ known }: ScrubDeps, segment: SegmentId, sha256: string): ChainBreak | undefined {
  const { lastSequence: sequence, lastSha256 } = known(segment) ?? {};
  if (sequence === undefined || sha256 === lastSha256) return undefined;
  return { segment, sequence, reason: 'its last entry is not the one that was known' };
}

/** The place where the chain of a segment breaks; where it does not, the reason that was found before. */
async function findBreak(
  deps: ScrubDeps,
  segment: SegmentId,
  signal: AbortSignal,
  reason: string,
): Promise<ChainBreak> {
  const scan = new SegmentScan(segment);
  let follows = true;
  await eachLine(deps, segment, signal, (line, end) => {
    follows &&= scan.take(line, end);
  }).catch(() => undefined); // what cannot be read is the reason that was found before
  const { state, reason: broken } = scan.finish(new Uint8Array(0), deps.stationKeys);
  return { segment, sequence: state.sequence, reason: broken === '' ? reason : broken };
}

/** Calls for each whole line with the offset behind its LF; gives the digest of the whole file. Errors: the system's; the signal's reason. */
async function eachLine(
  { files, folder }: Pick<ScrubDeps, 'files' | 'folder'>,
  segment: SegmentId,
  signal: AbortSignal,
  take: (line: Uint8Array, end: number) => void,
): Promise<Uint8Array> {
  return readSegment({ files, signal }, segmentPath(folder, segment), ({ bytes, offset, ended }) => {
    if (ended) take(bytes, offset + bytes.length + 1);
  });
}
