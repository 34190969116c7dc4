// Signs in minisign form with node:crypto, sixty times faster than the product's signer: for tests that sign thousands of times.
// Ed25519 is deterministic, so both give the same text; signer-fast.test.ts holds that.
import { createHash, createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { signDocument, type SecretKey } from '../../protocol/minisign.ts';
import type { Signer } from '../../protocol/ports.ts';

/** DER in front of an Ed25519 seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

type Sign = (bytes: Uint8Array, trustedComment: string) => string;

/** What signs with a key: the first comment of each takes a signature of the slow kind. */
const made = new WeakMap<SecretKey, Sign>();

/** Signer over the given key, in the calling thread. */
export function fastSigner(key: SecretKey): Signer {
  return { sign: async (bytes, trustedComment) => signFast(key, bytes, trustedComment) };
}

/** Signature of the bytes in minisign form. */
export function signFast(key: SecretKey, bytes: Uint8Array, trustedComment: string): string {
  const sign = made.get(key) ?? makeSign(key);
  made.set(key, sign);
  return sign(bytes, trustedComment);
}

function makeSign(key: SecretKey): Sign {
  const der = Buffer.concat([PKCS8_PREFIX, key.seed]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const [untrusted = ''] = signDocument(key, new Uint8Array(0), '').split('\n');
  return (bytes, trustedComment) => text(key, secret, untrusted, bytes, trustedComment);
}

function text(
  key: SecretKey,
  secret: KeyObject,
  untrusted: string,
  bytes: Uint8Array,
  comment: string,
): string {
  const signature = sign(null, createHash('blake2b512').update(bytes).digest(), secret);
  const both = sign(null, Buffer.concat([signature, Buffer.from(comment)]), secret);
  const line = Buffer.concat([Buffer.from('ED'), key.keyId, signature]).toString('base64');
  return `${untrusted}\n${line}\ntrusted comment: ${comment}\n${both.toString('base64')}\n`;
}
