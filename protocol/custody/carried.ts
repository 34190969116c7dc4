// The facts of a `carried` entry: what a station says again of its own state before a segment of its log goes (SPEC 4.3.6.7).
import * as z from 'zod';
import * as d from '../documents/document.ts';
import { keyIdSchema } from '../documents/key-documents.ts';

/**
 * What differs: the store's custody log of us from ours (the first three), our spool from our log, a restored store from our receipts, or the
 * store's own log from what we saw of it.
 */
export const DIFFERENCES = [
  'cut-tail',
  'rewritten',
  'older-image',
  'spool-lost',
  'store-lost',
  'log-forked',
] as const;

/** The newest checkpoint of a store's log, as a note (SPEC 4.15.9): far more than the store's own signature takes. */
export const storeLogSchema = z.object({ checkpoint: z.string().min(1).max(4096) });

/** By `what` it is about. */
export const carriedFactsSchema = z.discriminatedUnion('what', [
  z.strictObject({
    what: z.literal('item'),
    recording: d.recordingIdSchema,
    spooled: z.boolean(),
    recorded: z.boolean(),
    receipted: z.boolean(),
    once_receipted: z.boolean(),
    left: z.boolean(),
  }),
  z.strictObject({
    what: z.enum(['manifest', 'record']),
    camera: d.cameraIdSchema,
    recording: d.recordingIdSchema,
    sha256: d.sha256Schema,
    key_id: keyIdSchema,
    docking: d.dockingIdSchema.nullable(),
  }),
  z.strictObject({ what: z.literal('docking'), docking: d.dockingIdSchema, camera: d.cameraIdSchema }),
  z.strictObject({ what: z.literal('recorded'), docking: d.dockingIdSchema }),
  z.strictObject({
    what: z.literal('difference'),
    difference: z.enum(DIFFERENCES),
    subject: d.recordingIdSchema, // ids of segments and vaults have the same form
    sequence: z.int().min(1).nullable(),
    sha256: d.sha256Schema.nullable(),
    acknowledged: z.boolean(),
  }),
  z.strictObject({ what: z.literal('dropped'), segment: d.segmentIdSchema }),
  z.strictObject({ what: z.literal('retired'), camera: d.cameraIdSchema }),
  z.strictObject({ what: z.literal('bay'), bay: d.bayIdSchema }),
  z.strictObject({ what: z.literal('store-log'), ...storeLogSchema.shape }),
]);
export type CarriedFacts = z.infer<typeof carriedFactsSchema>;
