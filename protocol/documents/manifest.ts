// The recording manifest (SPEC 4.1): what was sealed, from where, for whom. Encode, parse; signing is minisign.ts.
import * as z from 'zod';
import * as d from './document.ts';
import {
  DIGEST_BYTES,
  JOINTS_MAX,
  MANIFEST_BYTES_MAX,
  ORIGINAL_BYTES_MAX,
  RECIPIENTS_MAX,
  SUPERSEDES_MAX,
  UNIT_BYTES,
  UNREADABLE_RANGES_MAX,
} from '../format/limits.ts';

/** Trusted comment of every manifest's signature. */
export const MANIFEST_TRUSTED_COMMENT = 'bodydock recording-manifest';
/** Sidecars of one recording. */
export const SIDECARS_MAX = 64;

const NEWEST_VERSION = 3;
const said = z.string().max(128).nullable();
const range = z.strictObject({ offset_bytes: d.bytesCountSchema, size_bytes: z.int().min(1) });

const manifestFields = z.strictObject({
  type: z.literal('recording-manifest'),
  /** 3 with a policy, else 2 with joints, else 1: one without either says nothing that an older reader does not know. */
  version: z.union([z.literal(1), z.literal(2), z.literal(NEWEST_VERSION)]),
  recording: d.recordingIdSchema,
  station: d.stationIdSchema,
  bay: d.bayIdSchema,
  docking: d.dockingIdSchema,
  camera: z.strictObject({ id: d.cameraIdSchema, model: said, serial: said }),
  role: z.enum(['media', 'sidecar', 'other']),
  locked: z.boolean(),
  rejected: z
    .strictObject({
      reason: z.enum(['empty', 'unknown-kind', 'odd-name', 'damaged']),
      unreadable: z.array(range).max(UNREADABLE_RANGES_MAX),
    })
    .nullable(),
  source: z.strictObject({ path_sha256: d.sha256Schema, sealed: z.base64() }),
  original: z.strictObject({
    size_bytes: z.int().min(0).max(ORIGINAL_BYTES_MAX),
    sha256: d.sha256Schema,
    modified_at: d.instantSchema.nullable(),
  }),
  capture: z.strictObject({
    earliest_at: d.instantSchema.nullable(),
    latest_at: d.instantSchema.nullable(),
    basis: z.enum(['clock-unmeasured', 'clock-measured', 'docking-interval']),
  }),
  sealed: z.strictObject({
    size_bytes: z.int().min(1),
    unit_bytes: z.literal(UNIT_BYTES),
    chunks_sha256: d.sha256Schema,
  }),
  recipients: z.array(d.recipientSchema).min(1).max(RECIPIENTS_MAX),
  media: z
    .strictObject({
      container: said,
      duration_ms: z.int().min(0).nullable(),
      codec: said,
      width_px: z.int().min(0).nullable(),
      height_px: z.int().min(0).nullable(),
    })
    .nullable(),
  sidecars: z.array(d.sha256Schema).max(SIDECARS_MAX),
  sidecar_of: d.sha256Schema.nullable(),
  supersedes: z.array(d.recordingIdSchema).max(SUPERSEDES_MAX),
  previous_manifest_sha256: d.sha256Schema.nullable(),
  sealed_at: d.instantSchema,
  clock_synchronised: z.boolean().nullable(),
  /** Offsets of the original at which the reading went on in another docking. */
  joints: z.array(z.int().min(1).max(ORIGINAL_BYTES_MAX)).min(1).max(JOINTS_MAX).optional(),
  /** Of the policy (SPEC 4.16) that the station held when it sealed; absent where it held none. */
  policy_sha256: d.sha256Schema.optional(),
});

export const manifestSchema = manifestFields
  .refine((manifest) => manifest.version === manifestVersion(manifest), 'another version has these fields')
  .refine(
    ({ joints = [], original }) =>
      joints.every((at, index) => at > (joints[index - 1] ?? 0) && at <= original.size_bytes),
    'joints ascend within the original',
  );
export type Manifest = z.infer<typeof manifestSchema>;

/** The version that has these fields. */
export function manifestVersion({
  joints,
  policy_sha256: policy,
}: Pick<z.infer<typeof manifestFields>, 'joints' | 'policy_sha256'>): 1 | 2 | 3 {
  if (policy !== undefined) return NEWEST_VERSION;
  return joints === undefined ? 1 : 2;
}

/** Canonical bytes of a manifest. Errors: "document.refused". */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return d.encodeDocument(manifestSchema, manifest);
}

/** A manifest from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parseManifest(bytes: Uint8Array): Manifest {
  return d.parseDocument(manifestSchema, bytes, MANIFEST_BYTES_MAX, NEWEST_VERSION);
}

/** Units of a sealed file of that many bytes. */
export function unitCount(sealedSizeBytes: number): number {
  return Math.ceil(sealedSizeBytes / UNIT_BYTES);
}

/** Length of `chunks.bin` for a sealed file of that many bytes. */
export function chunksBytes(sealedSizeBytes: number): number {
  return unitCount(sealedSizeBytes) * DIGEST_BYTES;
}

/** Length in bytes of one unit; only the last one may be shorter than UNIT_BYTES. */
export function unitBytes(sealedSizeBytes: number, unit: number): number {
  return Math.min(UNIT_BYTES, sealedSizeBytes - unit * UNIT_BYTES);
}
