// age recipients and identities as texts (age-encryption.org/v1, X25519 kind), and the curve behind them.
// Identities open recordings and never lie on a station: here they exist for tests, for `open`, and for the proof of a recipient.
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { bech32 } from '@scure/base';
import { bufferOf } from '../format/bytes.ts';
import { DockError } from '../format/errors.ts';
import type { Random } from '../format/ports.ts';

const KEY_BYTES = 32;
const RECIPIENT_PREFIX = 'age';
const IDENTITY_PREFIX = 'age-secret-key-';
/** Characters of a recipient (62) and of an identity (74): nothing longer is decoded. */
const KEY_TEXT_MAX = 74;
/** DER in front of a raw X25519 private key (RFC 8410): bytes that can be wiped. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
/** A public key as Node reads it ten times faster than from DER (RFC 8037). */
const PUBLIC = { kty: 'OKP', crv: 'X25519' } as const;

/** What opens, with its public half as the header's key derivation needs it. */
export interface Identity {
  readonly secret: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/**
 * The 32 bytes of an age recipient.
 * Shape: "age1" and 58 characters of lower-case bech32.
 * Errors: "key.recipient".
 * Source: age-encryption.org/v1, the X25519 recipient type.
 */
export function parseRecipient(text: string): Uint8Array {
  const bytes = decode(text, RECIPIENT_PREFIX);
  if (bytes !== undefined && encodeRecipient(bytes) === text) return bytes;
  throw new DockError(
    'key.recipient',
    'not an age recipient: "age1" and 58 characters are expected, as age-keygen prints them',
    { retry: 'person' },
  );
}

/** The text of a recipient's 32 bytes. */
export function encodeRecipient(publicKey: Uint8Array): string {
  return bech32.encodeFromBytes(RECIPIENT_PREFIX, publicKey);
}

/**
 * An identity from its text. The message of the error never repeats the text.
 * Shape: "AGE-SECRET-KEY-1" and 58 characters of upper-case bech32.
 * Errors: "key.identity".
 */
export function parseIdentity(text: string): Identity {
  const secret = decode(text.toLowerCase(), IDENTITY_PREFIX);
  if (secret === undefined || encodeIdentity(secret) !== text) {
    throw new DockError(
      'key.identity',
      'not an age identity: "AGE-SECRET-KEY-1" and 58 characters are expected, as age-keygen writes them',
      { retry: 'person' },
    );
  }
  return identityOf(secret);
}

/** The text of an identity's 32 secret bytes. Holds the secret. */
export function encodeIdentity(secret: Uint8Array): string {
  return bech32.encodeFromBytes(IDENTITY_PREFIX, secret).toUpperCase();
}

/** Draws an identity (32 bytes of the source) and gives both texts. */
export function makeIdentity(random: Random): { identity: string; recipient: string } {
  const secret = random.bytes(KEY_BYTES);
  return { identity: encodeIdentity(secret), recipient: encodeRecipient(identityOf(secret).publicKey) };
}

/** The recipient that an identity opens for. Errors: "key.identity". */
export function recipientOf(identity: string): string {
  return encodeRecipient(parseIdentity(identity).publicKey);
}

/** The identity of 32 secret bytes. */
export function identityOf(secretBytes: Uint8Array): Identity {
  const der = Buffer.concat([PKCS8_PREFIX, secretBytes]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  const { x = '' } = createPublicKey(secret).export({ format: 'jwk' });
  return { secret, publicKey: new Uint8Array(Buffer.from(x, 'base64url')) };
}

/**
 * The X25519 shared secret, or undefined where it would be all zeros (a public key of low order: the age format forbids it).
 * Shape: 32 bytes.
 */
export function sharedSecret(secret: KeyObject, publicKey: Uint8Array): Uint8Array | undefined {
  try {
    const shared = diffieHellman({
      privateKey: secret,
      publicKey: createPublicKey({
        key: { ...PUBLIC, x: bufferOf(publicKey).toString('base64url') },
        format: 'jwk',
      }),
    });
    return shared.every((byte) => byte === 0) ? undefined : shared;
  } catch {
    return undefined; // OpenSSL refuses points of low order by itself
  }
}

function decode(text: string, prefix: string): Uint8Array | undefined {
  if (text.length > KEY_TEXT_MAX) return undefined;
  try {
    const decoded = bech32.decodeToBytes(text);
    return decoded.prefix === prefix && decoded.bytes.length === KEY_BYTES ? decoded.bytes : undefined;
  } catch {
    return undefined; // the library's words would repeat a secret
  }
}
