// What one folder of a vault holds, as far as retention goes: its documents verified, its due date computed from them. Reads only.
import { join } from 'node:path';
import {
  DELETION_BYTES_MAX,
  DELETION_TRUSTED_COMMENT,
  type DeletionRecord,
  parseDeletionRecord,
} from '../../../protocol/documents/deletion-record.ts';
import {
  type Manifest,
  MANIFEST_TRUSTED_COMMENT,
  parseManifest,
} from '../../../protocol/documents/manifest.ts';
import { type PublicKey, verifyDocument } from '../../../protocol/documents/minisign.ts';
import {
  parseReceipt,
  type Receipt,
  RECEIPT_BYTES_MAX,
  RECEIPT_TRUSTED_COMMENT,
} from '../../../protocol/documents/receipt.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { listIfThere } from '../../../protocol/format/durable.ts';
import { describeError, DockError, isDockError } from '../../../protocol/format/errors.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { readDocument } from '../vault/vault-dockings.ts';
import { CHUNKS, DELETION, MANIFEST, PAYLOAD, RECEIPT } from '../vault/vault-layout.ts';
import type { RecordingName, SignedDocument } from '../vault/vault.ts';
import type { RetentionDeps } from './deps.ts';

/** Lies in a folder from before its payload goes until the log says that it went; a power cut may bring it back. */
export const DELETING_MARK = 'deleting.tmp';

/** A recording whose documents hold. */
export interface ProvenRecording {
  readonly manifest: Manifest;
  readonly manifestSha256: string;
  readonly receipt: Receipt;
  readonly receiptSha256: string;
}

/** What a folder is. `doubtful` has a payload that is never deleted, or documents that do not hold, for the reason given. */
export type RecordingFacts =
  /** No recording's folder, or gone. */
  | { readonly kind: 'other' }
  /** A recording without a receipt: it is not the store's yet. */
  | { readonly kind: 'unreceipted' }
  | { readonly kind: 'doubtful'; readonly reason: string }
  | ({ readonly kind: 'kept' } & ProvenRecording)
  /** Deleted; `unfinished` where something of it may be left, or the log may not know. */
  | ({
      readonly kind: 'deleted';
      readonly record: DeletionRecord;
      readonly recordSha256: string;
      readonly unfinished: 'no' | 'payload' | 'entry';
    } & ProvenRecording);

/** A folder whose documents hold. */
export type ProvenFacts = Extract<RecordingFacts, ProvenRecording>;

/** Keys that count. */
export interface FactsKeys {
  readonly store: readonly PublicKey[];
  /** Of the station; none where it is not in the file any more. */
  readonly station: readonly PublicKey[];
}

/** Looks at one folder. Errors: the system's. */
export async function readRecording(
  { files, layout }: Pick<RetentionDeps, 'files' | 'layout'>,
  name: RecordingName,
  keys: FactsKeys,
): Promise<RecordingFacts> {
  const folder = layout.recording(name);
  const names = new Set(await listIfThere(files, folder));
  if (!names.has(MANIFEST)) return names.has(PAYLOAD) ? doubtful('it has no manifest') : { kind: 'other' };
  if (!names.has(RECEIPT) && !names.has(DELETION)) return { kind: 'unreceipted' };
  const document = (file: string, bytesMax: number): Promise<SignedDocument | undefined> =>
    readDocument(files, join(folder, file), bytesMax);
  const [manifest, receipt] = [
    await document(MANIFEST, MANIFEST_BYTES_MAX),
    await document(RECEIPT, RECEIPT_BYTES_MAX),
  ];
  try {
    const proven = prove(name, manifest, receipt, keys);
    const record = names.has(DELETION) ? await document(DELETION, DELETION_BYTES_MAX) : undefined;
    return names.has(DELETION) ? deletion(proven, record, keys, names) : { kind: 'kept', ...proven };
  } catch (error) {
    if (error instanceof DockError) return doubtful(describeError(error));
    throw error;
  }
}

function doubtful(reason: string): RecordingFacts {
  return { kind: 'doubtful', reason };
}

/** Errors: "signature.*", "document.*", "canonical.refused", "retention.mismatch". */
function prove(
  name: RecordingName,
  manifestDocument: SignedDocument | undefined,
  receiptDocument: SignedDocument | undefined,
  keys: FactsKeys,
): ProvenRecording {
  if (manifestDocument === undefined) throw mismatch('the manifest or its signature cannot be read');
  if (receiptDocument === undefined) throw mismatch('the receipt or its signature cannot be read');
  verifyDocument(receiptDocument.bytes, receiptDocument.signature, RECEIPT_TRUSTED_COMMENT, keys.store);
  const receipt = parseReceipt(receiptDocument.bytes);
  const manifestSha256 = sha256Hex(manifestDocument.bytes);
  if (
    receipt.kind !== 'recording' ||
    receipt.recording !== name.recording ||
    receipt.station !== name.station
  )
    throw mismatch('the receipt is another one');
  if (receipt.manifest_sha256 !== manifestSha256) throw mismatch('the receipt names another manifest');
  verifyManifest(manifestDocument, keys.station);
  const manifest = parseManifest(manifestDocument.bytes);
  if (manifest.recording !== name.recording || manifest.station !== name.station)
    throw mismatch('the manifest is another one');
  return { manifest, manifestSha256, receipt, receiptSha256: sha256Hex(receiptDocument.bytes) };
}

/** A key that is gone from the file since is no fault: the receipt says that it verified when the recording came. */
function verifyManifest({ bytes, signature }: SignedDocument, keys: readonly PublicKey[]): void {
  try {
    verifyDocument(bytes, signature, MANIFEST_TRUSTED_COMMENT, keys);
  } catch (error) {
    if (!isDockError(error, 'signature.unknown-key')) throw error;
  }
}

/** A record that does not hold beside a whole payload is what a power cut left of a decision: it is taken anew. */
function deletion(
  proven: ProvenRecording,
  document: SignedDocument | undefined,
  keys: FactsKeys,
  names: ReadonlySet<string>,
): RecordingFacts {
  const whole = names.has(PAYLOAD) && names.has(CHUNKS);
  try {
    if (document === undefined) throw mismatch('the deletion record or its signature cannot be read');
    verifyDocument(document.bytes, document.signature, DELETION_TRUSTED_COMMENT, keys.store);
    const record = parseDeletionRecord(document.bytes);
    const { recording, station, manifest_sha256: manifestSha256, receipt_sha256: receiptSha256 } = record;
    const fits =
      recording === proven.manifest.recording &&
      station === proven.manifest.station &&
      manifestSha256 === proven.manifestSha256 &&
      receiptSha256 === proven.receiptSha256;
    if (!fits) throw mismatch('the deletion record is about something else');
    const left = names.has(PAYLOAD) || names.has(CHUNKS);
    const unfinished = left ? 'payload' : names.has(DELETING_MARK) ? 'entry' : 'no';
    return { kind: 'deleted', ...proven, record, recordSha256: sha256Hex(document.bytes), unfinished };
  } catch (error) {
    if (!(error instanceof DockError) || !whole) throw error;
    return { kind: 'kept', ...proven };
  }
}

function mismatch(what: string): DockError {
  return new DockError('retention.mismatch', what, { retry: 'person' });
}
