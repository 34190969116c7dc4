// From a finished sealing to "spooled": manifest, signature, durable folder, log. One at a time for a camera, so that its chain
// of manifests never names one that is not durable.
import type { CameraIdentity, InventoryEntry } from '../../drivers/driver.ts';
import {
  encodeManifest,
  type Manifest,
  MANIFEST_TRUSTED_COMMENT,
  manifestVersion,
} from '../../protocol/documents/manifest.ts';
import { encodeBase64 } from '../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../protocol/format/canonical.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { BayId, CameraId, DockingId, RecordingId, StationId } from '../../protocol/format/ids.ts';
import type { KeyedMutex } from '../../protocol/format/keyed-mutex.ts';
import { SUPERSEDES_MAX, UNIT_BYTES } from '../../protocol/format/limits.ts';
import type { Clock, Signer } from '../../protocol/format/ports.ts';
import type { ChainEnd } from '../custody/ledger.ts';
import type { TrackedEntry } from '../inventory/entry.ts';
import type { SignedItems } from '../spool/signed-items.ts';
import type { Spool, SpooledRecording, Staging } from '../spool/spool.ts';
import type { Bulk, SealResult } from './bulk.ts';
import { captureOf, type DockingTime, timeThatHolds } from './capture-time.ts';

/** What committing needs. */
export interface CommitDeps {
  readonly spool: Pick<Spool, 'commit' | 'discard' | 'lastManifestSha256' | 'findContent' | 'replacedBy'>;
  readonly items: Pick<SignedItems, 'spooled'>;
  readonly bulk: Pick<Bulk, 'sealSmall'>;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly clockSynchronised: () => boolean | null;
  /** What the station holds of it. */
  readonly policy: { readonly sha256: string | undefined };
  /** What the ledger says was spooled last of a camera. */
  readonly lastSpooled: (camera: CameraId) => ChainEnd | undefined;
  /** Of all dockings: a camera that is in two bays at a time has one chain all the same. */
  readonly turns: KeyedMutex<CameraId>;
}

/** What was sealed and waits for its manifest. */
export interface Sealed {
  readonly recording: RecordingId;
  readonly staging: Staging;
  readonly seal: SealResult;
  /** See OpenPull. */
  readonly joints: readonly number[];
}

/** A camera's content that turned out to be one that is already durable here, or a new recording. */
export type CommitOutcome = { readonly kind: 'new' | 'matched'; readonly recording: SpooledRecording };

/** Commits of one docking, strictly one after the other with all others of its camera. */
export class Committer {
  readonly #deps: CommitDeps;
  readonly #docking: DockingFacts;

  constructor(deps: CommitDeps, docking: DockingFacts) {
    this.#deps = deps;
    this.#docking = docking;
  }

  /** Resolves when the recording is durable. Errors: those of the spool and the signer; the staging is discarded then. */
  commit(entry: TrackedEntry, sealed: Sealed): Promise<CommitOutcome> {
    return this.#deps.turns.run(this.#docking.camera, () => this.#commit(entry, sealed));
  }

  async #commit(entry: TrackedEntry, sealed: Sealed): Promise<CommitOutcome> {
    try {
      const known = await this.#alreadyHere(entry, sealed.seal);
      if (known !== undefined) {
        await this.#deps.spool.discard(sealed.staging);
        return { kind: 'matched', recording: await this.#stillHere(entry, sealed.seal) };
      }
      return { kind: 'new', recording: await this.#makeDurable(entry, sealed) };
    } catch (error) {
      await this.#deps.spool.discard(sealed.staging).catch(() => undefined); // recovery removes what is left
      throw error;
    }
  }

  async #alreadyHere(
    { pathSha256 }: TrackedEntry,
    { unreadable, originalSizeBytes: sizeBytes, originalSha256 }: SealResult,
  ): Promise<SpooledRecording | undefined> {
    if (unreadable.length > 0) return undefined;
    return this.#deps.spool.findContent(this.#docking.camera, { pathSha256, sizeBytes }, originalSha256);
  }

  /** It may have gone to the quarantine in the meantime: then the camera's bytes are the only ones. Errors: "spool.damaged". */
  async #stillHere(entry: TrackedEntry, seal: SealResult): Promise<SpooledRecording> {
    const known = await this.#alreadyHere(entry, seal);
    if (known !== undefined) return known;
    throw new DockError('spool.damaged', 'what held this content already left the spool; it is taken again', {
      retry: 'later',
    });
  }

  async #makeDurable(
    entry: TrackedEntry,
    { recording, staging, seal, joints }: Sealed,
  ): Promise<SpooledRecording> {
    const { spool, bulk, signer, clock } = this.#deps;
    const manifest: Manifest = await buildManifest(
      { ...this.#docking, time: timeThatHolds(this.#docking.time, clock) },
      entry,
      {
        recording,
        seal,
        joints,
        replaced: spool.replacedBy(this.#docking.camera, entry.pathSha256, seal.originalSha256),
        previousManifestSha256: await spool.lastManifestSha256(
          this.#docking.camera,
          this.#deps.lastSpooled(this.#docking.camera),
        ),
        sealedAt: new Date(clock.wallMs()).toISOString(),
        clockSynchronised: this.#deps.clockSynchronised(),
        policySha256: this.#deps.policy.sha256,
      },
      bulk,
    );
    const manifestBytes = encodeManifest(manifest);
    const signature = await signer.sign(manifestBytes, MANIFEST_TRUSTED_COMMENT);
    const spooled = await spool.commit(staging, { manifestBytes, signature, manifest });
    this.#deps.items.spooled('recording', recording);
    return spooled;
  }
}

// Puts a recording's manifest together from what the camera said and what the sealing measured. Pure but for sealing the name.

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
interface SealedFacts {
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
