// A sealed recording that lies at the store, read by ranges and opened in the memory of this browser (age v1: a header, a nonce, chunks of 64 KiB).
// Each chunk is authenticated before a byte of it is given; nothing is kept.
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { Decrypter } from 'age-encryption';

const CHUNK_BYTES = 65_536;
const TAG_BYTES = 16;
const NONCE_BYTES = 16;
const HEADER_BYTES_MAX = 65_536;

/** Identities of an age identity file. Errors: TypeError where it holds none. */
export function identitiesOf(text) {
  const found = text.split(/\r?\n/).filter((line) => /^AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+$/.test(line));
  if (found.length === 0) throw new TypeError('no identity');
  return found;
}

/** `fetchRange(start, end)` gives these sealed bytes, `sizeBytes` is how many there are. Errors: where no identity opens it, or it is not whole. */
export async function openSealed(fetchRange, sizeBytes, identities) {
  const head = await fetchRange(0, Math.min(HEADER_BYTES_MAX, sizeBytes));
  const headerBytes = headerEnd(head);
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  const fileKey = await decrypter.decryptHeader(head.slice(0, headerBytes));
  const payloadAt = headerBytes + NONCE_BYTES;
  const key = hkdf(
    sha256,
    fileKey,
    head.slice(headerBytes, payloadAt),
    new TextEncoder().encode('payload'),
    32,
  );
  const sealedBytes = sizeBytes - payloadAt;
  const chunks = Math.max(1, Math.ceil(sealedBytes / (CHUNK_BYTES + TAG_BYTES)));
  const opened = {
    sizeBytes: sealedBytes - chunks * TAG_BYTES,
    /** The original's bytes from `start` up to, not including, `end`. */
    async read(start, end) {
      const [first, last] = [Math.floor(start / CHUNK_BYTES), Math.floor((end - 1) / CHUNK_BYTES)];
      const from = payloadAt + first * (CHUNK_BYTES + TAG_BYTES);
      const to = Math.min(sizeBytes, payloadAt + (last + 1) * (CHUNK_BYTES + TAG_BYTES));
      const sealed = await fetchRange(from, to);
      if (sealed.length !== to - from) throw new Error('cut off');
      const plain = new Uint8Array(to - from - (last - first + 1) * TAG_BYTES);
      for (let chunk = first; chunk <= last; chunk++) {
        const at = (chunk - first) * (CHUNK_BYTES + TAG_BYTES);
        const piece = sealed.subarray(at, at + CHUNK_BYTES + TAG_BYTES);
        const bytes = chacha20poly1305(key, nonceOf(chunk, chunk === chunks - 1)).decrypt(piece);
        plain.set(bytes, (chunk - first) * CHUNK_BYTES);
      }
      return plain.subarray(start - first * CHUNK_BYTES, end - first * CHUNK_BYTES);
    },
  };
  // The last chunk says that it is the last: without it the size is the store's word alone.
  await opened.read(Math.max(0, opened.sizeBytes - 1), Math.max(1, opened.sizeBytes));
  return opened;
}

/** Where the line of the header's MAC ends. */
function headerEnd(head) {
  const lines = new TextDecoder('latin1').decode(head);
  const found = /\n--- [A-Za-z0-9+/]{43}\n/.exec(lines);
  if (found === null) throw new Error('no header of age');
  return found.index + found[0].length;
}

function nonceOf(chunk, isLast) {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, chunk);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}
