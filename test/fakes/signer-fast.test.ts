import { expect, test } from 'vitest';
import { makeSecretKey, signDocument } from '../../protocol/minisign.ts';
import { seededRandom } from './random-seeded.ts';
import { fastSigner } from './signer-fast.ts';

test('the fast signer gives the same text as the one of the product', async () => {
  const key = makeSecretKey(seededRandom(3));
  for (const length of [0, 1, 5000]) {
    const bytes = seededRandom(length).bytes(length);
    expect(await fastSigner(key).sign(bytes, 'bodydock test')).toBe(
      signDocument(key, bytes, 'bodydock test'),
    );
  }
});
