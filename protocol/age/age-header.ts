// The header of an age v1 file (age-encryption.org/v1): written for X25519 recipients, read from hostile bytes. The payload is elsewhere.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { identityOf, parseRecipient, sharedSecret, type Identity } from './age-keys.ts';
import { bufferOf, encodeBase64, encodeUtf8 } from '../format/bytes.ts';
import { DockError } from '../format/errors.ts';
import { AGE_TAG_BYTES } from '../format/limits.ts';

/** Bytes of the random key that the header wraps for each recipient. */
export const FILE_KEY_BYTES = 16;
/** Bytes between header and payload. */
export const PAYLOAD_NONCE_BYTES = 16;
/** First line of every age file of this version. */
const VERSION_LINE = 'age-encryption.org/v1';
const X25519_INFO = 'age-encryption.org/v1/X25519';
const MAC_MARK = '---';
/** Columns of a full body line in a stanza; the last one is shorter. */
const BODY_COLUMNS = 64;
const SHARE_BYTES = 32;
const ZERO_NONCE = new Uint8Array(12);

/** One stanza: its arguments and the bytes of its body. */
interface Stanza {
  readonly args: readonly string[];
  readonly body: Uint8Array;
}

/** Bytes of a header for that many X25519 recipients, without the payload nonce. */
export function headerBytes(recipientCount: number): number {
  return 22 + 98 * recipientCount + 48;
}

/**
 * The header for the given recipients, in their order.
 * Shape: `fileKey` 16 bytes; `ephemerals` one secret of 32 bytes for each recipient, all fresh.
 * Errors: "key.recipient".
 * Source: age-encryption.org/v1, "Header" and "The X25519 recipient type".
 */
export function encodeHeader(
  recipients: readonly string[],
  fileKey: Uint8Array,
  ephemerals: readonly Uint8Array[],
): Uint8Array {
  let text = `${VERSION_LINE}\n`;
  for (const [at, recipient] of recipients.entries()) {
    const { share, body } = wrap(parseRecipient(recipient), fileKey, ephemerals[at] ?? new Uint8Array());
    text += `-> X25519 ${unpadded(share)}\n${unpadded(body)}\n`;
  }
  text += MAC_MARK;
  return encodeUtf8(`${text} ${unpadded(headerMac(fileKey, encodeUtf8(text)))}\n`);
}

/** The key of the payload. Shape: 32 bytes. */
export function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return derive(fileKey, nonce, 'payload');
}

/**
 * Finds the file key with one of the identities and checks the header against it.
 * Shape: `header` from offset 0 up to and including the line of its MAC.
 * Errors: "sealed.header" for nonsense or a header that was altered, "sealed.no-identity".
 */
export function unwrapFileKey(header: Uint8Array, identities: readonly Identity[]): Uint8Array {
  const { stanzas, signed, mac } = parseHeader(header);
  if (stanzas.length > 1 && stanzas.some(({ args }) => args[0] === 'scrypt'))
    headerError('a passphrase stands beside other recipients');
  const wrapped = stanzas.filter(({ args }) => args[0] === 'X25519').map(x25519Stanza);
  for (const identity of identities) {
    for (const stanza of wrapped) {
      const fileKey = unwrap(stanza, identity);
      if (fileKey === undefined) continue;
      if (!timingSafeEqual(headerMac(fileKey, signed), mac)) headerError('its check value does not fit');
      return fileKey;
    }
  }
  throw new DockError(
    'sealed.no-identity',
    `sealed for ${stanzas.length} recipients, none of the ${identities.length} identities given is one of them`,
    { retry: 'person' },
  );
}

function wrap(
  recipient: Uint8Array,
  fileKey: Uint8Array,
  ephemeral: Uint8Array,
): { share: Uint8Array; body: Uint8Array } {
  const { secret, publicKey: share } = identityOf(ephemeral);
  const shared = sharedSecret(secret, recipient);
  if (shared === undefined)
    throw new DockError(
      'key.recipient',
      'an age recipient is a point of low order: nobody could be its owner',
      {
        retry: 'person',
      },
    );
  const cipher = createCipheriv('chacha20-poly1305', wrapKey(shared, share, recipient), ZERO_NONCE, {
    authTagLength: AGE_TAG_BYTES,
  });
  const body = Buffer.concat([cipher.update(fileKey), cipher.final()]);
  return { share, body: Buffer.concat([body, cipher.getAuthTag()]) };
}

function unwrap({ share, body }: WrappedKey, identity: Identity): Uint8Array | undefined {
  const shared = sharedSecret(identity.secret, share) ?? headerError('a share is a point of low order');
  const key = wrapKey(shared, share, identity.publicKey);
  const decipher = createDecipheriv('chacha20-poly1305', key, ZERO_NONCE, { authTagLength: AGE_TAG_BYTES });
  decipher.setAuthTag(body.subarray(FILE_KEY_BYTES));
  const fileKey = decipher.update(body.subarray(0, FILE_KEY_BYTES));
  try {
    decipher.final();
    return fileKey;
  } catch {
    return undefined; // wrapped for somebody else
  }
}

function wrapKey(shared: Uint8Array, share: Uint8Array, recipient: Uint8Array): Uint8Array {
  return derive(shared, Buffer.concat([share, recipient]), X25519_INFO);
}

function headerMac(fileKey: Uint8Array, signed: Uint8Array): Uint8Array {
  return createHmac('sha256', derive(fileKey, new Uint8Array(), 'header'))
    .update(signed)
    .digest();
}

function derive(key: Uint8Array, salt: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, salt, info, 32));
}

interface WrappedKey {
  readonly share: Uint8Array;
  readonly body: Uint8Array;
}

function x25519Stanza({ args, body }: Stanza): WrappedKey {
  const share = parseUnpadded(args[1] ?? '');
  if (args.length !== 2 || share?.length !== SHARE_BYTES) return headerError('an X25519 share is malformed');
  if (body.length !== FILE_KEY_BYTES + AGE_TAG_BYTES) return headerError('a wrapped key has a wrong length');
  return { share, body };
}

interface ParsedHeader {
  readonly stanzas: readonly Stanza[];
  /** The bytes that the MAC covers. */
  readonly signed: Uint8Array;
  readonly mac: Uint8Array;
}

function parseHeader(header: Uint8Array): ParsedHeader {
  const lines = bufferOf(header).toString('latin1').split('\n');
  if (lines.shift() !== VERSION_LINE) headerError('the first line is not that of an age file of version 1');
  if (lines.pop() !== '') headerError('it does not end with a line');
  const macLine = lines.pop() ?? '';
  const mac = parseUnpadded(macLine.slice(MAC_MARK.length + 1));
  if (!macLine.startsWith(`${MAC_MARK} `) || mac?.length !== 32)
    return headerError('its last line is malformed');
  const stanzas: Stanza[] = [];
  for (let at = 0; at < lines.length;) {
    const end = bodyEnd(lines, at + 1);
    stanzas.push(parseStanza(lines.slice(at, end)));
    at = end;
  }
  if (stanzas.length === 0) headerError('it names no recipient');
  return { stanzas, signed: header.subarray(0, header.length - macLine.length - 1 + MAC_MARK.length), mac };
}

/** Index after the last body line, which is the first one that is shorter than a full one. */
function bodyEnd(lines: readonly string[], from: number): number {
  for (let at = from; ; at++) {
    const line = lines[at];
    if (line === undefined || line.length > BODY_COLUMNS)
      return headerError('the body of a stanza is malformed');
    if (line.length < BODY_COLUMNS) return at + 1;
  }
}

function parseStanza([first, ...body]: readonly string[]): Stanza {
  const [mark, ...args] = (first ?? '').split(' ');
  if (mark !== '->' || args.length === 0 || !args.every((arg) => /^[!-~]+$/.test(arg)))
    headerError('the first line of a stanza is malformed');
  return { args, body: parseUnpadded(body.join('')) ?? headerError('the body of a stanza is not base64') };
}

function unpadded(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('=', '');
}

/** Bytes of base64 without padding in its one canonical spelling, else undefined. */
function parseUnpadded(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return unpadded(bytes) === text ? bytes : undefined;
}

/** Throws "sealed.header". */
export function headerError(why: string): never {
  throw new DockError('sealed.header', `age header refused: ${why}`, { retry: 'never' });
}
