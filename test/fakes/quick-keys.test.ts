import crypto, { createPrivateKey, createPublicKey, diffieHellman, sign, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { readKeysQuickly } from './quick-keys.ts';
import { SeededRandom } from './random-seeded.ts';

const X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

function readAll(): KeyObject[] {
  const random = new SeededRandom(3);
  return [X25519, ED25519].flatMap((prefix) =>
    Array.from({ length: 10 }, () =>
      createPrivateKey({
        key: Buffer.concat([prefix, random.bytes(32)]),
        format: 'der',
        type: 'pkcs8',
      }),
    ),
  );
}

const der = (key: KeyObject): string => key.export({ format: 'der', type: 'pkcs8' }).toString('hex');
const own = (key: KeyObject): string =>
  createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('hex');

test('a key that is read quickly is the one that Node reads: same bytes, same public half, same secrets and signatures', () => {
  const slow = readAll();
  const before = crypto.createPrivateKey;
  readKeysQuickly();
  readKeysQuickly();
  expect(crypto.createPrivateKey).not.toBe(before);
  const quick = readAll();
  expect(quick.map(der)).toEqual(slow.map(der));
  expect(quick.map(own)).toEqual(slow.map(own));
  const [a, b] = [slow[0], quick[0]];
  const [signer, quickSigner] = [slow.at(-1), quick.at(-1)];
  if (!a || !b || !signer || !quickSigner) throw new Error('no keys');
  const other = createPublicKey(slow[1] ?? a);
  expect(diffieHellman({ privateKey: b, publicKey: other })).toEqual(
    diffieHellman({ privateKey: a, publicKey: other }),
  );
  expect(sign(null, Buffer.from('x'), quickSigner)).toEqual(sign(null, Buffer.from('x'), signer));
});

test('what has another form is read as always', () => {
  const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readKeysQuickly();
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
  expect(createPrivateKey(pem).equals(privateKey)).toBe(true);
  const key = privateKey.export({ format: 'der', type: 'pkcs8' });
  expect(createPrivateKey({ key, format: 'der', type: 'pkcs8' }).equals(privateKey)).toBe(true);
  expect(() => createPrivateKey({ key: Buffer.alloc(48), format: 'der', type: 'pkcs8' })).toThrow();
});
