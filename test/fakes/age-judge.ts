// Opens age v1 files with node:crypto alone, as a second opinion on what our code sealed. Shares no line with it. For files of X25519.
import {
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import type { ReadAt, Shelf } from './evidence-shelf.ts';

const CHUNK_BYTES = 65_536;
const TAG_BYTES = 16;
const HEADER_BYTES_MAX = 16_384;
const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** 32 secret bytes of the first AGE-SECRET-KEY-1 line of an identity file's text. */
export function identitySecret(text: string): Buffer {
  const line = text.split('\n').find((candidate) => candidate.startsWith('AGE-SECRET-KEY-1'));
  if (line === undefined) throw new Error('no identity in the file');
  const letters = line.slice('AGE-SECRET-KEY-1'.length).toLowerCase().split('');
  const values = letters.map((letter) => BECH32.indexOf(letter));
  let bits = 0n;
  for (const value of values.slice(0, -6)) bits = (bits << 5n) | BigInt(value);
  return Buffer.from((bits >> 4n).toString(16).padStart(64, '0'), 'hex'); // 260 bits, the last 4 are padding
}

/** SHA-256 and size of what a sealed file holds. Errors: what does not hold, as an Error. */
export function openedDigest(
  shelf: Shelf,
  path: string,
  secret: Buffer,
): { sha256: string; sizeBytes: number } {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const take = (piece: Buffer): void => {
    hash.update(piece);
    sizeBytes += piece.length;
  };
  shelf.reading(path, (readAt) => openSealedFile(readAt, secret, take));
  return { sha256: hash.digest('hex'), sizeBytes };
}

/** The plaintext of a small sealed text in memory. */
export function openSealedBytes(sealed: Buffer, secret: Buffer): Buffer {
  const pieces: Buffer[] = [];
  const header = headerOf(sealed, secret);
  const chunks = new Chunks(header.payloadKey(sealed.subarray(header.sizeBytes, header.sizeBytes + 16)));
  const body = sealed.subarray(header.sizeBytes + 16);
  for (let at = 0; at === 0 || at < body.length; at += CHUNK_BYTES + TAG_BYTES) {
    const end = at + CHUNK_BYTES + TAG_BYTES;
    pieces.push(chunks.open(body.subarray(at, end), end >= body.length));
  }
  return Buffer.concat(pieces);
}

/** Opens a file chunk by chunk. */
function openSealedFile(readAt: ReadAt, secret: Buffer, take: (piece: Buffer) => void): void {
  const header = headerOf(readAt(0, HEADER_BYTES_MAX), secret);
  const chunks = new Chunks(header.payloadKey(readAt(header.sizeBytes, 16)));
  let at = header.sizeBytes + 16;
  let chunk = readAt(at, CHUNK_BYTES + TAG_BYTES);
  for (let isLast = false; !isLast;) {
    at += chunk.length;
    const next = readAt(at, CHUNK_BYTES + TAG_BYTES);
    isLast = next.length === 0;
    take(chunks.open(chunk, isLast));
    chunk = next;
  }
}

interface Header {
  readonly sizeBytes: number;
  payloadKey(nonce: Buffer): Buffer;
}

function headerOf(bytes: Buffer, secret: Buffer): Header {
  const macAt = bytes.indexOf('\n---');
  const end = bytes.indexOf('\n', macAt + 1);
  const lines = bytes.subarray(0, macAt).toString('latin1').split('\n');
  if (macAt < 0 || end < 0 || lines[0] !== 'age-encryption.org/v1') throw new Error('no age header');
  const fileKey = fileKeyOf(lines, secret);
  const macKey = derive(fileKey, Buffer.alloc(0), 'header');
  const mac = createHmac('sha256', macKey)
    .update(bytes.subarray(0, macAt + 4))
    .digest('base64')
    .replaceAll('=', '');
  if (bytes.subarray(macAt + 5, end).toString('latin1') !== mac) throw new Error('the age header is altered');
  return { sizeBytes: end + 1, payloadKey: (nonce) => derive(fileKey, nonce, 'payload') };
}

function fileKeyOf(lines: readonly string[], secret: Buffer): Buffer {
  for (const [at, line] of lines.entries()) {
    if (!line.startsWith('-> X25519 ')) continue;
    const share = Buffer.from(line.slice(10), 'base64');
    const found = unwrap(share, Buffer.from(lines[at + 1] ?? '', 'base64'), secret);
    if (found !== undefined) return found;
  }
  throw new Error('not sealed to this identity');
}

/** The pair of a secret, by identity: anybody who judges many files holds one. */
const pairs = new WeakMap<Buffer, { readonly privateKey: KeyObject; readonly own: Buffer }>();

function pairOf(secret: Buffer): { readonly privateKey: KeyObject; readonly own: Buffer } {
  let pair = pairs.get(secret);
  if (pair !== undefined) return pair;
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_X25519, secret]),
    format: 'der',
    type: 'pkcs8',
  });
  const own = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  pairs.set(secret, (pair = { privateKey, own }));
  return pair;
}

function unwrap(share: Buffer, wrapped: Buffer, secret: Buffer): Buffer | undefined {
  const { privateKey, own } = pairOf(secret);
  const x = share.toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
  const shared = diffieHellman({ privateKey, publicKey });
  const key = derive(shared, Buffer.concat([share, own]), 'age-encryption.org/v1/X25519');
  try {
    return unseal(key, Buffer.alloc(12), wrapped);
  } catch {
    return undefined;
  }
}

function derive(secret: Buffer, salt: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, 32));
}

function unseal(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, -TAG_BYTES));
  decipher.final(); // throws where the tag does not fit; a stream cipher has nothing left to give
  return plain;
}

/** age's STREAM: a counter of eleven bytes and a flag for the last chunk. */
class Chunks {
  readonly #key: Buffer;
  #count = 0;

  constructor(key: Buffer) {
    this.#key = key;
  }

  open(chunk: Buffer, isLast: boolean): Buffer {
    if (chunk.length < TAG_BYTES) throw new Error('the sealed file is cut');
    const nonce = Buffer.alloc(12);
    nonce.writeUIntBE(this.#count++, 5, 6);
    nonce[11] = isLast ? 1 : 0;
    return unseal(this.#key, nonce, chunk);
  }
}
