// The proof that a recipient can open what this station seals (SPEC 4.5): document, and the challenge behind it. Sealing, opening
// and files are elsewhere. The release gate asks for one proof per recipient, because nobody else could notice a mistyped key.
import * as z from 'zod';
import { encodeBase64, encodeUtf8, parseBase64, sha256Hex } from '../format/bytes.ts';
import * as d from './document.ts';
import { DockError } from '../format/errors.ts';
import type { StationId } from '../format/ids.ts';
import { verifyDocument, type PublicKey } from './minisign.ts';

/** Trusted comment of every proof's signature. */
export const RECIPIENT_PROOF_TRUSTED_COMMENT = 'bodydock recipient-proof';
/** A proof is some 400 bytes. */
export const RECIPIENT_PROOF_BYTES_MAX = 4096;
/** Random bytes that are sealed to one recipient as a question. */
export const CHALLENGE_BYTES = 32;

export const recipientProofSchema = z.strictObject({
  type: z.literal('recipient-proof'),
  version: z.literal(1),
  station: d.stationIdSchema,
  recipient: z.string().regex(/^age1[02-9ac-hj-np-z]{58}$/, 'not an age recipient'),
  challenge_sha256: d.sha256Schema,
  answer: z.base64(),
  proven_at: d.instantSchema,
});
export type RecipientProof = z.infer<typeof recipientProofSchema>;

/** Canonical bytes of a proof. Errors: "document.refused". */
export function encodeRecipientProof(proof: RecipientProof): Uint8Array {
  return d.encodeDocument(recipientProofSchema, proof);
}

/**
 * A proof from its bytes.
 * Errors: "canonical.refused", "document.version", "document.refused"; "proof.wrong-answer" where the answer is not that of the challenge.
 */
export function parseRecipientProof(bytes: Uint8Array): RecipientProof {
  const proof = d.parseDocument(recipientProofSchema, bytes, RECIPIENT_PROOF_BYTES_MAX);
  const answer = parseBase64(proof.answer);
  if (answer !== undefined && isAnswer(answer, proof.challenge_sha256)) return proof;
  throw wrongAnswer(proof.recipient);
}

/**
 * A proof whose signature and content hold for this station.
 * Errors: those of verifyDocument and parseRecipientProof; "proof.other-station".
 */
export function verifyRecipientProof(
  bytes: Uint8Array,
  signature: string,
  station: StationId,
  stationKeys: readonly PublicKey[],
): RecipientProof {
  verifyDocument(bytes, signature, RECIPIENT_PROOF_TRUSTED_COMMENT, stationKeys);
  const proof = parseRecipientProof(bytes);
  if (proof.station === station) return proof;
  throw new DockError(
    'proof.other-station',
    `this proof was made for station ${proof.station}, not ${station}`,
    {
      retry: 'never',
    },
  );
}

/** True where these are the bytes that were sealed as the challenge. */
export function isAnswer(answer: Uint8Array, challengeSha256: string): boolean {
  return answer.length === CHALLENGE_BYTES && sha256Hex(answer) === challengeSha256;
}

/** A proof from a right answer. Errors: "proof.wrong-answer". */
export function proveRecipient(question: {
  readonly station: StationId;
  readonly recipient: string;
  readonly challengeSha256: string;
  readonly answer: Uint8Array;
  readonly provenAt: string;
}): RecipientProof {
  if (!isAnswer(question.answer, question.challengeSha256)) throw wrongAnswer(question.recipient);
  return {
    type: 'recipient-proof',
    version: 1,
    station: question.station,
    recipient: question.recipient,
    challenge_sha256: question.challengeSha256,
    answer: encodeBase64(question.answer),
    proven_at: question.provenAt,
  };
}

/** Name of a proof's file without ending: the first 16 hex digits of the recipient's SHA-256. */
export function recipientProofName(recipient: string): string {
  return sha256Hex(encodeUtf8(recipient)).slice(0, 16);
}

function wrongAnswer(recipient: string): DockError {
  const message = `the answer for ${recipient} is not what was sealed: open the newest challenge with the identity of this recipient`;
  return new DockError('proof.wrong-answer', message, { retry: 'person' });
}
