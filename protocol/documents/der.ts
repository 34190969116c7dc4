// DER (X.690), as much of it as a certificate needs: writes values, and reads them from bytes that may be anything.
// Knows tags and lengths and nothing about what they mean.
import { DockError } from '../format/errors.ts';
import { bufferOf, concatBytes, encodeUtf8 } from '../format/bytes.ts';

export const DER_INTEGER = 0x02;
export const DER_BIT_STRING = 0x03;
export const DER_OCTET_STRING = 0x04;
export const DER_OBJECT_ID = 0x06;
export const DER_UTF8_STRING = 0x0c;
export const DER_SEQUENCE = 0x30;
export const DER_SET = 0x31;
const DER_BOOLEAN = 0x01;
const DER_UTC_TIME = 0x17;
const DER_GENERALIZED_TIME = 0x18;
/** Two bytes of length are 64 KiB: more than any certificate of ours, and all that is read. */
const LENGTH_BYTES_MAX = 2;

/** One value: its tag, what is in it, and the whole of it with tag and length. Views on the bytes that were read. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

/** A value of that tag; its content is the parts in order. At most 65,535 bytes. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes([Uint8Array.of(tag, ...head), content]);
}

export function derSequence(...parts: readonly Uint8Array[]): Uint8Array {
  return der(DER_SEQUENCE, ...parts);
}

/** A constructed value with a context tag of 0 to 30, as in `[3]`. */
export function derContext(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return der(0xa0 | number, ...parts);
}

/** Shape: "1.2.840.10045.4.3.2". */
export function derObjectId(text: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const digits = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return der(DER_OBJECT_ID, Uint8Array.from(bytes));
}

export function derText(text: string): Uint8Array {
  return der(DER_UTF8_STRING, encodeUtf8(text));
}

export function derTrue(): Uint8Array {
  return der(DER_BOOLEAN, Uint8Array.of(0xff));
}

/** A string of whole bytes. */
export function derBits(bytes: Uint8Array): Uint8Array {
  return der(DER_BIT_STRING, Uint8Array.of(0), bytes);
}

/** A positive integer from its big-endian bytes, of which the first is not 0. */
export function derPositive(bytes: Uint8Array): Uint8Array {
  return der(DER_INTEGER, ...((bytes[0] ?? 0) >= 0x80 ? [Uint8Array.of(0)] : []), bytes);
}

/** A time to the second; RFC 5280 wants two digits of the year up to 2049. */
export function derTime(ms: number): Uint8Array {
  const text = `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return text < '2050'
    ? der(DER_UTC_TIME, encodeUtf8(text.slice(2)))
    : der(DER_GENERALIZED_TIME, encodeUtf8(text));
}

/** The values that the bytes hold one behind the other. Errors: "der.malformed" where they are not the one encoding of such. */
export function readDer(bytes: Uint8Array): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const value = valueAt(bytes, at);
    values.push(value);
    at += value.whole.length;
  }
  return values;
}

/** The values within the one value that the bytes are. Errors: "der.malformed", also where it is no such value. */
export function readDerInside(bytes: Uint8Array, tag: number): DerValue[] {
  const [value, surplus] = readDer(bytes);
  if (value?.tag !== tag || surplus !== undefined) throw malformed(`tag ${tag} alone was expected`);
  return readDer(value.content);
}

function valueAt(bytes: Uint8Array, at: number): DerValue {
  const view = bufferOf(bytes);
  const tag = view[at] ?? 0;
  if ((tag & 0x1f) === 0x1f) throw malformed('a long tag');
  const first = view[at + 1];
  if (first === undefined) throw malformed('it ends in the middle');
  const count = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + count;
  if (first === 0x80 || count > LENGTH_BYTES_MAX || start > view.length)
    throw malformed('a length that cannot be');
  const length = count === 0 ? first : view.readUIntBE(at + 2, count);
  if (count > 0 && length < (count === 1 ? 0x80 : 0x100))
    throw malformed('a length that is not the shortest');
  if (length > view.length - start) throw malformed('it ends in the middle');
  const end = start + length;
  return { tag, content: view.subarray(start, end), whole: view.subarray(at, end) };
}

function malformed(what: string): DockError {
  return new DockError('der.malformed', `no DER: ${what}`, { retry: 'never' });
}
