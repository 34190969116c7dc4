// The statement that a vault was restored from a backup (SPEC 4.14): the store says once, and signs, that receipts of before may name what it
// lacks. What a station does about it is in SPEC 6.10.
import * as z from 'zod';
import { sha256Hex } from '../format/bytes.ts';
import * as d from './document.ts';
import { custodyHeadSchema } from './receipt.ts';
import { type Checkpoint, logOrigin } from '../transparency/checkpoint.ts';

export const RESTORED_TRUSTED_COMMENT = 'bodydock restored';
/** What follows the origin of a log after an earlier statement. */
const RESTORED_ORIGIN = /^\/[0-9a-f]{16}$/;
/** One is some 600 bytes. */
export const RESTORED_BYTES_MAX = 4 * 1024;

const first = z.strictObject({
  type: z.literal('restored'),
  version: z.literal(1),
  receiver: d.receiverIdSchema,
  vault: d.sessionIdSchema,
  restored_at: d.instantSchema,
  /** What was received later may be missing. */
  complete_until: d.instantSchema,
  /** The newest entry of that receiver's own log in the restored vault; null where there is none. */
  custody_head: custodyHeadSchema.nullable(),
});
const second = first.extend({
  version: z.literal(2),
  /** The newest one of that log's tree that the restored vault held; null where it held none. */
  checkpoint: z.strictObject({ origin: z.string(), size: z.int().min(0), root: d.sha256Schema }).nullable(),
});
const restoredSchema = z
  .discriminatedUnion('version', [first, second])
  .refine(
    ({ restored_at: at, complete_until: until }) => until <= at,
    'complete until a time after the statement',
  )
  .refine(isOfOwnLog, 'a checkpoint of another log');
export type Restored = z.infer<typeof restoredSchema>;
export type RestoredCheckpoint = NonNullable<z.infer<typeof second>['checkpoint']>;

/** Its origin, also after an earlier statement. */
function isOfOwnLog(statement: z.infer<typeof first> | z.infer<typeof second>): boolean {
  const origin = 'checkpoint' in statement ? statement.checkpoint?.origin : undefined;
  const own = logOrigin(statement.vault, statement.receiver);
  return (
    origin === undefined ||
    origin === own ||
    (origin.startsWith(own) && RESTORED_ORIGIN.test(origin.slice(own.length)))
  );
}

/** The checkpoint that a statement names; undefined where it names none. */
export function restoredCheckpoint(statement: Restored): Checkpoint | undefined {
  const named = statement.version === 2 ? statement.checkpoint : null;
  return named === null ? undefined : { ...named, root: Buffer.from(named.root, 'hex') };
}

/** Canonical bytes of a statement. Errors: "document.refused". */
export function encodeRestored(restored: Restored): Uint8Array {
  return d.encodeDocument(restoredSchema, restored);
}

/** A statement from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parseRestored(bytes: Uint8Array): Restored {
  return d.parseDocument(restoredSchema, bytes, RESTORED_BYTES_MAX, 2);
}

/** Name of a statement's file: the first 16 hex digits of its digest. */
export function restoredName(bytes: Uint8Array): string {
  return `${sha256Hex(bytes).slice(0, 16)}.json`;
}
