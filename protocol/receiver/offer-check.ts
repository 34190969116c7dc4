// Whether an offer is what it says: parsed, signed by a key of that station, about that station and that recording. No I/O.
import { sha256Hex } from '../bytes.ts';
import { describeError, DockError } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import { MANIFEST_BYTES_MAX } from '../limits.ts';
import { MANIFEST_TRUSTED_COMMENT, parseManifest, type Manifest } from '../manifest.ts';
import { messageBytes, parseOffer } from '../messages.ts';
import { verifyDocument, type PublicKey } from '../minisign.ts';
import type { RecordingName, SignedDocument } from './vault.ts';

/** Who is answered, and about what. */
export interface OfferAddress extends RecordingName {
  readonly session: SessionId;
  readonly manifestSha256: string;
}

/** What is kept of an offer while its recording is received: the document itself may have 256 KiB. */
export interface OfferSubject extends OfferAddress {
  readonly sealedSizeBytes: number;
  readonly chunksSha256: string;
}

/** An offer that verified. */
export interface CheckedOffer {
  readonly subject: OfferSubject;
  readonly document: SignedDocument;
}

/** Why an offer is refused, as a stable word and in detail. */
export interface OfferRefusal {
  readonly reason: 'unknown-station' | 'manifest-signature' | 'manifest-refused' | 'manifest-mismatch';
  readonly detail: string;
  readonly address: OfferAddress;
}

export type OfferVerdict =
  | { readonly kind: 'good'; readonly offer: CheckedOffer }
  | { readonly kind: 'refused'; readonly refusal: OfferRefusal };

/** True where the document is a manifest that one of the keys signed. Never throws. */
export function isSignedManifest(document: SignedDocument, keys: readonly PublicKey[]): boolean {
  try {
    verifyDocument(document.bytes, document.signature, MANIFEST_TRUSTED_COMMENT, keys);
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks the offer that came for a recording.
 * Shape: `keys` are those of the station in the topic; undefined where it is not known.
 * Errors: "message.refused" for what is no offer at all; there is nobody to answer then.
 */
export function checkOffer(
  name: RecordingName,
  payload: Uint8Array,
  keys: readonly PublicKey[] | undefined,
): OfferVerdict {
  const message = parseOffer(payload);
  const bytes = messageBytes(message.manifest);
  const document = { bytes, signature: message.signature };
  const address = { ...name, session: message.session, manifestSha256: sha256Hex(bytes) };
  const refuse = (reason: OfferRefusal['reason'], detail: string): OfferVerdict => ({
    kind: 'refused',
    refusal: { reason, detail, address },
  });
  if (keys === undefined) return refuse('unknown-station', `station ${name.station} is not in the file`);
  if (bytes.length > MANIFEST_BYTES_MAX) return refuse('manifest-refused', `${bytes.length} bytes`);
  try {
    verifyDocument(bytes, document.signature, MANIFEST_TRUSTED_COMMENT, keys);
    const manifest = parseManifest(bytes);
    const mismatch = mismatchOf(manifest, name);
    if (mismatch !== undefined) return refuse('manifest-mismatch', mismatch);
    const { size_bytes: sealedSizeBytes, chunks_sha256: chunksSha256 } = manifest.sealed;
    return { kind: 'good', offer: { subject: { ...address, sealedSizeBytes, chunksSha256 }, document } };
  } catch (error) {
    if (!(error instanceof DockError)) throw error;
    const reason = error.code.startsWith('signature.') ? 'manifest-signature' : 'manifest-refused';
    return refuse(reason, describeError(error));
  }
}

function mismatchOf(manifest: Manifest, name: RecordingName): string | undefined {
  if (manifest.station !== name.station) return `the manifest names station ${manifest.station}`;
  return manifest.recording === name.recording
    ? undefined
    : `the manifest names recording ${manifest.recording}`;
}
