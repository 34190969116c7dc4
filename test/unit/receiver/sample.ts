// A sealed recording made of random bytes with true digests and a signed manifest: a receiver cannot open one anyway.
import { sha256, sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  makeDockingId,
  makeRecordingId,
  parseBayId,
  parseCameraId,
  parseStationId,
  type StationId,
} from '../../../protocol/format/ids.ts';
import { DIGEST_BYTES, UNIT_BYTES } from '../../../protocol/format/limits.ts';
import {
  encodeManifest,
  MANIFEST_TRUSTED_COMMENT,
  unitCount,
  type Manifest,
} from '../../../protocol/documents/manifest.ts';
import type { SecretKey } from '../../../protocol/documents/minisign.ts';
import { encodeReceipt, type Receipt } from '../../../protocol/documents/receipt.ts';
import type { Random } from '../../../protocol/format/ports.ts';
import type { RecordingName, SignedDocument } from '../../../agent/receiver/vault/vault.ts';
import type { UnitSubject } from '../../../agent/receiver/vault/unit-store.ts';
import { signFast } from '../../fakes/signer-fast.ts';

export const STATION: StationId = parseStationId('dock-1');

export interface Sample extends RecordingName {
  readonly manifest: Manifest;
  readonly manifestSha256: string;
  readonly offer: SignedDocument;
  readonly payload: Uint8Array;
  readonly chunks: Uint8Array;
  readonly units: number;
  readonly subject: UnitSubject;
}

/** One SHA-256 per unit. */
export function chunksOf(payload: Uint8Array): Uint8Array {
  const chunks = new Uint8Array(unitCount(payload.length) * DIGEST_BYTES);
  for (let unit = 0; unit * UNIT_BYTES < payload.length; unit++)
    chunks.set(sha256(payload.subarray(unit * UNIT_BYTES, (unit + 1) * UNIT_BYTES)), unit * DIGEST_BYTES);
  return chunks;
}

/** Bytes that differ between samples and cost little to draw. */
function payloadOf(random: Random, sizeBytes: number): Uint8Array {
  const seed = random.bytes(Math.min(sizeBytes, 4096));
  const payload = new Uint8Array(sizeBytes);
  for (let at = 0, turn = 0; at < sizeBytes; at += seed.length, turn++) {
    payload.set(seed.subarray(0, Math.min(seed.length, sizeBytes - at)), at);
    payload[at] = turn & 255;
  }
  return payload;
}

/** A recording of that many sealed bytes; `change` alters fields of its manifest before it is signed. */
export function makeSample(
  random: Random,
  key: SecretKey,
  sizeBytes: number,
  change: Partial<Manifest> = {},
): Sample {
  const payload = payloadOf(random, sizeBytes);
  const chunks = chunksOf(payload);
  const manifest: Manifest = {
    type: 'recording-manifest',
    version: 1,
    recording: makeRecordingId(random),
    station: STATION,
    bay: parseBayId('bay-1'),
    docking: makeDockingId(random),
    camera: { id: parseCameraId('cam-1'), model: null, serial: null },
    role: 'media',
    locked: false,
    rejected: null,
    source: { path_sha256: sha256Hex(payload.subarray(0, 10)), sealed: 'AAAA' },
    original: { size_bytes: sizeBytes, sha256: sha256Hex(payload), modified_at: null },
    capture: { earliest_at: null, latest_at: null, basis: 'clock-unmeasured' },
    sealed: { size_bytes: sizeBytes, unit_bytes: UNIT_BYTES, chunks_sha256: sha256Hex(chunks) },
    recipients: [`age1${'q'.repeat(58)}`],
    media: null,
    sidecars: [],
    sidecar_of: null,
    supersedes: [],
    previous_manifest_sha256: null,
    sealed_at: '2026-11-25T08:00:00.000Z',
    clock_synchronised: true,
    ...change,
  };
  const bytes = encodeManifest(manifest);
  return {
    station: manifest.station,
    recording: manifest.recording,
    manifest,
    manifestSha256: sha256Hex(bytes),
    offer: { bytes, signature: signFast(key, bytes, MANIFEST_TRUSTED_COMMENT) },
    payload,
    chunks,
    units: unitCount(sizeBytes),
    subject: { sealedSizeBytes: sizeBytes, chunksSha256: manifest.sealed.chunks_sha256 },
  };
}

/** Bytes of a receipt of it. */
export function encodeReceiptOf(
  sample: Sample,
  given: Pick<Receipt, 'receiver' | 'vault' | 'received_at'> & Partial<Receipt>,
): Uint8Array {
  return encodeReceipt({
    type: 'receipt',
    version: 1,
    kind: 'recording',
    recording: sample.recording,
    station: sample.station,
    manifest_sha256: sample.manifestSha256,
    sealed_size_bytes: sample.payload.length,
    chunks_sha256: sha256Hex(sample.chunks),
    custody_head: null,
    ...given,
  });
}
