// The sealed file (SPEC 3): an age v1 file. Seals a stream of plaintext; opening is sealed-file-open.ts. No I/O, all synchronous.
//
// Invariants:
// 1. Every sealing draws its file key, ephemeral keys and nonce in one call of the random source; none is kept, none repeats.
// 2. A STREAM chunk is sealed only once it is known whether it is the last one: a full chunk waits for what follows it.
// 3. A sealer that has finished takes nothing more; its chunk counter never repeats under one key.
import assert from 'node:assert/strict';
import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { encodeHeader, FILE_KEY_BYTES, headerBytes, PAYLOAD_NONCE_BYTES, payloadKey } from './age-header.ts';
import { AGE_CHUNK_BYTES, AGE_TAG_BYTES, RECIPIENTS_MAX } from '../format/limits.ts';
import type { Random } from '../format/ports.ts';

const EPHEMERAL_BYTES = 32;

/** Takes sealed bytes in their order. The part is the sink's own, whole buffer included: nobody else keeps or changes it. */
export type SealedSink = (part: Uint8Array<ArrayBuffer>) => void;

/** Seals one stream. */
export interface PayloadSealer {
  /** The file's first bytes, before anything that a sink gets: header and payload nonce. */
  readonly header: Uint8Array;
  /** Takes plaintext of any length and gives what it completes. Nothing of `plaintext` is kept by reference. */
  seal(plaintext: Uint8Array, out: SealedSink): void;
  /** Gives the last chunk. The sealer is used up. */
  finish(out: SealedSink): void;
}

/**
 * Begins a sealing to 1 to RECIPIENTS_MAX recipients, in their order.
 * Errors: "key.recipient" for a text that is none.
 * Source: age-encryption.org/v1.
 */
export function beginSeal(recipients: readonly string[], random: Random): PayloadSealer {
  assert(
    recipients.length > 0 && recipients.length <= RECIPIENTS_MAX,
    'recipients are counted by the schema',
  );
  const drawn = random.bytes(FILE_KEY_BYTES + PAYLOAD_NONCE_BYTES + EPHEMERAL_BYTES * recipients.length);
  const fileKey = drawn.subarray(0, FILE_KEY_BYTES);
  const nonce = drawn.subarray(FILE_KEY_BYTES, FILE_KEY_BYTES + PAYLOAD_NONCE_BYTES);
  const ephemerals = recipients.map((_, at) => {
    const from = FILE_KEY_BYTES + PAYLOAD_NONCE_BYTES + at * EPHEMERAL_BYTES;
    return drawn.subarray(from, from + EPHEMERAL_BYTES);
  });
  const header = Buffer.concat([encodeHeader(recipients, fileKey, ephemerals), nonce]);
  const key = payloadKey(fileKey, nonce);
  const sealer = new StreamSealer(header, createSecretKey(key));
  key.fill(0);
  drawn.fill(0);
  return sealer;
}

/** Exact size of the sealed file of an original of that many bytes. */
export function sealedSizeBytes(originalBytes: number, recipientCount: number): number {
  const chunks = Math.max(1, Math.ceil(originalBytes / AGE_CHUNK_BYTES));
  return headerBytes(recipientCount) + PAYLOAD_NONCE_BYTES + originalBytes + chunks * AGE_TAG_BYTES;
}

/** A whole small text as a sealed file. Errors: "key.recipient". */
export function sealSmall(bytes: Uint8Array, recipients: readonly string[], random: Random): Uint8Array {
  const sealer = beginSeal(recipients, random);
  const parts = [sealer.header];
  const keep: SealedSink = (part) => parts.push(part);
  sealer.seal(bytes, keep);
  sealer.finish(keep);
  return Buffer.concat(parts);
}

/**
 * The nonce of STREAM chunk number `chunk`, written into `nonce`.
 * Shape: 11 bytes of counter, big-endian, and one byte that is 1 for the last chunk. Files end long before 2^53 chunks.
 */
export function writeChunkNonce(nonce: Buffer, chunk: number, last: boolean): void {
  nonce.writeUIntBE(Math.floor(chunk / 2 ** 32), 1, 6);
  nonce.writeUInt32BE(chunk % 2 ** 32, 7);
  nonce[11] = last ? 1 : 0;
}

class StreamSealer implements PayloadSealer {
  readonly header: Uint8Array;
  readonly #key: KeyObject;
  readonly #nonce = Buffer.alloc(12);
  /** Plaintext that waits: less than a chunk, or a whole one that may be the last. */
  readonly #waiting = Buffer.allocUnsafeSlow(AGE_CHUNK_BYTES);
  #waitingBytes = 0;
  #chunk = 0;
  #finished = false;

  constructor(header: Uint8Array, key: KeyObject) {
    this.header = header;
    this.#key = key;
  }

  seal(plaintext: Uint8Array, out: SealedSink): void {
    assert(!this.#finished, 'a finished sealing takes nothing more');
    let at = 0;
    if (this.#waitingBytes > 0) {
      at = this.#wait(plaintext, 0);
      if (at === plaintext.length) return;
      this.#sealChunk(this.#waiting, false, out);
      this.#waitingBytes = 0;
    }
    for (; plaintext.length - at > AGE_CHUNK_BYTES; at += AGE_CHUNK_BYTES)
      this.#sealChunk(plaintext.subarray(at, at + AGE_CHUNK_BYTES), false, out);
    this.#wait(plaintext, at);
  }

  finish(out: SealedSink): void {
    assert(!this.#finished, 'a sealing is finished once');
    this.#finished = true;
    this.#sealChunk(this.#waiting.subarray(0, this.#waitingBytes), true, out);
    this.#waiting.fill(0);
  }

  /** Copies what fits of the plaintext from `at` on; returns the offset behind it. */
  #wait(plaintext: Uint8Array, at: number): number {
    const end = Math.min(plaintext.length, at + AGE_CHUNK_BYTES - this.#waitingBytes);
    this.#waiting.set(plaintext.subarray(at, end), this.#waitingBytes);
    this.#waitingBytes += end - at;
    return end;
  }

  #sealChunk(plaintext: Uint8Array, last: boolean, out: SealedSink): void {
    writeChunkNonce(this.#nonce, this.#chunk++, last);
    const cipher = createCipheriv('chacha20-poly1305', this.#key, this.#nonce, {
      authTagLength: AGE_TAG_BYTES,
    });
    if (plaintext.length > 0) out(cipher.update(plaintext));
    cipher.final(); // a stream cipher holds nothing back, but the tag exists only after it
    out(cipher.getAuthTag());
  }
}
