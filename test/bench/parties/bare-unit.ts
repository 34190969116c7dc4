// What travels between the ends of the bare party: units of sealed bytes, each named with its file, its number and its digest.
import { AGE_CHUNK_BYTES, AGE_TAG_BYTES, UNIT_BYTES } from '../../../protocol/format/limits.ts';

/** Of the original, in one unit. */
export const UNIT_PLAIN_BYTES = UNIT_BYTES;
/** A sealed unit: each chunk with its tag behind it. The last one of a file may be shorter. */
export const UNIT_SEALED_BYTES = UNIT_BYTES + (UNIT_BYTES / AGE_CHUNK_BYTES) * AGE_TAG_BYTES;
/** Sent and not yet written by the far end, at most: the window of the product. */
export { WINDOW_BYTES_MAX } from '../../../protocol/format/limits.ts';

/** Far end to near end: units written so far, in decimal. */
export const WRITTEN = 'bare/written';
/** Far end to near end: files synced so far, in decimal. */
export const SYNCED = 'bare/synced';
/** Near end to far end. */
export const UNITS = 'bare/unit';

/** One unit as it is announced; the bytes lie in the spool, the unit's number times UNIT_SEALED_BYTES after its file's start. */
export interface BareUnit {
  readonly file: number;
  readonly number: number;
  readonly sizeBytes: number;
  /** SHA-256 of the sealed bytes, in hex. */
  readonly digest: string;
  readonly isLast: boolean;
}

export function unitTopic({ file, number, digest, isLast }: BareUnit): string {
  return `${UNITS}/${file}/${number}/${isLast ? 1 : 0}/${digest}`;
}

export function parseUnitTopic(topic: string): Omit<BareUnit, 'sizeBytes'> {
  const [, , file, number, last, digest = ''] = topic.split('/');
  return { file: Number(file), number: Number(number), isLast: last === '1', digest };
}

/** Key and nonces are the party's own and no secret: what counts is the work. Bytes of the key of ChaCha20-Poly1305. */
export const KEY = Buffer.alloc(32, 'bench');

/** Of a chunk: its number in its file, after the file's own (RFC 8439 wants it never twice with one key). */
export function nonceOf(file: number, chunk: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(file, 0);
  nonce.writeUInt32BE(chunk, 8);
  return nonce;
}
