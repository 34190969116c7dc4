// The receipt (SPEC 4.2): the store's signed word that the final copy is durable. Only the release gate decides what it allows.
import * as z from 'zod';
import * as d from './document.ts';
import { ITEM_DOCUMENTS, NO_CHUNKS_SHA256 } from './item-documents.ts';

/** Trusted comment of every receipt's signature. */
export const RECEIPT_TRUSTED_COMMENT = 'bodydock receipt';
/** A receipt is some 700 bytes. */
export const RECEIPT_BYTES_MAX = 8 * 1024;

/** Newest entry of a custody log that the vault holds durably. */
export const custodyHeadSchema = z.strictObject({
  segment: d.segmentIdSchema,
  sequence: z.int().min(1),
  sha256: d.sha256Schema,
});
export type CustodyHead = z.infer<typeof custodyHeadSchema>;

export const receiptSchema = z
  .strictObject({
    type: z.literal('receipt'),
    version: z.literal(1),
    kind: z.string().refine((kind) => ITEM_DOCUMENTS.has(kind), 'not a kind of document'),
    recording: d.recordingIdSchema,
    station: d.stationIdSchema,
    manifest_sha256: d.sha256Schema,
    sealed_size_bytes: z.int().min(0),
    chunks_sha256: d.sha256Schema,
    receiver: d.receiverIdSchema,
    vault: d.sessionIdSchema,
    custody_head: custodyHeadSchema.nullable(),
    received_at: d.instantSchema,
  })
  .refine(
    ({ kind, sealed_size_bytes: size, chunks_sha256: chunks }) =>
      ITEM_DOCUMENTS.get(kind)?.hasPayload === true ? size > 0 : size === 0 && chunks === NO_CHUNKS_SHA256,
    'size and chunk list do not fit the kind',
  );
export type Receipt = z.infer<typeof receiptSchema>;

/** Canonical bytes of a receipt. Errors: "document.refused". */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  return d.encodeDocument(receiptSchema, receipt);
}

/** A receipt from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parseReceipt(bytes: Uint8Array): Receipt {
  return d.parseDocument(receiptSchema, bytes, RECEIPT_BYTES_MAX);
}
