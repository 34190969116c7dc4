// Puts a recording's manifest together from what the camera said and what the sealing measured. Pure but for sealing the name.
import type { CameraIdentity, InventoryEntry } from '../../drivers/driver.ts';
import { encodeBase64 } from '../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../protocol/format/canonical.ts';
import type { BayId, CameraId, DockingId, RecordingId, StationId } from '../../protocol/format/ids.ts';
import { SUPERSEDES_MAX, UNIT_BYTES } from '../../protocol/format/limits.ts';
import { type Manifest, manifestVersion } from '../../protocol/documents/manifest.ts';
import type { Bulk, SealResult } from './bulk.ts';
import { captureOf, type DockingTime } from './capture-time.ts';
import type { TrackedEntry } from '../inventory/entry.ts';

/** What is the same for all recordings of one docking. */
export interface DockingFacts {
  readonly station: StationId;
  readonly bay: BayId;
  readonly docking: DockingId;
  readonly camera: CameraId;
  readonly identity: CameraIdentity;
  readonly recipients: readonly string[];
  /** What is known of time and still holds; left out where nothing is: then every capture time stays the camera's claim. */
  readonly time?: DockingTime | null;
}

/** What one sealing adds. */
export interface SealedFacts {
  readonly recording: RecordingId;
  readonly seal: SealResult;
  /** See OpenPull. */
  readonly joints: readonly number[];
  /** Recordings that the store lost, of which this one has the original. */
  readonly replaced: readonly RecordingId[];
  readonly previousManifestSha256: string | null;
  readonly sealedAt: string;
  readonly clockSynchronised: boolean | null;
  /** See HeldPolicy. */
  readonly policySha256?: string | undefined;
}

/** The manifest of one recording (SPEC 4.1). Errors: those of sealing the small text. */
export async function buildManifest(
  docking: DockingFacts,
  entry: TrackedEntry,
  sealed: SealedFacts,
  bulk: Pick<Bulk, 'sealSmall'>,
): Promise<Manifest> {
  const { listed, role } = entry;
  const { seal } = sealed;
  const named = {
    ...(sealed.joints.length > 0 && { joints: [...sealed.joints] }),
    ...(sealed.policySha256 !== undefined && { policy_sha256: sealed.policySha256 }),
  };
  return {
    type: 'recording-manifest',
    version: manifestVersion(named),
    recording: sealed.recording,
    station: docking.station,
    bay: docking.bay,
    docking: docking.docking,
    camera: { id: docking.camera, model: docking.identity.model, serial: docking.identity.serial },
    role: role.role,
    locked: listed.locked,
    rejected: rejection(entry, seal),
    source: { path_sha256: entry.pathSha256, sealed: await sealSource(listed, docking.recipients, bulk) },
    original: {
      size_bytes: seal.originalSizeBytes,
      sha256: seal.originalSha256,
      modified_at: listed.modifiedAt,
    },
    capture: captureOf(entry, docking.time ?? null),
    sealed: { size_bytes: seal.sealedSizeBytes, unit_bytes: UNIT_BYTES, chunks_sha256: seal.chunksSha256 },
    recipients: [...docking.recipients],
    media: seal.media,
    sidecars: [...role.sidecars],
    sidecar_of: role.sidecarOf,
    supersedes: superseded(entry.supersedes, sealed.replaced),
    previous_manifest_sha256: sealed.previousManifestSha256,
    sealed_at: sealed.sealedAt,
    clock_synchronised: sealed.clockSynchronised,
    ...named,
  };
}

/** Of more than a manifest can name the last ones, those that the store lost before all others: it waits for whoever names them. */
function superseded(aside: readonly RecordingId[], replaced: readonly RecordingId[]): RecordingId[] {
  const all = new Set([...replaced.toReversed(), ...aside.toReversed()]);
  return [...all].slice(0, SUPERSEDES_MAX).sort();
}

function rejection({ role }: TrackedEntry, seal: SealResult): Manifest['rejected'] {
  if (seal.unreadable.length > 0) return { reason: 'damaged', unreadable: [...seal.unreadable] };
  return role.rejected === null ? null : { reason: role.rejected, unreadable: [] };
}

async function sealSource(
  listed: InventoryEntry,
  recipients: readonly string[],
  bulk: Pick<Bulk, 'sealSmall'>,
): Promise<string> {
  const source = encodeCanonical({ path: encodeBase64(listed.path), vendor: wellFormed(listed.vendor) });
  return encodeBase64(await bulk.sealSmall(source, recipients));
}

/** Vendor texts come from a camera: a lone surrogate would have no canonical form. */
function wellFormed(vendor: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(vendor).map(([key, value]) => [key.toWellFormed(), value.toWellFormed()]),
  );
}
