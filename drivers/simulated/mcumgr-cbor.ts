// CBOR as MCUmgr's usual build writes it: maps and arrays begin without a count and end with a break. Pure.
import { encode } from 'cborg';
import { concatBytes } from '../../protocol/format/bytes.ts';

const ARRAY = 0x9f;
const MAP = 0xbf;
const BREAK = 0xff;

/** Bytes of a value made of maps with text keys, arrays, and what stands in them. */
export function mcumgrCbor(value: unknown): Uint8Array {
  if (Array.isArray(value)) return between(ARRAY, value.map(mcumgrCbor));
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array))
    return between(
      MAP,
      Object.entries(value).flatMap(([key, item]) => [encode(key), mcumgrCbor(item)]),
    );
  return encode(value);
}

function between(begin: number, parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes([Uint8Array.of(begin), ...parts, Uint8Array.of(BREAK)]);
}
