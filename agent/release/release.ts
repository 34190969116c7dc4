// The release gate (SPEC 8): the one function that says whether a file on a camera may be erased. It reads no payload and does nothing.
import { type Manifest, MANIFEST_TRUSTED_COMMENT, parseManifest } from '../../protocol/documents/manifest.ts';
import { type PublicKey, verifyDocument } from '../../protocol/documents/minisign.ts';
import { parseReceipt, type Receipt, RECEIPT_TRUSTED_COMMENT } from '../../protocol/documents/receipt.ts';
import { describeError } from '../../protocol/format/errors.ts';
import { type CountedStore, otherStore, receiptMeant, receiptMismatch } from '../spool/documents.ts';

/** The entry on the camera as it was proven in this docking; every field comes from this docking's own reading. */
export interface ProvenEntry {
  readonly cameraId: string;
  readonly pathSha256: string;
  readonly sizeBytes: number;
  /** SHA-256 of the bytes read from the camera in this unbroken docking, from the first to the last. */
  readonly sha256: string;
  /** The driver's stamp when those bytes had been read, and in the newest listing. */
  readonly stampRead: string;
  readonly stampNow: string;
}

/** Everything that the decision rests on. */
export interface ReleaseQuestion extends CountedStore {
  readonly policy: 'never' | 'after-receipt';
  readonly station: string;
  readonly manifest: { readonly bytes: Uint8Array; readonly signature: string };
  readonly receipt: { readonly bytes: Uint8Array; readonly signature: string };
  readonly stationKeys: readonly PublicKey[];
  readonly storeKeys: readonly PublicKey[];
  /** Recipients with a valid, installed proof. */
  readonly provenRecipients: ReadonlySet<string>;
  readonly entry: ProvenEntry;
  /** The store lost what it had: its receipts may be about what it does not hold any more (SPEC 6.10). */
  readonly storeBehind: boolean;
  /** The store's log is another one than it was, or is shorter (SPEC 6.12). */
  readonly logForked: boolean;
}

export type ReleaseAnswer =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: ReleaseRefusal; readonly detail: string };

/** Stable words for logs and the custody log. */
export type ReleaseRefusal =
  | 'policy-never'
  | 'manifest-invalid'
  | 'receipt-invalid'
  | 'receipt-mismatch'
  | 'receipt-other-store'
  | 'damaged'
  | 'entry-mismatch'
  | 'entry-changed'
  | 'recipient-unproven'
  /** Both for now: nothing is decided by them. */
  | 'store-behind'
  | 'log-forked';

const refuse = (reason: ReleaseRefusal, detail: string): ReleaseAnswer => ({
  allowed: false,
  reason,
  detail,
});

/**
 * Whether this one file may be erased now. Never throws; everything that does not hold is a refusal with its reason.
 * Source: protocol/SPEC.md, section 8, in its order.
 */
export function mayErase(question: ReleaseQuestion): ReleaseAnswer {
  if (question.policy !== 'after-receipt')
    return refuse('policy-never', 'the configuration says release: never');
  if (question.logForked) return refuse('log-forked', 'the log of the store is not the one that it was');
  if (question.storeBehind) return refuse('store-behind', 'the store was put back to an earlier state');
  let manifest: Manifest;
  let receipt: Receipt;
  try {
    verifyDocument(
      question.manifest.bytes,
      question.manifest.signature,
      MANIFEST_TRUSTED_COMMENT,
      question.stationKeys,
    );
    manifest = parseManifest(question.manifest.bytes);
  } catch (error) {
    return refuse('manifest-invalid', describeError(error));
  }
  try {
    verifyDocument(
      question.receipt.bytes,
      question.receipt.signature,
      RECEIPT_TRUSTED_COMMENT,
      question.storeKeys,
    );
    receipt = parseReceipt(question.receipt.bytes);
  } catch (error) {
    return refuse('receipt-invalid', describeError(error));
  }
  const other = otherStore(receipt, question);
  if (other !== undefined) return refuse('receipt-other-store', other);
  const meant = receiptMeant('recording', question.manifest.bytes);
  const mismatch = receiptMismatch(receipt, meant, question.station);
  if (mismatch !== undefined) return refuse('receipt-mismatch', mismatch);
  if (manifest.rejected?.reason === 'damaged')
    return refuse('damaged', 'parts of this recording could not be read');
  return entryAnswer(manifest, question);
}

function entryAnswer(manifest: Manifest, question: ReleaseQuestion): ReleaseAnswer {
  const { entry } = question;
  if (entry.cameraId !== manifest.camera.id) return refuse('entry-mismatch', 'another camera');
  if (entry.pathSha256 !== manifest.source.path_sha256) return refuse('entry-mismatch', 'another path');
  if (entry.sizeBytes !== manifest.original.size_bytes) {
    return refuse(
      'entry-mismatch',
      `${entry.sizeBytes} bytes on the camera, ${manifest.original.size_bytes} sealed`,
    );
  }
  if (entry.sha256 !== manifest.original.sha256) return refuse('entry-mismatch', 'another content');
  if (entry.stampNow !== entry.stampRead)
    return refuse('entry-changed', 'the camera shows a change since it was read');
  const unproven = manifest.recipients.find((recipient) => !question.provenRecipients.has(recipient));
  if (unproven === undefined) return { allowed: true };
  return refuse(
    'recipient-unproven',
    `nobody has proven to open what is sealed to ${unproven}: run "bodydock keys prove"`,
  );
}
