// Keys and signatures in minisign form (SPEC 2). tweetnacl makes keys, and signs the documents of recordings and dockings at their
// station: some 3 ms, in a worker (agent/platform/signer-worker.ts). node:crypto signs all else and verifies, in some 0.1 ms. Ed25519 leaves a signer no choice: both give the
// same bytes, and tests prove it.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { blake2b } from '@noble/hashes/blake2.js';
import nacl from 'tweetnacl';
import { encodeBase64, encodeUtf8, equalBytes, parseBase64 } from '../format/bytes.ts';
import { isSignedBy, isWeakKey, SPKI_PREFIX } from '../format/ed25519.ts';
import { DockError } from '../format/errors.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../format/limits.ts';
import type { Random, Signer } from '../format/ports.ts';
import { inOneMemory } from './signing-memory.ts';

const KEY_ID_BYTES = 8;
const SIGNATURE_BYTES = 64;
/** Signature algorithm, KDF (none), checksum algorithm, KDF salt and limits, key id, seed and public key, checksum. */
const SECRET_BYTES = 2 + 2 + 2 + 48 + KEY_ID_BYTES + 64 + 32;
const TRUSTED_PREFIX = 'trusted comment: ';
const UNTRUSTED_PREFIX = 'untrusted comment: ';
const MESSAGE_PREFIX = 'bodydock-message\n';
/** Of every origin of a log: what the key signs as a note is never a message, and no digest or signature either. */
const NOTE_PREFIX = 'bodydock/';
/** DER in front of a raw Ed25519 seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface PublicKey {
  /** 8 bytes, in file order. */
  readonly keyId: Uint8Array;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

export interface SecretKey {
  readonly keyId: Uint8Array;
  /** 32 bytes; the whole secret. */
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Draws a key pair; its id is the first 8 bytes of BLAKE2b-512 of the public key. */
export function makeSecretKey(random: Random): SecretKey {
  const seed = random.bytes(32);
  const { publicKey } = nacl.sign.keyPair.fromSeed(seed);
  return { keyId: blake2b512(publicKey).subarray(0, KEY_ID_BYTES), seed, publicKey };
}

/** The public half. */
export function publicKeyOf(key: SecretKey): PublicKey {
  return { keyId: key.keyId, key: key.publicKey };
}

/** Sixteen hex digits of the key id, in file order. */
export function keyIdHex(keyId: Uint8Array): string {
  return Buffer.from(keyId).toString('hex');
}

/** Text of an unencrypted minisign secret key file. Holds the secret: mode 0600. */
export function encodeSecretKey(key: SecretKey): string {
  const head = Buffer.concat([Buffer.from('Ed'), Buffer.alloc(2), Buffer.from('B2'), Buffer.alloc(48)]);
  const body = Buffer.concat([head, key.keyId, key.seed, key.publicKey, secretChecksum(key)]);
  return `${UNTRUSTED_PREFIX}minisign secret key ${stockKeyId(key.keyId)}\n${encodeBase64(body)}\n`;
}

/**
 * A secret key from the text of its file.
 * Errors: "key.malformed"; "key.passphrase" for a key that needs one; "key.public" for a public key file.
 */
export function parseSecretKey(text: string): SecretKey {
  const bytes = keyBytes(text);
  if (bytes.length === 2 + KEY_ID_BYTES + 32)
    keyError('key.public', 'this is a public key; the secret key file is needed here');
  if (bytes.length !== SECRET_BYTES || !startsWith(bytes, 0, 'Ed')) malformedKey('not a minisign secret key');
  if (bytes[2] !== 0 || bytes[3] !== 0) {
    keyError(
      'key.passphrase',
      'the secret key has a passphrase and nobody is there to type it: make one with "minisign -G -W" or "bodydock keys make"',
    );
  }
  const at = 54;
  const key: SecretKey = {
    keyId: bytes.slice(at, at + 8),
    seed: bytes.slice(at + 8, at + 40),
    publicKey: bytes.slice(at + 40, at + 72),
  };
  const whole =
    equalBytes(secretChecksum(key), bytes.subarray(at + 72)) ||
    bytes.subarray(at + 72).every((byte) => byte === 0);
  if (!whole || !equalBytes(publicOfSeed(key.seed), key.publicKey))
    malformedKey('its checksum does not match: the file is damaged');
  return key;
}

/** As tweetnacl does it, but for the tens of milliseconds that its first multiplication takes: a start waits for this one. */
function publicOfSeed(seed: Uint8Array): Uint8Array {
  return createPublicKey(keyObject(seed))
    .export({ format: 'der', type: 'spki' })
    .subarray(SPKI_PREFIX.length);
}

/** The key as OpenSSL holds it, as long as the object lives. What it was made from is wiped. */
function keyObject(seed: Uint8Array): KeyObject {
  const der = new Uint8Array(PKCS8_PREFIX.length + seed.length); // with memory of its own, unlike a small Buffer
  der.set(PKCS8_PREFIX);
  der.set(seed, PKCS8_PREFIX.length);
  try {
    return createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
}

/** Text of a minisign public key file. */
export function encodePublicKey(key: PublicKey): string {
  return `${UNTRUSTED_PREFIX}minisign public key ${stockKeyId(key.keyId)}\n${publicKeyLine(key)}\n`;
}

/** The one line of base64 that `minisign -P` takes. */
export function publicKeyLine(key: PublicKey): string {
  return encodeBase64(Buffer.concat([Buffer.from('Ed'), key.keyId, key.key]));
}

/** A public key from a whole minisign public key file or from its base64 line alone. Errors: "key.malformed". */
export function parsePublicKey(text: string): PublicKey {
  const bytes = keyBytes(text);
  if (bytes.length !== 2 + KEY_ID_BYTES + 32 || !startsWith(bytes, 0, 'Ed'))
    malformedKey('not a minisign public key');
  const key = bytes.slice(10);
  if (isWeakKey(key)) malformedKey('a public key by which one signature holds for every document');
  return { keyId: bytes.slice(2, 10), key };
}

/** Makes the 64 bytes of an Ed25519 signature. */
type Ed25519 = (bytes: Uint8Array) => Uint8Array;

/** Text of the minisign signature file over a document. Takes some 3 ms by tweetnacl. */
export function signDocument(
  key: SecretKey,
  bytes: Uint8Array,
  trustedComment: string,
  signed: Ed25519 = byTweetnacl(key),
): string {
  const signature = signed(blake2b512(bytes));
  const commentSignature = signed(Buffer.concat([signature, encodeUtf8(trustedComment)]));
  return spelled({ keyId: key.keyId, signature, trustedComment, commentSignature });
}

/** True for a signature file in the one spelling that signDocument gives it: nothing in it that is not signed was altered. */
export function isPlainlySpelled(signatureText: string): boolean {
  return signatureText === spelled(parseSignature(signatureText));
}

function spelled({ keyId, signature, trustedComment, commentSignature }: ParsedSignature): string {
  const line = encodeBase64(Buffer.concat([Buffer.from('ED'), keyId, signature]));
  return `${UNTRUSTED_PREFIX}signature from ${stockKeyId(keyId)}\n${line}\n${TRUSTED_PREFIX}${trustedComment}\n${encodeBase64(commentSignature)}\n`;
}

/**
 * Verifies a document against pinned keys and returns the key that signed it.
 * Errors: "signature.malformed", "signature.unknown-key", "signature.wrong" (document or comment altered), "signature.comment" (another kind of document).
 */
export function verifyDocument(
  bytes: Uint8Array,
  signatureText: string,
  trustedComment: string,
  keys: readonly PublicKey[],
): PublicKey {
  return verifyPrehashed(blake2b512(bytes), signatureText, trustedComment, keys);
}

/** The same for bytes that were hashed while streaming: `digest` is their BLAKE2b-512. */
export function verifyPrehashed(
  digest: Uint8Array,
  signatureText: string,
  trustedComment: string,
  keys: readonly PublicKey[],
): PublicKey {
  const parsed = parseSignature(signatureText);
  const key = pinned(parsed.keyId, keys);
  const signed = Buffer.concat([parsed.signature, encodeUtf8(parsed.trustedComment)]);
  if (
    !isSignedBy(key.key, digest, parsed.signature) ||
    !isSignedBy(key.key, signed, parsed.commentSignature)
  ) {
    throw new DockError(
      'signature.wrong',
      `the signature of key ${keyIdHex(key.keyId)} does not fit: the document or its signature was altered`,
      { retry: 'never' },
    );
  }
  if (parsed.trustedComment !== trustedComment) {
    throw new DockError(
      'signature.comment',
      `signed as ${JSON.stringify(parsed.trustedComment.slice(0, 80))}, expected ${JSON.stringify(trustedComment)}`,
      { retry: 'never' },
    );
  }
  return key;
}

/** The key that a signature file names, as 16 hex digits of its id; undefined where the text is no signature. Proves nothing. */
export function signatureKeyId(signatureText: string): string | undefined {
  try {
    return keyIdHex(parseSignature(signatureText).keyId);
  } catch {
    return undefined;
  }
}

/** Whether one of the keys made the signature over the document, whatever key the file names: that name may be damaged, too. Never throws. */
export function isMadeByOneOf(bytes: Uint8Array, signatureText: string, keys: readonly PublicKey[]): boolean {
  try {
    const { signature } = parseSignature(signatureText);
    const digest = blake2b512(bytes);
    return keys.some(({ key }) => isSignedBy(key, digest, signature));
  } catch {
    return false;
  }
}

/** Base64 of the signature over the text of a message body (SPEC 6). Takes some 1.5 ms by tweetnacl. */
export function signMessage(key: SecretKey, body: string, signed: Ed25519 = byTweetnacl(key)): string {
  return encodeBase64(signed(encodeUtf8(MESSAGE_PREFIX + body)));
}

/** The signature (64 bytes) over the text of a signed note (SPEC 4.15.9). Takes some 1.5 ms by tweetnacl. Errors: RangeError for any other text. */
export function signNoteText(key: SecretKey, text: string, signed: Ed25519 = byTweetnacl(key)): Uint8Array {
  if (!text.startsWith(NOTE_PREFIX))
    throw new RangeError('the text of a note begins with the origin of a log');
  return signed(encodeUtf8(text));
}

/** Verifies a signed message against pinned keys. Errors: "signature.malformed", "signature.unknown-key", "signature.wrong". */
export function verifyMessage(
  body: string,
  signatureBase64: string,
  keyId: string,
  keys: readonly PublicKey[],
): PublicKey {
  const signature = parseBase64(signatureBase64);
  if (signature?.length !== SIGNATURE_BYTES) malformedSignature();
  const key = pinned(Buffer.from(keyId, 'hex'), keys);
  if (isSignedBy(key.key, encodeUtf8(MESSAGE_PREFIX + body), signature)) return key;
  throw new DockError(
    'signature.wrong',
    `the signature of key ${keyIdHex(key.keyId)} does not fit the message`,
    { retry: 'never' },
  );
}

/** Signs in the calling thread by node:crypto. */
export function inlineSigner(key: SecretKey): Signer & {
  signMessage(body: string): Promise<string>;
  signNote(text: string): Promise<Uint8Array>;
} {
  const secret = keyObject(key.seed);
  const signed: Ed25519 = (bytes) => sign(null, bytes, secret);
  return {
    sign: async (bytes, trustedComment) => signDocument(key, bytes, trustedComment, signed),
    signMessage: async (body) => signMessage(key, body, signed),
    signNote: async (text) => signNoteText(key, text, signed),
  };
}

/** The field elements that are calculated on the way are wiped. The public key belongs to the seed: every SecretKey was drawn or checked here. */
function byTweetnacl(key: SecretKey): Ed25519 {
  const secret = Buffer.concat([key.seed, key.publicKey]);
  return (bytes) => inOneMemory(() => nacl.sign.detached(bytes, secret));
}

interface ParsedSignature {
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
  readonly trustedComment: string;
  readonly commentSignature: Uint8Array;
}

function parseSignature(text: string): ParsedSignature {
  const lines = text.length <= SIGNATURE_FILE_BYTES_MAX ? text.replace(/\n$/, '').split('\n') : [];
  const [untrusted, line, trusted, comment] = lines;
  const bytes = parseBase64(line ?? '');
  const commentSignature = parseBase64(comment ?? '');
  const good =
    untrusted?.startsWith(UNTRUSTED_PREFIX) === true &&
    trusted?.startsWith(TRUSTED_PREFIX) === true &&
    lines.length === 4 &&
    bytes?.length === 2 + KEY_ID_BYTES + SIGNATURE_BYTES &&
    commentSignature?.length === SIGNATURE_BYTES;
  if (!good || !startsWith(bytes, 0, 'ED')) return malformedSignature(); // "Ed", the legacy kind without prehash, is refused too
  return {
    keyId: bytes.subarray(2, 10),
    signature: bytes.subarray(10),
    trustedComment: trusted.slice(TRUSTED_PREFIX.length),
    commentSignature,
  };
}

function pinned(keyId: Uint8Array, keys: readonly PublicKey[]): PublicKey {
  const key = keys.find((candidate) => equalBytes(candidate.keyId, keyId));
  if (key !== undefined) return key;
  throw new DockError('signature.unknown-key', `signed by key ${keyIdHex(keyId)}, which is not pinned here`, {
    retry: 'never',
  });
}

function blake2b512(bytes: Uint8Array): Uint8Array {
  return createHash('blake2b512').update(bytes).digest();
}

/** BLAKE2b-256, which OpenSSL does not offer; over 106 bytes. */
function secretChecksum(key: SecretKey): Uint8Array {
  return blake2b(Buffer.concat([Buffer.from('Ed'), key.keyId, key.seed, key.publicKey]), { dkLen: 32 });
}

/** The last non-empty line of a key file, decoded. */
function keyBytes(text: string): Uint8Array {
  if (text.length > 4096) malformedKey('longer than any key file');
  const line = text.split(/\r?\n/).findLast((candidate) => candidate.trim() !== '');
  return parseBase64((line ?? '').trim()) ?? malformedKey('no line of base64 in it');
}

/** As minisign prints it: the id as a little-endian number in upper-case hex. */
export function stockKeyId(keyId: Uint8Array): string {
  return Buffer.from(keyId.toReversed()).toString('hex').toUpperCase();
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  return Buffer.from(bytes.subarray(at, at + text.length)).toString('latin1') === text;
}

function keyError(code: string, why: string): never {
  throw new DockError(code, `key file refused: ${why}`, { retry: 'person' });
}

function malformedKey(why: string): never {
  return keyError('key.malformed', why);
}

function malformedSignature(): never {
  throw new DockError('signature.malformed', 'not a minisign signature of the prehashed kind', {
    retry: 'never',
  });
}
