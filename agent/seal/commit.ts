// From a finished sealing to "spooled": manifest, signature, durable folder, log. One at a time for a camera, so that its chain
// of manifests never names one that is not durable.
import { DockError } from '../../protocol/format/errors.ts';
import {
  encodeManifest,
  MANIFEST_TRUSTED_COMMENT,
  type Manifest,
} from '../../protocol/documents/manifest.ts';
import type { CameraId, RecordingId } from '../../protocol/format/ids.ts';
import type { Clock, Signer } from '../../protocol/format/ports.ts';
import type { Bulk, SealResult } from './bulk.ts';
import { timeThatHolds } from './capture-time.ts';
import type { TrackedEntry } from '../inventory/entry.ts';
import { buildManifest, type DockingFacts } from './manifest-build.ts';
import type { ChainEnd } from '../custody/ledger.ts';
import type { Spool, SpooledRecording, Staging } from '../spool/spool.ts';
import type { SignedItems } from '../spool/signed-items.ts';
import type { KeyedMutex } from '../../protocol/format/keyed-mutex.ts';

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
