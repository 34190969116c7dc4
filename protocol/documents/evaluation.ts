// What an evaluator says of one recording (SPEC 4.18): answers to questions, and nothing that is in words.
import * as z from 'zod';
import * as d from './document.ts';
import { keyIdHex, type PublicKey, verifyDocument } from './minisign.ts';
import { ORDER_BYTES_MAX } from './order.ts';
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
