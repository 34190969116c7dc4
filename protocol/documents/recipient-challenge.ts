// The question behind a recipient's proof (SPEC 4.5): 32 random bytes, sealed by the very code that seals recordings. Anybody who brings
// them back has opened a file of this program with the identity of that recipient.
import { openSmall } from '../age/sealed-file-open.ts';
import { sealSmall } from '../age/sealed-file.ts';
import { sha256Hex } from '../format/bytes.ts';
import { DockError } from '../format/errors.ts';
import type { Random } from '../format/ports.ts';
import { CHALLENGE_BYTES } from './recipient-proof.ts';

/** A sealed challenge has 264 bytes. */
export const CHALLENGE_FILE_BYTES_MAX = 1024;

/** A sealed question, and the digest that the station keeps of it. */
export interface RecipientChallenge {
  /** An age file; `age --decrypt` opens it as well. */
  readonly sealed: Uint8Array;
  readonly sha256: string;
}

/** Draws a challenge for one recipient; its plain bytes are forgotten on return. Errors: "key.recipient". */
export function makeChallenge(recipient: string, random: Random): RecipientChallenge {
  const plain = random.bytes(CHALLENGE_BYTES);
  const challenge = { sealed: sealSmall(plain, [recipient], random), sha256: sha256Hex(plain) };
  plain.fill(0);
  return challenge;
}

/**
 * Opens a challenge with any of the identities.
 * Errors: "sealed.header", "sealed.no-identity", "sealed.damaged", "sealed.truncated"; "proof.no-challenge" for a sealed file that is
 * something else: what is in it must not become public as an answer.
 */
export function answerChallenge(sealed: Uint8Array, identities: readonly string[]): Uint8Array {
  const answer = openSmall(sealed, identities);
  if (answer.length === CHALLENGE_BYTES) return answer;
  const message = `this sealed file holds ${answer.length} bytes and is no challenge: name the file that the station wrote`;
  throw new DockError('proof.no-challenge', message, { retry: 'person' });
}
