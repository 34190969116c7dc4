// Opens sealed files (SPEC 3): hostile bytes in, authenticated plaintext out. For `open`, `verify`, proofs and tests; a station cannot.
//
// Invariants:
// 1. Only bytes of a chunk whose tag was checked are given out.
// 2. The end counts only behind a chunk that says it is the last: a file that was cut is an error, whatever came out before.
// 3. Memory is one header (at most AGE_HEADER_BYTES_MAX) or one chunk, however the bytes arrive.
import { createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { headerError, PAYLOAD_NONCE_BYTES, payloadKey, unwrapFileKey } from './age-header.ts';
import { parseIdentity, type Identity } from './age-keys.ts';
import { DockError } from '../format/errors.ts';
import { AGE_CHUNK_BYTES, AGE_HEADER_BYTES_MAX, AGE_TAG_BYTES } from '../format/limits.ts';
import { writeChunkNonce } from './sealed-file.ts';

const SEALED_CHUNK_BYTES = AGE_CHUNK_BYTES + AGE_TAG_BYTES;
/** What starts the header's last line. No line of base64 and no stanza can hold it. */
const MAC_LINE_START = '\n---';

/**
 * The plaintext of a sealed file, in the pieces in which it authenticates.
 * Errors: "sealed.header", "sealed.no-identity", "sealed.damaged" (altered, or cut inside a chunk), "sealed.truncated"
 * (the end is missing), "key.identity"; those of the source. What came before an error is authentic, but not the whole.
 * Source: age-encryption.org/v1.
 */
export async function* openSealed(
  source: AsyncIterable<Uint8Array>,
  identities: readonly string[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const opener = new SealedOpener(identities.map(parseIdentity));
  for await (const piece of source) yield* opener.push(piece);
  const last = opener.finish();
  if (last.length > 0) yield last;
}

/** The plaintext of a whole small sealed file. Errors: as openSealed. */
export function openSmall(bytes: Uint8Array, identities: readonly string[]): Uint8Array {
  const opener = new SealedOpener(identities.map(parseIdentity));
  return Buffer.concat([...opener.push(bytes), opener.finish()]);
}

class SealedOpener {
  readonly #identities: readonly Identity[];
  readonly #nonce = Buffer.alloc(12);
  /** The header as far as it came; then the chunk as far as it came. */
  #held = Buffer.alloc(AGE_HEADER_BYTES_MAX);
  #heldBytes = 0;
  #fileKey: Uint8Array | undefined;
  #key: KeyObject | undefined;
  #chunk = 0;

  constructor(identities: readonly Identity[]) {
    this.#identities = identities;
  }

  *push(piece: Uint8Array): Generator<Uint8Array, void, undefined> {
    let rest = piece;
    while (rest.length > 0) {
      if (this.#key === undefined) {
        rest = this.#fileKey === undefined ? this.#takeHeader(rest) : this.#takeNonce(rest);
        continue;
      }
      // A full chunk is opened only when something follows it: else it may be the last.
      if (this.#heldBytes === SEALED_CHUNK_BYTES) {
        yield this.#openChunk(this.#key);
        this.#heldBytes = 0;
      }
      rest = this.#hold(rest, SEALED_CHUNK_BYTES);
    }
  }

  /** The last chunk's plaintext; empty only for an empty file. */
  finish(): Uint8Array {
    if (this.#fileKey === undefined) return headerError('the file ends inside it');
    if (this.#key === undefined || this.#heldBytes < AGE_TAG_BYTES) return truncated();
    if (this.#heldBytes === AGE_TAG_BYTES && this.#chunk > 0) return damaged('its last chunk is empty');
    const plaintext = this.#decrypt(this.#key, true);
    if (plaintext !== undefined) return plaintext;
    return this.#decrypt(this.#key, false) === undefined ? damaged(`chunk ${this.#chunk}`) : truncated();
  }

  /** Copies what fits; returns the rest. */
  #hold(bytes: Uint8Array, bytesMax: number): Uint8Array {
    const taken = bytes.subarray(0, bytesMax - this.#heldBytes);
    this.#held.set(taken, this.#heldBytes);
    this.#heldBytes += taken.length;
    return bytes.subarray(taken.length);
  }

  #takeHeader(bytes: Uint8Array): Uint8Array {
    const before = this.#heldBytes;
    this.#hold(bytes, AGE_HEADER_BYTES_MAX);
    const held = this.#held.subarray(0, this.#heldBytes);
    const lastLine = held.indexOf(MAC_LINE_START, 0, 'latin1');
    const end = lastLine < 0 ? -1 : held.indexOf(10, lastLine + 1);
    if (end < 0) {
      if (this.#heldBytes === AGE_HEADER_BYTES_MAX)
        headerError(`no end within ${AGE_HEADER_BYTES_MAX} bytes: this is no age file`);
      return bytes.subarray(bytes.length); // wait for more
    }
    this.#fileKey = unwrapFileKey(held.subarray(0, end + 1), this.#identities);
    this.#held = Buffer.allocUnsafeSlow(SEALED_CHUNK_BYTES);
    this.#heldBytes = 0;
    return bytes.subarray(end + 1 - before);
  }

  #takeNonce(bytes: Uint8Array): Uint8Array {
    const rest = this.#hold(bytes, PAYLOAD_NONCE_BYTES);
    if (this.#heldBytes === PAYLOAD_NONCE_BYTES && this.#fileKey !== undefined) {
      this.#key = createSecretKey(payloadKey(this.#fileKey, this.#held.subarray(0, PAYLOAD_NONCE_BYTES)));
      this.#heldBytes = 0;
    }
    return rest;
  }

  #openChunk(key: KeyObject): Uint8Array {
    const plaintext = this.#decrypt(key, false) ?? damaged(`chunk ${this.#chunk}`);
    this.#chunk++;
    return plaintext;
  }

  #decrypt(key: KeyObject, last: boolean): Uint8Array | undefined {
    const tagAt = this.#heldBytes - AGE_TAG_BYTES;
    writeChunkNonce(this.#nonce, this.#chunk, last);
    const decipher = createDecipheriv('chacha20-poly1305', key, this.#nonce, {
      authTagLength: AGE_TAG_BYTES,
    });
    decipher.setAuthTag(this.#held.subarray(tagAt, this.#heldBytes));
    const plaintext = decipher.update(this.#held.subarray(0, tagAt));
    try {
      decipher.final();
      return plaintext;
    } catch {
      return undefined;
    }
  }
}

function damaged(what: string): never {
  throw new DockError('sealed.damaged', `sealed file is damaged or altered: ${what}`, { retry: 'never' });
}

function truncated(): never {
  throw new DockError('sealed.truncated', 'sealed file was cut: its last chunk is missing', {
    retry: 'never',
  });
}
