// What the spool knows of one recording without touching the disk: facts of its manifest, where it lies, and how far it got.
// Made for whoever works on one: the spool itself keeps rows (recording-rows.ts, released-rows.ts).
import { join } from 'node:path';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import type { Manifest } from '../../protocol/documents/manifest.ts';
import { signatureKeyId } from '../../protocol/documents/minisign.ts';
import type { CameraId, DockingId, RecordingId } from '../../protocol/format/ids.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { ITEM, type Ledger } from '../custody/ledger.ts';
import { recordingFrom } from './keep.ts';
import { CHUNKS_NAME, PAYLOAD_NAME, type SpoolLayout } from './layout.ts';
import type { ItemStore, ItemType } from './signed-items.ts';
import type { Spool } from './spool.ts';

/** `spooled`: durable here; `receipted`: a receipt lies beside it; `released`: payload reclaimed, documents kept. */
export type SpoolState = 'spooled' | 'receipted' | 'released';

export type RejectedReason = NonNullable<Manifest['rejected']>['reason'];

/** Facts of a durable manifest; they never change. */
export interface RecordingFacts {
  readonly recording: RecordingId;
  readonly camera: CameraId;
  readonly docking: DockingId;
  readonly role: Manifest['role'];
  readonly locked: boolean;
  /** Why it counts as rejected, or null. */
  readonly rejected: { readonly reason: RejectedReason } | null;
  readonly pathSha256: string;
  readonly originalSizeBytes: number;
  readonly originalSha256: string;
  readonly sealedSizeBytes: number;
  readonly chunksSha256: string;
  readonly manifestSha256: string;
  readonly previousManifestSha256: string | null;
  readonly recipients: readonly string[];
  readonly sealedAt: string;
  /** Id of the key that its signature names, in 16 hex digits; null where that text is no signature. */
  readonly keyId: string | null;
}

/** What a chain needs to know of a manifest. */
export type LinkFacts = Pick<
  RecordingFacts,
  'recording' | 'camera' | 'manifestSha256' | 'previousManifestSha256' | 'sealedAt' | 'keyId'
>;

/** A durable recording. `state` and the paths change as it goes on; the facts do not. */
export interface SpooledRecording extends RecordingFacts {
  readonly state: SpoolState;
  /** Folder of SPEC 4.4. */
  readonly folder: string;
  /** Gone once released, like `chunksPath`. */
  readonly payloadPath: string;
  readonly chunksPath: string;
}

/** The facts of a manifest whose bytes have that digest, and whose signature file has that text. */
export function factsOf(manifest: Manifest, manifestSha256: string, signature: string): RecordingFacts {
  return {
    recording: manifest.recording,
    camera: manifest.camera.id,
    docking: manifest.docking,
    role: manifest.role,
    locked: manifest.locked,
    rejected: manifest.rejected && { reason: manifest.rejected.reason },
    pathSha256: manifest.source.path_sha256,
    originalSizeBytes: manifest.original.size_bytes,
    originalSha256: manifest.original.sha256,
    sealedSizeBytes: manifest.sealed.size_bytes,
    chunksSha256: manifest.sealed.chunks_sha256,
    manifestSha256,
    previousManifestSha256: manifest.previous_manifest_sha256,
    recipients: manifest.recipients,
    sealedAt: manifest.sealed_at,
    keyId: signatureKeyId(signature) ?? null,
  };
}

/** Hears of an entry's state. */
export interface StateKeeper {
  became(entry: CatalogueEntry): void;
}

/** The one mutable record of a recording; only the spool changes its state. */
export class CatalogueEntry implements SpooledRecording {
  readonly recording: RecordingId;
  readonly camera: CameraId;
  readonly docking: DockingId;
  readonly role: Manifest['role'];
  readonly locked: boolean;
  readonly rejected: RecordingFacts['rejected'];
  readonly pathSha256: string;
  readonly originalSizeBytes: number;
  readonly originalSha256: string;
  readonly sealedSizeBytes: number;
  readonly chunksSha256: string;
  readonly manifestSha256: string;
  readonly previousManifestSha256: string | null;
  readonly recipients: readonly string[];
  readonly sealedAt: string;
  readonly keyId: string | null;
  readonly #layout: SpoolLayout;
  readonly #keeper: StateKeeper | undefined;
  #state: SpoolState;

  /** `keeper`: of one whose payload is here. */
  constructor(facts: RecordingFacts, state: SpoolState, layout: SpoolLayout, keeper?: StateKeeper) {
    this.recording = facts.recording;
    this.camera = facts.camera;
    this.docking = facts.docking;
    this.role = facts.role;
    this.locked = facts.locked;
    this.rejected = facts.rejected;
    this.pathSha256 = facts.pathSha256;
    this.originalSizeBytes = facts.originalSizeBytes;
    this.originalSha256 = facts.originalSha256;
    this.sealedSizeBytes = facts.sealedSizeBytes;
    this.chunksSha256 = facts.chunksSha256;
    this.manifestSha256 = facts.manifestSha256;
    this.previousManifestSha256 = facts.previousManifestSha256;
    this.recipients = facts.recipients;
    this.sealedAt = facts.sealedAt;
    this.keyId = facts.keyId;
    this.#state = state;
    this.#layout = layout;
    this.#keeper = keeper;
  }

  get state(): SpoolState {
    return this.#state;
  }

  set state(state: SpoolState) {
    this.#state = state;
    this.#keeper?.became(this);
  }

  /** Other facts verified than those that were read before. The catalogue, which finds entries by them, does that. */
  correct(facts: RecordingFacts): void {
    Object.assign(this, facts);
  }

  get folder(): string {
    return join(this.state === 'released' ? this.#layout.released : this.#layout.ready, this.recording);
  }

  get payloadPath(): string {
    return join(this.folder, PAYLOAD_NAME);
  }

  get chunksPath(): string {
    return join(this.folder, CHUNKS_NAME);
  }
}

/** What the log says of a recording that is durable, in this order: what was sealed, whether it is odd, and that it is kept. */
export function spooledEvents(spooled: SpooledRecording): CustodyEvent[] {
  const { recording, manifestSha256, sealedSizeBytes, chunksSha256, rejected } = spooled;
  const size = { sealed_size_bytes: sealedSizeBytes };
  return [
    { event: 'sealed', facts: { recording, ...size, chunks_sha256: chunksSha256 } },
    ...(rejected === null
      ? []
      : [{ event: 'rejected' as const, facts: { recording, reason: rejected.reason } }]),
    { event: 'spooled', facts: { recording, manifest_sha256: manifestSha256, ...size } },
  ];
}

// Recordings as signed items.

/** The recordings of one spool. */
export function recordingType(
  store: ItemStore<SpooledRecording> & Pick<Spool, 'lastManifestSha256'>,
  files: Pick<Files, 'readAll'>,
  ledger: Pick<Ledger, 'manifests'>,
): ItemType<SpooledRecording> {
  return {
    kind: 'recording',
    store,
    entered: ITEM.spooled,
    entries: spooledEvents,
    chainEnd: async ({ camera, keyId, manifestSha256 }) => {
      const end = await store.lastManifestSha256(camera, ledger.manifests.get(camera));
      return end === manifestSha256 && keyId !== null ? { camera, key_id: keyId } : undefined;
    },
    fromMs: recordingFrom(files),
    refusedCode: 'recording.refused',
  };
}
