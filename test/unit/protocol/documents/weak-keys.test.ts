// Public keys by which one signature holds for every document are refused when they are read (SPEC 2.4.2).
import { expect, test } from 'vitest';
import { encodePublicKey, makeSecretKey, parsePublicKey } from '../../../../protocol/documents/minisign.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';

const ORDER_8 = [
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
];
/** 0, 1 and -1; 2^255-19 and one more, which are 0 and 1 again. */
const OTHERS = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  ...['ec', 'ed', 'ee'].map((low) => `${low}${'ff'.repeat(30)}7f`),
];

test.each([...ORDER_8, ...OTHERS])('%s is refused with either sign', (hex) => {
  for (const sign of [0, 0x80]) {
    const key = Buffer.from(hex, 'hex');
    key[31] = (key[31] ?? 0) | sign;
    expect(() => parsePublicKey(encodePublicKey({ keyId: Buffer.alloc(8, 7), key }))).toThrow(
      expect.objectContaining({ code: 'key.malformed' }),
    );
  }
});

test('a key that was made is taken', () => {
  const { keyId, publicKey: key } = makeSecretKey(seededRandom(1));
  expect(Buffer.from(parsePublicKey(encodePublicKey({ keyId, key })).key)).toEqual(Buffer.from(key));
});
