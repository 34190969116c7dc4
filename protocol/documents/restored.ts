// The statement that a vault was restored from a backup (SPEC 4.14): the store says once, and signs, that receipts of before may name what it
// lacks. What a station does about it is in SPEC 6.10.
import * as z from 'zod';
import { sha256Hex } from '../format/bytes.ts';
import * as d from './document.ts';
import { custodyHeadSchema } from './receipt.ts';

export const RESTORED_TRUSTED_COMMENT = 'bodydock restored';
/** One is some 400 bytes. */
export const RESTORED_BYTES_MAX = 4 * 1024;

const restoredSchema = z
  .strictObject({
    type: z.literal('restored'),
    version: z.literal(1),
    receiver: d.receiverIdSchema,
    vault: d.sessionIdSchema,
    restored_at: d.instantSchema,
    /** What was received later may be missing. */
    complete_until: d.instantSchema,
    /** The newest entry of that receiver's own log in the restored vault; null where there is none. */
    custody_head: custodyHeadSchema.nullable(),
  })
  .refine(
    ({ restored_at: at, complete_until: until }) => until <= at,
    'complete until a time after the statement',
  );
export type Restored = z.infer<typeof restoredSchema>;

/** Canonical bytes of a statement. Errors: "document.refused". */
export function encodeRestored(restored: Restored): Uint8Array {
  return d.encodeDocument(restoredSchema, restored);
}

/** A statement from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parseRestored(bytes: Uint8Array): Restored {
  return d.parseDocument(restoredSchema, bytes, RESTORED_BYTES_MAX);
}

/** Name of a statement's file: the first 16 hex digits of its digest. */
export function restoredName(bytes: Uint8Array): string {
  return `${sha256Hex(bytes).slice(0, 16)}.json`;
}
