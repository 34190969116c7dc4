// Signs in minisign form with node:crypto, sixty times faster than the product's signer: for tests that sign thousands of times.
// Ed25519 is deterministic, so both give the same text (signer-fast.test.ts holds that), but where known-signatures.ts
// lets most of them be stand-ins.
import { createHash, createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { signDocument, type SecretKey } from '../../protocol/documents/minisign.ts';
import type { Signer } from '../../protocol/format/ports.ts';
import { signatureBy } from './known-signatures.ts';

/** DER in front of an Ed25519 seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

type Sign = (bytes: Uint8Array, trustedComment: string) => string;

/** What signs with a key: the first comment of each takes a signature of the slow kind. */
const made = new WeakMap<SecretKey, Sign>();
/** To make one takes as long as ten signatures. */
const secrets = new WeakMap<SecretKey, KeyObject>();

/** Signer over the given key, in the calling thread, also of notes. */
export function fastSigner(key: SecretKey): Signer & { signNote(text: string): Promise<Uint8Array> } {
  const secret = secretOf(key);
  return {
    sign: async (bytes, trustedComment) => signFast(key, bytes, trustedComment),
    signNote: async (text) => signed(key, secret, Buffer.from(text)),
  };
}

/** The same with what a receiver signs beside documents (SPEC 6). */
export function fastMessageSigner(
  key: SecretKey,
): ReturnType<typeof fastSigner> & { signMessage(body: string): Promise<string> } {
  const secret = secretOf(key);
  return { ...fastSigner(key), signMessage: async (body) => messageBy(key, secret, body) };
}

/** Signature of what a receiver signs beside documents. */
export function signMessageFast(key: SecretKey, body: string): string {
  return messageBy(key, secretOf(key), body);
}

/** Signature of the bytes in minisign form. */
export function signFast(key: SecretKey, bytes: Uint8Array, trustedComment: string): string {
  const sign = made.get(key) ?? makeSign(key);
  made.set(key, sign);
  return sign(bytes, trustedComment);
}

function makeSign(key: SecretKey): Sign {
  const secret = secretOf(key);
  const [untrusted = ''] = signDocument(key, new Uint8Array(0), '').split('\n');
  return (bytes, trustedComment) => text(key, secret, untrusted, bytes, trustedComment);
}

function secretOf(key: SecretKey): KeyObject {
  const der = (): Buffer => Buffer.concat([PKCS8_PREFIX, key.seed]);
  const secret = secrets.get(key) ?? createPrivateKey({ key: der(), format: 'der', type: 'pkcs8' });
  secrets.set(key, secret);
  return secret;
}

function messageBy(key: SecretKey, secret: KeyObject, body: string): string {
  return signed(key, secret, Buffer.from(`bodydock-message\n${body}`)).toString('base64');
}

function signed(key: SecretKey, secret: KeyObject, message: Uint8Array): Buffer {
  return signatureBy(key.publicKey, message, () => sign(null, message, secret));
}

function text(
  key: SecretKey,
  secret: KeyObject,
  untrusted: string,
  bytes: Uint8Array,
  comment: string,
): string {
  const signature = signed(key, secret, createHash('blake2b512').update(bytes).digest());
  const both = signed(key, secret, Buffer.concat([signature, Buffer.from(comment)]));
  const line = Buffer.concat([Buffer.from('ED'), key.keyId, signature]).toString('base64');
  return `${untrusted}\n${line}\ntrusted comment: ${comment}\n${both.toString('base64')}\n`;
}
