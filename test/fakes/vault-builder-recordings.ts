// For the vault builder: really sealed recordings with their manifests.
import { link } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrackedEntry } from '../../agent/inventory/entry.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { buildManifest } from '../../agent/seal/commit.ts';
import type { Manifest } from '../../protocol/documents/manifest.ts';
import type { Receipt } from '../../protocol/documents/receipt.ts';
import { encodeUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import type { BayId, CameraId, DockingId, RecordingId, StationId } from '../../protocol/format/ids.ts';
import type { Random } from '../../protocol/format/ports.ts';
import { bulkInline } from './bulk-inline.ts';
import { listedFile, trackedEntry } from './tracked-entry.ts';

/** What a recording is made from; all has a default. */
export interface RecordingWish {
  readonly original?: Uint8Array;
  /** Takes the sealed bytes of this one, and what it says of them, in place of sealing an original. */
  readonly sealedAs?: BuiltRecording | undefined;
  /** Path on the camera. */
  readonly path?: string | Uint8Array;
  /** Its docking, where another one is open or none; default: the camera that was docked last. */
  readonly camera?: string;
  readonly modifiedAt?: string | null;
  readonly role?: Manifest['role'];
  readonly rejected?: 'empty' | 'unknown-kind' | 'odd-name';
  /** Paths of sidecars, or of the recording that this one is a sidecar of. */
  readonly sidecars?: readonly string[];
  readonly sidecarOf?: string;
  readonly supersedes?: readonly RecordingId[];
  /** Whether the store gives its receipt. */
  readonly receipted?: boolean;
  /** Seen only by a later listing of the docking. */
  readonly later?: boolean;
  /** See the manifest; compared before it is erased unless `isCompared` is false. */
  readonly joints?: readonly number[];
  readonly isCompared?: boolean;
  /** Whether the camera's file is erased after the receipt; null where it was told to and nobody could see. */
  readonly erased?: boolean | null;
  /** Changes the manifest before it is signed. */
  readonly change?: (manifest: Manifest) => Manifest;
}

/** A recording that lies in the vault. */
export interface BuiltRecording {
  readonly id: RecordingId;
  readonly folder: string;
  readonly original: Uint8Array;
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  /** Undefined until its docking was written (`undock`, `restart`, `close`), and where the store gives none. */
  receipt: Receipt | undefined;
}

/** In which docking, for whom and as which one of its camera a recording is sealed. */
export interface SealingPlace {
  readonly station: StationId;
  readonly bay: BayId;
  readonly docking: DockingId;
  readonly camera: CameraId;
  readonly identity: { readonly model: string | null; readonly serial: string | null };
  readonly recipients: readonly string[];
  readonly previousManifestSha256: string | null;
  readonly sealedAt: string;
  /** How many came before: makes the default path. */
  readonly number: number;
}

/** Seals an original into its folder; gives the manifest, unsigned. */
export async function sealRecording(
  recording: RecordingId,
  folder: string,
  original: Uint8Array,
  wish: RecordingWish,
  { identity, previousManifestSha256, sealedAt, number, ...place }: SealingPlace,
  random: Random,
): Promise<Manifest> {
  const bulk = bulkInline({ files: nodeFiles(), random });
  const paths = { payloadPath: join(folder, 'payload.age'), chunksPath: join(folder, 'chunks.bin') };
  const sealing = await bulk.startSeal({ ...paths, recipients: place.recipients });
  await sealing.write({ kind: 'bytes', bytes: new Uint8Array(original) });
  const facts = { ...place, identity: { vendor: null, firmware: null, ...identity } };
  const seal = await sealing.finish();
  const sealed = {
    recording,
    seal,
    joints: wish.joints ?? [],
    replaced: [],
    previousManifestSha256,
    sealedAt,
    clockSynchronised: true,
  };
  const built = await buildManifest(facts, entryOf(wish, original, number), sealed, bulk);
  return wish.change?.(built) ?? built;
}

/** A recording with the sealed bytes of another one, hard-linked, for vaults of many: nothing is sealed but once. Gives the manifest, unsigned. */
export async function linkRecording(
  recording: RecordingId,
  folder: string,
  { folder: from, manifest }: BuiltRecording,
  wish: RecordingWish,
  { bay, docking, camera, identity, sealedAt, previousManifestSha256 }: SealingPlace,
): Promise<Manifest> {
  for (const name of ['payload.age', 'chunks.bin']) await link(join(from, name), join(folder, name));
  return {
    ...manifest,
    recording,
    bay,
    docking,
    camera: { id: camera, model: identity.model, serial: identity.serial },
    source: { ...manifest.source, path_sha256: pathDigestOf(wish.path ?? recording) },
    previous_manifest_sha256: previousManifestSha256,
    sealed_at: sealedAt,
  };
}

/** SHA-256 of a path's bytes. */
export function pathDigestOf(path: string | Uint8Array): string {
  return sha256Hex(typeof path === 'string' ? encodeUtf8(path) : path);
}

function entryOf(wish: RecordingWish, original: Uint8Array, number: number): TrackedEntry {
  const path = wish.path ?? `DCIM/100MEDIA/REC_${String(number).padStart(4, '0')}.MP4`;
  const listed = listedFile(path, {
    sizeBytes: original.length,
    modifiedAt: wish.modifiedAt === undefined ? '2026-11-24T17:20:31.500Z' : wish.modifiedAt,
    stamp: '',
    vendor: { attributes: 'archive' },
  });
  const role = {
    role: wish.role ?? 'media',
    rejected: wish.rejected ?? null,
    sidecarOf: wish.sidecarOf === undefined ? null : pathDigestOf(wish.sidecarOf),
    sidecars: (wish.sidecars ?? []).map(pathDigestOf).sort(),
  };
  const entry = trackedEntry(listed, undefined, { role });
  entry.supersedes = wish.supersedes ?? [];
  return entry;
}
