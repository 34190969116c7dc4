// A document that one role signed and that waits for the receiver in `.disclosures` of a vault (SPEC 4.8.20): an order or an evaluation.
import * as z from 'zod';
import * as d from './document.ts';
import { ORDER_BYTES_MAX, ROLES, SIGNATURE_CHARACTERS_MAX } from './order.ts';

/** Whose documents may wait. */
const LEAVING = [...ROLES, 'evaluator'] as const;
/** What the desk takes, and what is around it here. */
export const LEFT_BYTES_MAX = 17 * 1024;

const leftSchema = z.strictObject({
  type: z.literal('left-document'),
  version: z.literal(1),
  role: z.enum(LEAVING),
  /** Text of `order.json` or `evaluation.json`, and of the role's minisign file. */
  document: z.string().max(ORDER_BYTES_MAX),
  signature: z.string().max(SIGNATURE_CHARACTERS_MAX),
});
export type LeftDocument = z.infer<typeof leftSchema>;

/** Canonical bytes of one that is left. Errors: "canonical.refused", "document.refused". */
export function encodeLeft(left: LeftDocument): Uint8Array {
  return d.encodeDocument(leftSchema, left);
}

/** Errors: "canonical.refused", "document.version", "document.refused". */
export function parseLeft(bytes: Uint8Array): LeftDocument {
  return d.parseDocument(leftSchema, bytes, LEFT_BYTES_MAX);
}

/** How one is called: an order by its id, an evaluation by `<recording>.<key id>`. */
export function leftName(id: string, role: LeftDocument['role']): string {
  return `${id}.${role}.json`;
}

/** Whether a file in `.disclosures` is called so. */
export function isLeftName(name: string): boolean {
  return /^[a-z2-7]{26}\.(?:officer|supervisor|[0-9a-f]{16}\.evaluator)\.json$/.test(name);
}
