// Checkpoints of a custody log (SPEC 4.3.3): entries that say nothing but what their signature covers, so that anybody who carries or keeps the
// last line of a log cannot alter it either. Pure but for the signer.
import { encodeUtf8, parseUtf8 } from '../format/bytes.ts';
import {
  CUSTODY_HEAD_TRUSTED_COMMENT,
  encodeCustodyHead,
  parseCustodyHead,
  type ChainState,
  type CustodyEntry,
  type CustodyHeadDocument,
} from './custody-entry.ts';
import { DockError } from '../format/errors.ts';
import type { ReceiverId, SegmentId, StationId } from '../format/ids.ts';
import { isPlainlySpelled, verifyDocument, type PublicKey } from '../documents/minisign.ts';
import type { Signer } from '../format/ports.ts';

/** When an entry was made: wall time, kernel's boot id, whole milliseconds of the monotonic clock. */
export type EntryStamp = Pick<CustodyEntry, 'at' | 'boot' | 'monotonic_ms'>;

/** Whose log it is, a station's or a receiver's for the store's own, and in which segment. */
export interface LogPlace {
  readonly station: StationId | ReceiverId;
  readonly segment: SegmentId;
}

/** The checkpoint of a group that ends in `before`. Errors: the signer's. */
export async function makeCheckpoint(
  before: ChainState,
  { station, segment }: LogPlace,
  stamp: EntryStamp,
  signer: Signer,
): Promise<EntryStamp & Pick<CustodyEntry, 'event' | 'facts'>> {
  const { sequence, sha256 } = before;
  const { at, boot, monotonic_ms } = stamp;
  const place = { station, segment, sequence, sha256 };
  const head = encodeCustodyHead({
    type: 'custody-head',
    version: 1,
    ...place,
    at,
    boot,
    monotonic_ms,
  });
  const signature = await signer.sign(head, CUSTODY_HEAD_TRUSTED_COMMENT);
  return { at, boot, monotonic_ms, event: 'checkpoint', facts: { head: parseUtf8(head) ?? '', signature } };
}

/** What a checkpoint must name. */
export interface ExpectedHead {
  /** Undefined where the log's holder is not known. */
  readonly station: string | undefined;
  readonly segment: string;
  /** SHA-256 of the line before the checkpoint. */
  readonly sha256: string;
}

/** Why a checkpoint is none, or another one: `refused` has no head that can be read, `head` has one of another place or time. */
export interface CheckpointFault {
  readonly kind: 'refused' | 'head';
  readonly detail: string;
}

/** Why the head of a checkpoint is not the one that must stand there, no matter who signed it; undefined where it is. */
export function checkpointFault(entry: CustodyEntry, expected: ExpectedHead): CheckpointFault | undefined {
  const { head, signature } = entry.facts;
  if (typeof head !== 'string' || typeof signature !== 'string')
    return { kind: 'refused', detail: 'it has no head or no signature' };
  if (Object.keys(entry.facts).length !== 2)
    return { kind: 'refused', detail: 'it has facts beside its head and its signature' };
  try {
    const detail = differs(entry, parseCustodyHead(encodeUtf8(head)), expected);
    return detail === undefined ? undefined : { kind: 'head', detail };
  } catch (error) {
    if (!(error instanceof DockError)) throw error;
    return { kind: 'refused', detail: error.message };
  }
}

function differs(
  entry: CustodyEntry,
  signed: CustodyHeadDocument,
  expected: ExpectedHead,
): string | undefined {
  const { station = signed.station, segment, sha256 } = expected;
  const sequence = entry.sequence - 1;
  const isThere =
    signed.station === station &&
    signed.segment === segment &&
    signed.sequence === sequence &&
    signed.sha256 === sha256;
  if (!isThere)
    return (
      `expected station ${station}, segment ${segment}, entry ${sequence}, SHA-256 ${sha256}; ` +
      `found station ${signed.station}, segment ${signed.segment}, entry ${signed.sequence}, SHA-256 ${signed.sha256}`
    );
  const isThen =
    signed.at === entry.at && signed.boot === entry.boot && signed.monotonic_ms === entry.monotonic_ms;
  if (!isThen)
    return `it bears the time ${entry.at} (${entry.monotonic_ms} ms), its signed head ${signed.at} (${signed.monotonic_ms} ms)`;
  return undefined;
}

/**
 * The key that signed the head of a checkpoint.
 * Errors: those of verifyDocument; "signature.malformed" also where the text is not spelled in the one way that signers spell it.
 */
export function verifyCheckpoint({ facts }: CustodyEntry, keys: readonly PublicKey[]): PublicKey {
  const signature = String(facts['signature']);
  const key = verifyDocument(
    encodeUtf8(String(facts['head'])),
    signature,
    CUSTODY_HEAD_TRUSTED_COMMENT,
    keys,
  );
  if (isPlainlySpelled(signature)) return key;
  throw new DockError(
    'signature.malformed',
    'the text of the signature was altered where it signs nothing: in its first line or at its end',
    { retry: 'never' },
  );
}
