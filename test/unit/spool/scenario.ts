// What the tests of spool and log share: a station's and a store's key, recordings with true manifests and receipts, and a spool
// on a disk that forgets.
import { sha256, sha256Hex } from '../../../protocol/format/bytes.ts';
import type {
  BayId,
  CameraId,
  DockingId,
  RecordingId,
  SessionId,
  StationId,
} from '../../../protocol/format/ids.ts';
import { makeRecordingId, parseDockingId, parseReceiverId } from '../../../protocol/format/ids.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import {
  encodeManifest,
  MANIFEST_TRUSTED_COMMENT,
  type Manifest,
} from '../../../protocol/documents/manifest.ts';
import { makeSecretKey, publicKeyOf, signDocument } from '../../../protocol/documents/minisign.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { encodeReceipt, RECEIPT_TRUSTED_COMMENT } from '../../../protocol/documents/receipt.ts';
import { bulkInline } from '../../fakes/bulk-inline.ts';
import type { SealedDocuments, SpoolOptions, Staging } from '../../../agent/spool/spool.ts';
import { Spool } from '../../../agent/spool/spool.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom, type SeededRandom } from '../../fakes/random-seeded.ts';

export const ROOT = '/spool';
export const STATION = 'office-1' as StationId;
export const CAMERA = 'cam-1' as CameraId;
export const stationKey = makeSecretKey(seededRandom(101));
export const storeKey = makeSecretKey(seededRandom(102));

/** One recording before it is in the spool, with everything that will be true of it. */
export interface Prepared {
  readonly recording: RecordingId;
  readonly payload: Uint8Array;
  readonly chunks: Uint8Array;
  readonly documents: SealedDocuments;
  readonly receipt: { readonly bytes: Uint8Array; readonly signature: string };
}

/** `chunks.bin` of a payload. */
export function chunksOf(payload: Uint8Array): Uint8Array {
  const digests: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += UNIT_BYTES)
    digests.push(sha256(payload.subarray(at, at + UNIT_BYTES)));
  return Buffer.concat(digests);
}

export interface PrepareOptions {
  readonly sizeBytes?: number;
  readonly camera?: CameraId;
  readonly path?: string;
  /** A docking of its own unless given. */
  readonly docking?: DockingId;
  readonly previous?: string | null;
  readonly sealedAt?: string;
  readonly locked?: boolean;
  readonly rejected?: Manifest['rejected'];
  /** Stands for the manifest's signature where nobody looks at it: making one takes some ms. */
  readonly signature?: string;
}

function manifestOf(recording: RecordingId, payload: Uint8Array, options: PrepareOptions): Manifest {
  return {
    type: 'recording-manifest',
    version: 1,
    recording,
    station: STATION,
    bay: 'bay-1' as BayId,
    docking: options.docking ?? parseDockingId(recording),
    camera: { id: options.camera ?? CAMERA, model: 'Model', serial: '0815' },
    role: 'media',
    locked: options.locked ?? false,
    rejected: options.rejected ?? null,
    source: { path_sha256: sha256Hex(Buffer.from(options.path ?? recording)), sealed: 'AAAA' },
    original: { size_bytes: payload.length, sha256: sha256Hex(payload), modified_at: null },
    capture: { earliest_at: null, latest_at: null, basis: 'clock-unmeasured' },
    sealed: {
      size_bytes: payload.length,
      unit_bytes: UNIT_BYTES,
      chunks_sha256: sha256Hex(chunksOf(payload)),
    },
    recipients: [`age1${'q'.repeat(58)}`],
    media: null,
    sidecars: [],
    sidecar_of: null,
    supersedes: [],
    previous_manifest_sha256: options.previous ?? null,
    sealed_at: options.sealedAt ?? '2026-11-25T09:30:00.000Z',
    clock_synchronised: true,
  };
}

function receiptOf(manifest: Manifest, manifestBytes: Uint8Array): Uint8Array {
  return encodeReceipt({
    type: 'receipt',
    version: 1,
    kind: 'recording',
    recording: manifest.recording,
    station: STATION,
    manifest_sha256: sha256Hex(manifestBytes),
    sealed_size_bytes: manifest.sealed.size_bytes,
    chunks_sha256: manifest.sealed.chunks_sha256,
    receiver: parseReceiverId('r-store'),
    vault: manifest.recording as string as SessionId,
    custody_head: null,
    received_at: '2026-11-25T10:00:00.000Z',
  });
}

/** A recording with the given bytes as its sealed file; they stand for its original too. */
export function prepareContent(
  recording: RecordingId,
  payload: Uint8Array,
  options: PrepareOptions = {},
): Prepared {
  const manifest = manifestOf(recording, payload, options);
  const manifestBytes = encodeManifest(manifest);
  const receipt = receiptOf(manifest, manifestBytes);
  let signature: string | undefined; // made when asked for: signing takes some ms
  return {
    recording,
    payload,
    chunks: chunksOf(payload),
    documents: {
      manifest,
      manifestBytes,
      signature: options.signature ?? signDocument(stationKey, manifestBytes, MANIFEST_TRUSTED_COMMENT),
    },
    get receipt() {
      signature ??= signDocument(storeKey, receipt, RECEIPT_TRUSTED_COMMENT);
      return { bytes: receipt, signature };
    },
  };
}

/** A recording drawn from the given randomness. */
export function prepare(random: SeededRandom, options: PrepareOptions = {}): Prepared {
  return prepareContent(makeRecordingId(random), random.bytes(options.sizeBytes ?? 300), options);
}

/** Writes payload and chunk list as the sealing does: in pieces, synced, closed. */
export async function sealInto(files: Files, staging: Staging, { payload, chunks }: Prepared): Promise<void> {
  for (const [path, bytes] of [
    [staging.payloadPath, payload],
    [staging.chunksPath, chunks],
  ] as const) {
    const file = await files.create(path);
    try {
      const half = bytes.length >> 1;
      await file.write(bytes.subarray(0, half), 0);
      await file.write(bytes.subarray(half), half);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

/** A spool on a disk, with everything that it tells kept at hand. */
export interface Opened {
  readonly spool: Spool;
  readonly findings: readonly { readonly kind: string; readonly name: string; readonly reason: string }[];
  readonly clock: ManualClock;
  readonly conditions: MemoryConditions;
  readonly log: MemoryLog;
}

export async function openSpool(files: Files, options: Partial<SpoolOptions> = {}): Promise<Opened> {
  const clock = new ManualClock();
  const conditions = new MemoryConditions();
  const log = new MemoryLog();
  const opened = await Spool.open({
    path: ROOT,
    reserveBytes: 0,
    files,
    bulk: bulkInline({ files, random: seededRandom(8) }),
    clock,
    random: seededRandom(7),
    log,
    conditions,
    stationKeys: [publicKeyOf(stationKey)],
    storeKeys: [publicKeyOf(storeKey)],
    ...options,
  });
  return { ...opened, clock, conditions, log };
}

/** A disk with an empty spool on it, all durable. */
export async function freshDisk(): Promise<CrashDisk> {
  const disk = new CrashDisk();
  const { spool } = await openSpool(disk);
  await spool.close();
  return disk.crash(disk.steps, 'everything');
}

/** The whole way of one recording into the spool. */
export async function spoolOne(files: Files, spool: Spool, prepared: Prepared): Promise<void> {
  const staging = await spool.stage(prepared.recording);
  await sealInto(files, staging, prepared);
  await spool.commit(staging, prepared.documents);
}

export async function receiptOne(spool: Spool, { recording, receipt }: Prepared): Promise<void> {
  await spool.storeReceipt(recording, receipt.bytes, receipt.signature);
}
