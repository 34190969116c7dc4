// Receipts that the store took back by asking for what they were given for (SPEC 6.10): which other receipts count no more because of them.
import * as z from 'zod';
import { encodeUtf8, parseUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import * as d from '../../protocol/documents/document.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { parseReceipt } from '../../protocol/documents/receipt.ts';

/** A store is put back seldom; of more the oldest are forgotten: what is not later than a younger one of its vault counts no more anyway. */
const REFUSED_MAX = 32;
/** Length of a list as a file, with room. */
export const REFUSED_BYTES_MAX = 16 * 1024;

const refusedSchema = z.strictObject({
  receipt_sha256: d.sha256Schema,
  receiver: d.receiverIdSchema,
  vault: d.sessionIdSchema,
  received_at: d.instantSchema,
});
const listSchema = z.array(refusedSchema).max(REFUSED_MAX);
/** One receipt that was taken back. */
export type RefusedReceipt = z.infer<typeof refusedSchema>;

/** Those of before and this one, once. Errors: those of parsing it. */
export function withRefused(before: readonly RefusedReceipt[], receipt: Uint8Array): RefusedReceipt[] {
  const { receiver, vault, received_at } = parseReceipt(receipt);
  return joinedRefused(before, [{ receipt_sha256: sha256Hex(receipt), receiver, vault, received_at }]);
}

/** Those of before and these behind them, each once. */
export function joinedRefused(
  before: readonly RefusedReceipt[],
  later: readonly RefusedReceipt[],
): RefusedReceipt[] {
  const digests = new Set(later.map(({ receipt_sha256 }) => receipt_sha256));
  return [...before.filter((each) => !digests.has(each.receipt_sha256)), ...later].slice(-REFUSED_MAX);
}

/** Errors: "receipt.asked-again" where that receipt, or a later one of its vault, was taken back; those of parsing it. */
export function assertCounts(refused: readonly RefusedReceipt[], receipt: Uint8Array): void {
  if (refused.length === 0) return;
  const sha256 = sha256Hex(receipt);
  const { recording, vault, received_at } = parseReceipt(receipt);
  const isOld = refused.some(
    (each) => each.receipt_sha256 === sha256 || (each.vault === vault && received_at <= each.received_at),
  );
  if (!isOld) return;
  throw new DockError(
    'receipt.asked-again',
    `receipt refused: the store asked again for ${recording} since it was given; another one must come`,
    { retry: 'never', facts: { recording } },
  );
}

/** A list as the bytes of a file. */
export function encodeRefused(refused: readonly RefusedReceipt[]): Uint8Array {
  return encodeUtf8(JSON.stringify(refused));
}

/** A list from a file; undefined where it is none. */
export function parseRefused(bytes: Uint8Array): RefusedReceipt[] | undefined {
  try {
    return listSchema.safeParse(JSON.parse(parseUtf8(bytes) ?? '')).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
