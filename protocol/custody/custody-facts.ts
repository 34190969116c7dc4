// The facts that each event of a custody log has (SPEC 4.3.5, 4.3.7), for anybody who judges a log. Writers give them as values of their own.
import * as z from 'zod';
import type { CustodyEntry, CustodyEventName } from './custody-entry.ts';
import * as d from '../documents/document.ts';
import { carriedFactsSchema, DIFFERENCES, storeLogSchema } from './carried.ts';
import { ITEM_DOCUMENTS } from '../documents/item-documents.ts';
import { keyIdSchema, keyRevocationSchema } from '../documents/key-documents.ts';
import { ROLES, orderSchema, disclosureSchema, reasonCodeSchema } from '../documents/order.ts';

/** Whose log an entry stands in. */
export type Keeper = 'station' | 'store';

type Shapes = Partial<Record<CustodyEventName, z.ZodType>>;

const REJECTED = z.enum(['empty', 'unknown-kind', 'odd-name', 'damaged']);
const NOT_TAKEN = z.enum([
  'not-a-file',
  'changing',
  'unreadable',
  'too-damaged',
  'camera-failed',
  'spool-full',
  'spool-failed',
  'quarantined',
  'agent-failed',
]);
const REFUSED = z.enum(['unknown', 'no-serial', 'other-camera']);
const DIFFERENCE = z.enum(DIFFERENCES);
/** Reasons that a program gives in words, and names of odd things: the entry bounds them. */
const text = z.string();
const version = z.string().max(128);
const recording = d.recordingIdSchema;
const docking = d.dockingIdSchema;
const sha256 = d.sha256Schema;
const size = d.bytesCountSchema;
const head = { segment: d.segmentIdSchema, last_sequence: z.int().min(1), last_sha256: sha256 };

const opened = z.strictObject({
  segment: d.segmentIdSchema,
  station: z.union([d.stationIdSchema, d.receiverIdSchema]),
  version,
  last_segment: d.segmentIdSchema.nullable(),
  last_sequence: z.int().min(1).nullable(),
  last_sha256: sha256.nullable(),
});

/** Those of a checkpoint are judged with its signature. */
const BOTH: Shapes = {
  'segment-opened': opened,
  'segment-dropped': z.strictObject(head),
  'key-changed': z.strictObject({
    old_key_id: keyIdSchema,
    new_key_id: keyIdSchema,
    change_sha256: sha256,
  }),
  'chain-broken': z.strictObject({ segment: d.segmentIdSchema, sequence: size, reason: text }),
  /** At the store put in force, at a station held. */
  policy: z.strictObject({ number: z.int().min(1), policy_sha256: sha256 }),
};

const file = { docking, path_sha256: sha256 };
const clock = z.strictObject({ docking, offset_ms: z.int(), uncertainty_ms: size });
const erasure = z.strictObject({ recording, ...file });
const difference = {
  difference: DIFFERENCE,
  subject: d.recordingIdSchema,
  sequence: z.int().min(1).nullable(),
  sha256: sha256.nullable(),
};

/** Made by a settlement: with camera and key of the one that is the end of its camera's chain (SPEC 4.3.9.10). */
function maybeSettled(shape: z.ZodRawShape): z.ZodType {
  const settled = { ...shape, settled: z.literal(true) };
  return z.union([
    z.strictObject(shape),
    z.strictObject(settled),
    z.strictObject({ ...settled, camera: d.cameraIdSchema, key_id: keyIdSchema }),
  ]);
}

const STATION: Shapes = {
  ...BOTH,
  'agent-started': z.strictObject({ version }),
  'agent-stopped': z.strictObject({}),
  configuration: z.strictObject({ sha256 }),
  'clock-state': z.strictObject({ synchronised: z.boolean().nullable() }),
  'clock-stepped': z.strictObject({ step_ms: z.int() }),
  /** Without `stay` in logs of before it. */
  docked: z.strictObject({
    bay: d.bayIdSchema,
    camera: d.cameraIdSchema,
    docking,
    stay: docking.optional(),
  }),
  undocked: z.strictObject({ bay: d.bayIdSchema, docking }),
  'camera-refused': z.strictObject({ bay: d.bayIdSchema, reason: REFUSED }),
  'camera-clock': clock,
  'camera-clock-set': clock,
  inventory: z.strictObject({ docking, entries: size, bytes: size, sha256 }),
  seen: z.strictObject({ ...file, size_bytes: size }),
  'seen-more': z.strictObject({ docking, entries: z.int().min(1), sha256 }),
  pulled: z.strictObject({ recording, ...file, size_bytes: size, sha256 }),
  sealed: z.strictObject({ recording, sealed_size_bytes: z.int().min(1), chunks_sha256: sha256 }),
  rejected: z.strictObject({ recording, reason: REJECTED }),
  spooled: maybeSettled({ recording, manifest_sha256: sha256, sealed_size_bytes: z.int().min(1) }),
  matched: z.strictObject({ recording, ...file }),
  'not-taken': z.strictObject({ ...file, reason: NOT_TAKEN }),
  'docking-recorded': maybeSettled({
    docking,
    record: recording,
    sha256,
    part: z.int().min(1),
    parts: z.int().min(1),
  }),
  /** Of any other document without payload. */
  'document-recorded': z.strictObject({
    kind: z
      .string()
      .refine((kind) => ITEM_DOCUMENTS.get(kind)?.hasPayload === false, 'not a kind of document'),
    record: recording,
    sha256,
    settled: z.literal(true).optional(),
  }),
  offered: z.strictObject({ recording }),
  receipted: z.strictObject({ recording, receiver: d.receiverIdSchema, receipt_sha256: sha256 }),
  'asked-again': z.strictObject({ recording, receiver: d.receiverIdSchema, receipt_sha256: sha256 }),
  'store-restored': z.strictObject({ receiver: d.receiverIdSchema, restored_sha256: sha256 }),
  'store-log': z.strictObject(storeLogSchema.shape),
  'receipt-refused': z.strictObject({ recording, reason: text }),
  erasing: erasure,
  erased: erasure,
  'not-erased': z.strictObject({ recording, ...file, reason: text }),
  'erasure-unconfirmed': z.strictObject({ recording, ...file, reason: text }),
  'spool-reclaimed': z.strictObject({ recording }),
  'spool-documents-dropped': z.strictObject({ recording, manifest_sha256: sha256, receipt_sha256: sha256 }),
  quarantined: z.strictObject({ name: text, reason: text }),
  'difference-found': z.strictObject(difference),
  'difference-gone': z.strictObject(difference),
  'difference-acknowledged': z.strictObject({ differences: size, reason: text }),
  'camera-retired': z.strictObject({ camera: d.cameraIdSchema, reason: reasonCodeSchema }),
  'proof-installed': z.strictObject({ recipient_sha256: sha256 }),
  carried: carriedFactsSchema,
};

const about = { station: d.stationIdSchema, recording };
const deletion = z.strictObject({ ...about, deletion_sha256: sha256 });

/** Documents that the store let go (SPEC 10.3): what they were and of which days, for ever. */
const droppedDocumentsSchema = z
  .strictObject({
    ...about,
    manifest_sha256: sha256,
    receipt_sha256: sha256,
    received_at: d.instantSchema,
    deletion_sha256: sha256.nullable(),
    deleted_at: d.instantSchema.nullable(),
  })
  .refine(
    ({ deletion_sha256: deletion, deleted_at: deletedAt }) => (deletion === null) === (deletedAt === null),
    'a deletion record has a digest and a time',
  );
export type DroppedDocuments = z.infer<typeof droppedDocumentsSchema>;

/** What an entry `documents-dropped` says; undefined where it does not say it in full. */
export function droppedDocuments(facts: CustodyEntry['facts']): DroppedDocuments | undefined {
  return droppedDocumentsSchema.safeParse(facts).data;
}

/** Origin of a store's log (SPEC 4.15.4). */
export const logOriginSchema = z
  .string()
  .regex(/^bodydock\/[a-z2-7]{26}\/r-[a-z0-9-]{1,62}(?:\/[0-9a-f]{16})?$/);

const STORE: Shapes = {
  ...BOTH,
  // Both are absent in logs of 0.1.0.
  'segment-opened': opened
    .extend({ log_origin: logOriginSchema.optional(), log_size: size.optional() })
    .refine(({ log_origin: a, log_size: b }) => (a === undefined) === (b === undefined), 'half of a tree'),
  receipt: z.strictObject({
    kind: text.max(64),
    ...about,
    receipt_sha256: sha256,
    /** Of the policy that the document names. */
    policy_sha256: sha256.optional(),
  }),
  head: z.strictObject({
    station: d.stationIdSchema,
    segment: d.segmentIdSchema,
    sequence: z.int().min(1),
    sha256,
  }),
  'receiver-started': z.strictObject({ version }),
  'receiver-stopped': z.strictObject({}),
  retention: z.strictObject({ days: z.int().min(1), documents_days: z.int().min(1) }),
  'expiry-warned': z.strictObject({ ...about, due_at: d.instantSchema }),
  order: z.strictObject({
    ...about,
    order: d.sessionIdSchema,
    verb: orderSchema.shape.verb,
    role: z.enum(ROLES),
    order_sha256: sha256,
    /** Absent in logs of 0.1.0. */
    key_id: keyIdSchema.optional(),
  }),
  'hold-lapsed': z.strictObject({ ...about, order: d.sessionIdSchema }),
  deleting: deletion,
  deleted: deletion,
  'documents-dropped': droppedDocumentsSchema,
  disclosed: z.strictObject({
    ...about,
    disclosure: d.sessionIdSchema,
    command: disclosureSchema.shape.command,
    reason: disclosureSchema.shape.reason,
    asked_at: d.instantSchema,
  }),
  evaluation: z.strictObject({ ...about, evaluation_sha256: sha256, key_id: keyIdSchema }),
  'clock-checked': z.strictObject({}),
  'outside-time': z.strictObject({
    by: z.enum(['witness', 'time-stamp', 'station']),
    name: text,
    said_at: d.instantSchema,
    boot: z.string().max(64).nullable(),
  }),
  'expiry-waits': z.strictObject({ due: size, recordings: size }),
  'key-revoked': z.strictObject({
    station: d.stationIdSchema,
    key_id: keyIdSchema,
    reason: keyRevocationSchema.shape.reason,
    compromised_since: d.instantSchema.optional(),
  }),
  witnessed: z.strictObject({ day: z.iso.date(), sha256 }),
  restored: z.strictObject({ restored_sha256: sha256, complete_until: d.instantSchema }),
};

/** Events that stand in the other one's log only. */
const FOREIGN: Readonly<Record<Keeper, ReadonlySet<string>>> = {
  station: new Set(Object.keys(STORE).filter((event) => !(event in STATION))),
  store: new Set(Object.keys(STATION).filter((event) => !(event in STORE))),
};

/**
 * What is wrong with the facts of an entry; undefined where nothing is, and for an event that the format does not name. A fact too many
 * counts as wrong: nothing but what is listed may stand in a log that is handed over.
 */
export function factsFault(keeper: Keeper, { event, facts }: CustodyEntry): string | undefined {
  if (FOREIGN[keeper].has(event)) return `event ${event} does not belong into the log of a ${keeper}`;
  const checked = (keeper === 'station' ? STATION : STORE)[event]?.safeParse(facts);
  if (checked === undefined || checked.success) return undefined;
  const words = checked.error.issues.map(({ path, message }) => `${path.join('.') || 'facts'}: ${message}`);
  return `event ${event}: ${words.join('; ')}`;
}
