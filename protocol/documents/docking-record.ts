// The docking record (SPEC 4.6): what was on a camera before anything was touched, and what became of it. Encode, parse; who fills it is
// the agent's. With no entry at all it shows that nothing was on the camera.
import * as z from 'zod';
import * as d from './document.ts';
import type { DockingId } from '../format/ids.ts';
import {
  DOCKING_ENTRIES_PER_PART,
  DOCKING_PARTS_MAX,
  INVENTORY_ENTRIES_MAX,
  MANIFEST_BYTES_MAX,
} from '../format/limits.ts';

/** Trusted comment of every docking record's signature. */
export const DOCKING_RECORD_TRUSTED_COMMENT = 'bodydock docking-record';

const said = z.string().max(128).nullable();
const measured = z.int().nullable();

/** What a camera says of itself; null where it does not tell. */
export const cameraConditionSchema = z.strictObject({
  battery_percent: z.int().min(0).max(100).nullable(),
  battery_mv: measured,
  battery_cycles: measured,
  charging: z.boolean().nullable(),
  temperature_c: measured,
  storage_total_bytes: d.bytesCountSchema.nullable(),
  storage_free_bytes: d.bytesCountSchema.nullable(),
  power_ons: measured,
});

/** SPEC 9.1; `set` is what was left after the station had set it. */
export const cameraClockSchema = z.strictObject({
  read_at: d.instantSchema,
  claimed_at: d.instantSchema,
  offset_ms: z.int(),
  uncertainty_ms: z.int().min(0),
  zone_minutes: z.int().min(-1440).max(1440).nullable(),
  set: z.strictObject({ at: d.instantSchema, offset_ms: z.int(), uncertainty_ms: z.int().min(0) }).nullable(),
});

export const dockingEntrySchema = z.strictObject({
  path_sha256: d.sha256Schema,
  size_bytes: d.bytesCountSchema,
  modified_at: d.instantSchema.nullable(),
  later: z.boolean(),
  fate: z.enum(['stored', 'matched', 'not-a-file', 'waiting', 'vanished']),
  recording: d.recordingIdSchema.nullable(),
  reason: z.string().max(64).nullable(),
  /** Null, from version 2 on: nobody could see. */
  erased: z.boolean().nullable(),
});
export type DockingEntry = z.infer<typeof dockingEntrySchema>;

const common = {
  type: z.literal('docking-record'),
  docking: d.dockingIdSchema,
  record: d.dockingIdSchema,
  station: d.stationIdSchema,
  bay: d.bayIdSchema,
  part: z.int().min(1).max(DOCKING_PARTS_MAX),
  parts: z.int().min(1).max(DOCKING_PARTS_MAX),
  camera: z.strictObject({ id: d.cameraIdSchema, vendor: said, model: said, serial: said, firmware: said }),
  docked_at: d.instantSchema,
  ended_at: d.instantSchema.nullable(),
  clock_synchronised: z.boolean().nullable(),
  camera_clock: cameraClockSchema.nullable(),
  condition: cameraConditionSchema.nullable(),
  inventory: z
    .strictObject({
      taken_at: d.instantSchema,
      entries: z.int().min(0).max(INVENTORY_ENTRIES_MAX),
      bytes: d.bytesCountSchema,
      sha256: d.sha256Schema,
      complete: z.boolean(),
    })
    .nullable(),
  later: z.int().min(0),
  entries: z.array(dockingEntrySchema).max(DOCKING_ENTRIES_PER_PART),
  previous_docking_sha256: d.sha256Schema.nullable(),
};
const ENDINGS = ['unplugged', 'stopped', 'failed', 'cut-off'] as const;
const NEWEST_VERSION = 3;

/** What is written from now on. Its stay is what people call a docking: from plug to unplug. */
export const dockingRecordFields = z.strictObject({
  ...common,
  /** 3 with a policy. */
  version: z.union([z.literal(2), z.literal(NEWEST_VERSION)]),
  ended: z.enum([...ENDINGS, 'continued']),
  /** The first docking of the stay: this one, or an earlier one of that camera in that bay. */
  stay: d.dockingIdSchema,
  /** `docked_at` of that one; null where a cut took it. */
  stay_docked_at: d.instantSchema.nullable(),
  /** What the transport shows of this plug, in that boot of the station; null where it cannot tell one from the next. */
  plug: z.strictObject({ boot: z.string().max(64), device: z.string().max(64) }).nullable(),
  /** See Manifest; of the moment at which the record was made. */
  policy_sha256: d.sha256Schema.optional(),
});

/** Version 1 is read for ever: each of its dockings is a stay of its own. */
export const dockingRecordSchema = z
  .discriminatedUnion('version', [
    z.strictObject({ ...common, version: z.literal(1), ended: z.enum(ENDINGS) }),
    dockingRecordFields,
  ])
  .refine(({ part, parts }) => part <= parts, 'part is above parts')
  .refine(
    ({ part, docking, record }) => part > 1 || docking === record,
    'the record of part 1 is not the docking',
  )
  .refine(
    ({ part, docking, record, previous_docking_sha256: previous }) =>
      part === 1 || (docking !== record && previous !== null),
    'a further part has an id of its own and names the part before',
  )
  .refine(
    (record) =>
      record.version === 1 || record.stay !== record.docking || record.stay_docked_at === record.docked_at,
    'a stay begins with its first docking',
  )
  .refine(
    (record) => record.version === 1 || (record.version === 3) === (record.policy_sha256 !== undefined),
    'a policy is of version 3',
  )
  .refine(
    ({ version, entries }) => version > 1 || entries.every(({ erased }) => erased !== null),
    'version 1 has no null for what nobody could see',
  )
  .refine(
    ({ entries }) => entries.every(fits),
    'an entry has a recording or a reason that its fate does not have',
  );
export type DockingRecord = z.infer<typeof dockingRecordSchema>;
/** As stations write it. */
export type NewDockingRecord = z.infer<typeof dockingRecordFields>;

/** The stay that a docking belongs to: one of version 1 is its own. */
export function stayOf(record: DockingRecord): {
  readonly stay: DockingId;
  readonly dockedAt: string | null;
} {
  return record.version === 1
    ? { stay: record.docking, dockedAt: record.docked_at }
    : { stay: record.stay, dockedAt: record.stay_docked_at };
}

function fits({ fate, recording, reason, erased }: DockingEntry): boolean {
  const kept = fate === 'stored' || fate === 'matched';
  if (kept !== (recording !== null) || (erased !== false && !kept)) return false;
  return fate === 'stored' || (fate === 'waiting') === (reason !== null);
}

/** Canonical bytes of a docking record. Errors: "document.refused". */
export function encodeDockingRecord(record: DockingRecord): Uint8Array {
  return d.encodeDocument(dockingRecordSchema, record);
}

/** A docking record from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parseDockingRecord(bytes: Uint8Array): DockingRecord {
  return d.parseDocument(dockingRecordSchema, bytes, MANIFEST_BYTES_MAX, NEWEST_VERSION);
}

/** The line of an entry in the digest of an inventory (SPEC 4.3, `inventory`), with its LF. */
export function inventoryLine(pathSha256: string, sizeBytes: number, modifiedAt: string | null): string {
  return `${pathSha256} ${sizeBytes} ${modifiedAt ?? '-'}\n`;
}
