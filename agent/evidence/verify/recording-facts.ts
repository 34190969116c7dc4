// What is kept of one recording until all were read. Pure.
import type { HeldDocument } from './account-check.ts';
import type { Retention } from '../../../protocol/documents/retention.ts';
import type { CheckedRecording } from './recording-check.ts';

/** What a manifest says, as far as other documents could contradict it. */
export interface ProvenManifest {
  readonly station: string;
  /** Station key and camera: what makes a chain. */
  readonly chain: string;
  readonly docking: string;
  readonly bay: string;
  /** Camera with model and serial number, as one text. */
  readonly camera: string;
  readonly cameraId: string;
  readonly pathSha256: string;
  readonly sizeBytes: number;
  readonly originalSha256: string;
  readonly sealedSizeBytes: number;
  readonly chunksSha256: string;
  readonly modifiedAt: string | null;
  /** Why it counts as rejected. */
  readonly reason: string | null;
  readonly previous: string | null;
  readonly sidecars: readonly string[];
  readonly sidecarOf: string | null;
  /** Read in several dockings. */
  readonly isJoined: boolean;
  /** Recordings that it replaces. */
  readonly supersedes: readonly string[];
}

/** What a verified deletion record says, as far as orders and the store's log could contradict it. */
export interface ProvenDeletion {
  readonly sha256: string;
  /** Who deleted it. */
  readonly receiver: string;
  readonly deletedAt: string;
  readonly retention: Retention;
  readonly orderSha256: string | null;
}

/** One recording. */
export interface RecordingFacts extends HeldDocument {
  readonly kind: 'recording';
  /** Undefined where the manifest or its signature does not hold. */
  readonly proven: ProvenManifest | undefined;
  readonly receivedAt: string | undefined;
  readonly deletion: ProvenDeletion | undefined;
  /** What of the payload lies beside a deletion record. */
  readonly leftovers: readonly string[];
  /** Whether a docking record names it. */
  listed: boolean;
}

/** The facts of a recording that lies in the folder of that station, where known; `once` gives one copy of a word that comes often. */
export function recordingFacts(
  checked: CheckedRecording,
  station: string | undefined,
  once: (word: string) => string,
): RecordingFacts {
  const { name, where, manifest, manifestSha256, keyId, receiptSha256, receipt } = checked;
  const owner = station ?? manifest?.station;
  return {
    kind: 'recording',
    name,
    where,
    station: owner === undefined ? undefined : once(owner),
    sha256: manifestSha256,
    receiptSha256,
    made: manifest && keyId !== undefined ? { keyId: once(keyId), at: manifest.sealed_at } : undefined,
    hasPayload: checked.hasPayload,
    proven: provenManifest(checked, once),
    receivedAt: receipt?.received_at,
    deletion: provenDeletion(checked),
    leftovers: checked.leftovers,
    listed: false,
  };
}

function provenManifest(
  { manifest, manifestSha256, keyId }: CheckedRecording,
  once: (word: string) => string,
): ProvenManifest | undefined {
  if (manifest === undefined || manifestSha256 === undefined || keyId === undefined) return undefined;
  const { modified_at: modifiedAt, size_bytes: sizeBytes, sha256: originalSha256 } = manifest.original;
  return {
    station: once(manifest.station),
    chain: once(chainName(manifest.camera.id, keyId)),
    docking: once(manifest.docking),
    bay: once(manifest.bay),
    camera: once(cameraText(manifest.camera)),
    cameraId: once(manifest.camera.id),
    pathSha256: manifest.source.path_sha256,
    sizeBytes,
    originalSha256,
    sealedSizeBytes: manifest.sealed.size_bytes,
    chunksSha256: manifest.sealed.chunks_sha256,
    modifiedAt,
    reason: manifest.rejected === null ? null : once(manifest.rejected.reason),
    previous: manifest.previous_manifest_sha256,
    sidecars: manifest.sidecars,
    sidecarOf: manifest.sidecar_of,
    isJoined: manifest.joints !== undefined,
    supersedes: manifest.supersedes,
  };
}

function provenDeletion({ deletion, deletionSha256 }: CheckedRecording): ProvenDeletion | undefined {
  if (deletion === undefined || deletionSha256 === undefined) return undefined;
  const { receiver, deleted_at: deletedAt, order_sha256: orderSha256, retention } = deletion;
  return { sha256: deletionSha256, receiver, deletedAt, retention, orderSha256 };
}

/** What makes a chain: the camera, and the station key. */
export function chainName(camera: string, keyId: string): string {
  return `camera ${camera} by key ${keyId}`;
}

/** A camera as manifest and docking record both name it, in one text. */
export function cameraText({
  id,
  model,
  serial,
}: {
  readonly id: string;
  readonly model: string | null;
  readonly serial: string | null;
}): string {
  return JSON.stringify([id, model, serial]);
}
