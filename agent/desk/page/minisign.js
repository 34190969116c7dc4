// Signs an order or an evaluation with the minisign key of a role, in this browser (SPEC 2, 4.8, 4.18). The key file and its password stay in memory,
// and only until the signature is made.
import { blake2b } from '@noble/hashes/blake2.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import nacl from 'tweetnacl';

const KEY_BYTES = 158;
/** Where the encrypted part begins: key id, secret and public key, checksum. */
const SECRET_AT = 54;
/** More than minisign itself asks for. */
const MEMORY_BYTES_MAX = 1024 ** 3;

export class BadKey extends Error {}
export class WrongPassword extends Error {}

const bytesOf = (base64) => Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
const base64Of = (bytes) => btoa(String.fromCharCode(...bytes));
const latin1 = (text) => Uint8Array.from(text, (each) => each.charCodeAt(0));

function joined(...parts) {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What is in a minisign secret key file. Errors: BadKey. */
function keyBytes(text) {
  try {
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
    const bytes = bytesOf(lines.at(-1).trim());
    if (bytes.length === KEY_BYTES && String.fromCharCode(bytes[0], bytes[1], bytes[4], bytes[5]) === 'EdB2')
      return bytes;
  } catch {
    // Is no key either.
  }
  throw new BadKey();
}

/** The numbers of scrypt that libsodium makes of a bound of work and one of memory (crypto_pwhash_scryptsalsa208sha256). Errors: BadKey above minisign's. */
export function scryptNumbers(opslimit, memlimit) {
  const work = Math.max(32_768, opslimit);
  const byWork = work < memlimit / 32;
  const most = byWork ? work / 32 : memlimit / 1024;
  let log = 1;
  while (log < 63 && 2 ** log <= most / 2) log++;
  const N = 2 ** log;
  const p = byWork ? 1 : Math.floor(Math.min(0x3fffffff, work / 4 / N) / 8);
  if (128 * 8 * N > MEMORY_BYTES_MAX || p < 1 || p > 16) throw new BadKey();
  return { N, r: 8, p };
}

async function opened(bytes, password, onProgress) {
  const view = new DataView(bytes.buffer);
  const kind = String.fromCharCode(bytes[2], bytes[3]);
  const secret = bytes.slice(SECRET_AT);
  if (kind === '\0\0') return secret;
  if (kind !== 'Sc') throw new BadKey();
  const limits = [38, 46].map((at) => Number(view.getBigUint64(at, true)));
  const numbers = scryptNumbers(...limits);
  const options = {
    ...numbers,
    dkLen: secret.length,
    asyncTick: 20,
    onProgress,
    maxmem: MEMORY_BYTES_MAX + 65_536,
  };
  const stream = await scryptAsync(new TextEncoder().encode(password), bytes.slice(6, 38), options);
  return secret.map((byte, at) => byte ^ stream[at]);
}

/**
 * The text of a minisign file over `text`, a document of that kind, by the key in the text of a key file; `onProgress` is called with 0 to 1 while
 * the password is worked on, which takes seconds. Errors: BadKey, WrongPassword.
 */
export async function signed(text, keyText, password, onProgress = () => undefined, kind = 'order') {
  const trustedComment = `bodydock ${kind}`;
  const secret = await opened(keyBytes(keyText), password, onProgress);
  const [keyId, key, checksum] = [secret.subarray(0, 8), secret.subarray(8, 72), secret.subarray(72)];
  try {
    const whole = blake2b(joined(latin1('Ed'), keyId, key), { dkLen: 32 });
    const isBare = checksum.every((byte) => byte === 0); // as early versions write it without a password
    if (!isBare && !nacl.verify(whole, checksum)) throw new WrongPassword();
    const digest = blake2b(new TextEncoder().encode(text), { dkLen: 64 });
    const signature = nacl.sign.detached(digest, key);
    const comment = nacl.sign.detached(joined(signature, latin1(trustedComment)), key);
    const id = [...keyId]
      .toReversed()
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
      .toUpperCase();
    return [
      `untrusted comment: signature from ${id}`,
      base64Of(joined(latin1('ED'), keyId, signature)),
      `trusted comment: ${trustedComment}`,
      base64Of(comment),
      '',
    ].join('\n');
  } finally {
    secret.fill(0);
  }
}
