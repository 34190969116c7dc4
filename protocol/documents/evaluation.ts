// What an evaluator says of one recording (SPEC 4.18): answers to questions, and nothing that is in words. And documents that one role signed and
// that wait for the receiver in `.disclosures` of a vault (SPEC 4.8.20): evaluations and orders.
import * as z from 'zod';
import * as d from './document.ts';
import { keyIdHex, type PublicKey, verifyDocument } from './minisign.ts';
import { ORDER_BYTES_MAX, ROLES, SIGNATURE_CHARACTERS_MAX } from './order.ts';
import { answersSchema } from './staff-report.ts';

export const EVALUATION_TRUSTED_COMMENT = 'bodydock evaluation';
/** Of some 500 bytes. */
export const EVALUATION_BYTES_MAX = ORDER_BYTES_MAX;

export const evaluationSchema = z.strictObject({
  type: z.literal('evaluation'),
  version: z.literal(1),
  station: d.stationIdSchema,
  recording: d.recordingIdSchema,
  manifest_sha256: d.sha256Schema,
  /** `YYYY-MM-DD`, where it was signed. */
  day: z.iso.date(),
  /** Of the bytes of the file of questions. */
  questions_sha256: d.sha256Schema,
  answers: answersSchema,
});
export type Evaluation = z.infer<typeof evaluationSchema>;

/** Canonical bytes. Errors: "document.refused". */
export function encodeEvaluation(evaluation: Evaluation): Uint8Array {
  return d.encodeDocument(evaluationSchema, evaluation);
}

/** Errors: "canonical.refused", "document.version", "document.refused". */
export function parseEvaluation(bytes: Uint8Array): Evaluation {
  return d.parseDocument(evaluationSchema, bytes, EVALUATION_BYTES_MAX);
}

/** Hex id of the key that signed it, of those given. Errors: those of verifyDocument. */
export function evaluatorOf(bytes: Uint8Array, signature: string, keys: readonly PublicKey[]): string {
  return keyIdHex(verifyDocument(bytes, signature, EVALUATION_TRUSTED_COMMENT, keys).keyId);
}

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

export function isLeftName(name: string): boolean {
  return /^[a-z2-7]{26}\.(?:officer|supervisor|[0-9a-f]{16}\.evaluator)\.json$/.test(name);
}
