// What an SMP packet may hold, and what is refused before memory is taken.
import { encode } from 'cborg';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  encodePacket,
  errorOf,
  parseHeader,
  parseMap,
  SMP_HEADER_BYTES,
} from '../../../../../drivers/serial/smp/packet.ts';

test('a packet comes back as it was sent', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 65_535 }),
      fc.nat(255),
      fc.nat(255),
      fc.uint8Array({ maxLength: 900 }),
      (group, sequence, command, data) => {
        const header = { version: 1 as const, op: 'write' as const, group, sequence, command };
        const packet = encodePacket(header, { data, name: 'x', n: 2 ** 40 });
        expect(parseHeader(packet)).toEqual({ ...header, dataBytes: packet.length - SMP_HEADER_BYTES });
        expect(parseMap(packet.subarray(SMP_HEADER_BYTES))).toEqual({ data, name: 'x', n: 2 ** 40 });
      },
    ),
  );
});

test.each([
  ['reserved bits', [0x20, 0, 0, 0, 0, 0, 0, 0]],
  ['a later version', [0x10, 0, 0, 0, 0, 0, 0, 0]],
  ['an operation that is none', [0x04, 0, 0, 0, 0, 0, 0, 0]],
  ['flags', [0x00, 1, 0, 0, 0, 0, 0, 0]],
  ['a length above the bound', [0x00, 0, 0xff, 0xff, 0, 0, 0, 0]],
])('a header with %s is none', (_, bytes) => {
  expect(parseHeader(Uint8Array.from(bytes))).toBeUndefined();
});

test.each([
  ['two billion items announced in five bytes', [0x9a, 0x7f, 0xff, 0xff, 0xff]],
  ['a text of four gigabytes', [0x7a, 0xff, 0xff, 0xff, 0xff]],
  ['a map of two billion', [0xba, 0x7f, 0xff, 0xff, 0xff]],
  ['no end', [0xbf, 0x61, 0x61]],
  ['not a map', [0x83, 1, 2, 3]],
  ['a number as key', [0xa1, 1, 2]],
  ['one key twice', [0xa2, 0x61, 0x61, 1, 0x61, 0x61, 2]],
  ['bytes behind the map', [0xa0, 0]],
  ['nothing', []],
])('%s is refused', (_, bytes) => {
  expect(() => parseMap(Uint8Array.from(bytes))).toThrow(/SMP packet refused/);
});

test('eight thousand arrays in each other are refused without recursion', () => {
  expect(() => parseMap(new Uint8Array(8192).fill(0x81))).toThrow(/nested too deep/);
});

test('whatever comes is refused or is a map, and nothing else is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        expect(parseMap(bytes)).toBeTypeOf('object');
      } catch (error) {
        expect(error).toMatchObject({ code: 'smp.malformed' });
      }
    }),
    { numRuns: 3000 },
  );
});

test('a key named like a part of every object is only a key', () => {
  const map = parseMap(
    encode(new Map<string, unknown>(Object.entries(JSON.parse('{"__proto__":{"rc":5},"rc":0}') as object))),
  );
  expect(errorOf(map)).toBeUndefined();
  expect(Object.getPrototypeOf(map)).toBe(Object.prototype);
});

test('both versions of an error are understood', () => {
  expect(errorOf({ rc: 5 })).toEqual({ group: undefined, rc: 5 });
  expect(errorOf({ err: { group: 66, rc: 11 } })).toEqual({ group: 66, rc: 11 });
  expect(errorOf({ rc: 0, off: 3 })).toBeUndefined();
  expect(errorOf({ err: { group: 8, rc: 0 } })).toBeUndefined();
  expect(errorOf({})).toBeUndefined();
});
