// Small helpers on byte arrays: text forms, digests and comparison. No I/O.
import { hash } from 'node:crypto';

const encoder = new TextEncoder();
/** Keeps nothing from one text to the next. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A view on the same memory as a Buffer, without a copy. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** SHA-256 of the bytes as 64 lower-case hex digits. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** SHA-256 of the bytes as 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

/** Standard base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('base64');
}

/** Bytes of a standard base64 text, or undefined where it is not the one canonical spelling of them. */
export function parseBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** UTF-8 bytes of a text. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of UTF-8 bytes, or undefined where they are not UTF-8. A byte-order mark is kept, so it is never lost silently. */
export function parseUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** True where both hold the same bytes. Not constant-time: for public values only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return bufferOf(a).equals(b);
}

/** One array of all the bytes in order. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
