// The deletion record (SPEC 4.7): the store's signed word that a payload is gone, when and why. Durable before the first byte goes.
import * as z from 'zod';
import * as d from './document.ts';

/** Trusted comment of every deletion record's signature. */
export const DELETION_TRUSTED_COMMENT = 'bodydock deletion-record';
/** A deletion record is some 700 bytes. */
export const DELETION_BYTES_MAX = 8 * 1024;

export const deletionRecordSchema = z
  .strictObject({
    type: z.literal('deletion-record'),
    version: z.literal(1),
    station: d.stationIdSchema,
    recording: d.recordingIdSchema,
    receiver: d.receiverIdSchema,
    vault: d.sessionIdSchema,
    manifest_sha256: d.sha256Schema,
    receipt_sha256: d.sha256Schema,
    sealed_size_bytes: z.int().min(1),
    reason: z.enum(['expired', 'ordered']),
    retention: z.strictObject({
      days: z.int().min(1),
      basis: z.enum(['capture', 'sealed', 'received']),
      from_at: d.instantSchema,
      due_at: d.instantSchema,
    }),
    order_sha256: d.sha256Schema.nullable(),
    deleted_at: d.instantSchema,
  })
  .refine(
    ({ reason, order_sha256: order }) => (reason === 'ordered') === (order !== null),
    'an order is named where and only where one was given',
  );
export type DeletionRecord = z.infer<typeof deletionRecordSchema>;

/** Canonical bytes of a deletion record. Errors: "document.refused". */
export function encodeDeletionRecord(record: DeletionRecord): Uint8Array {
  return d.encodeDocument(deletionRecordSchema, record);
}

/** A deletion record from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parseDeletionRecord(bytes: Uint8Array): DeletionRecord {
  return d.parseDocument(deletionRecordSchema, bytes, DELETION_BYTES_MAX);
}
