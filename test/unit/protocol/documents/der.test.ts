import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DER_OCTET_STRING,
  DER_SEQUENCE,
  der,
  derObjectId,
  derPositive,
  derTime,
  readDer,
  readDerInside,
} from '../../../../protocol/documents/der.ts';
import { isDockError } from '../../../../protocol/format/errors.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('what is written is read back, at every length of the length', () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65_535]) {
    const content = new Uint8Array(length).fill(7);
    const whole = der(DER_OCTET_STRING, content);
    const [value, surplus] = readDer(whole);
    expect(surplus).toBeUndefined();
    expect(value?.tag).toBe(DER_OCTET_STRING);
    expect([value?.content, value?.whole].map((bytes) => bytes && hex(bytes))).toEqual(
      [content, whole].map(hex),
    );
  }
});

test('any bytes are either the one encoding of what was read, or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        const values = readDer(bytes);
        const again = values.map(({ tag, content }) => der(tag, content));
        expect(hex(Buffer.concat(again))).toBe(hex(bytes));
      } catch (error) {
        expect(isDockError(error, 'der.malformed')).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a value that is cut anywhere, or is another one, is refused', () => {
  const whole = der(DER_SEQUENCE, der(DER_OCTET_STRING, new Uint8Array(200)));
  expect(readDerInside(whole, DER_SEQUENCE)).toHaveLength(1);
  for (let length = 1; length < whole.length; length++)
    expect(() => readDer(whole.subarray(0, length)), `${length}`).toThrow('no DER');
  expect(() => readDerInside(whole, DER_OCTET_STRING)).toThrow('no DER');
  expect(() => readDerInside(Buffer.concat([whole, whole]), DER_SEQUENCE)).toThrow('no DER');
});

test.each([
  ['a length in one byte more than it needs', '04810100'],
  ['a length in two bytes where one is enough', '048200800000'],
  ['a length without a number', '0480'],
  ['a length of three bytes', '0483010000'],
  ['a long tag', '1f8100'],
])('%s is refused', (_what, text) => {
  const bytes = Buffer.concat([Buffer.from(text, 'hex'), Buffer.alloc(70_000)]);
  expect(() => readDer(bytes)).toThrow(/a length that|a long tag/);
});

// Of X.690 8.19.5 and RFC 5280 4.1.2.5.
test.each([
  ['2.999.3', derObjectId('2.999.3'), '0603883703'],
  ['1.2.840.113549', derObjectId('1.2.840.113549'), '06062a864886f70d'],
  ['200', derPositive(Uint8Array.of(200)), '020200c8'],
  ['2049', derTime(Date.UTC(2049, 11, 31, 23, 59, 59)), '170d3439313233313233353935395a'],
  ['2050', derTime(Date.UTC(2050, 0, 1)), '180f32303530303130313030303030305a'],
])('%s is written as the standards say', (_name, bytes, expected) => {
  expect(hex(bytes)).toBe(expected);
});
