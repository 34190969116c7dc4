import { expect, test } from 'vitest';
import { inlineSigner, makeSecretKey } from '../../../protocol/documents/minisign.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { fastSigner } from './fast-signer.ts';

test("the quick signer of these tests gives the bytes of the product's signer", async () => {
  const random = new SeededRandom(1);
  const key = makeSecretKey(random);
  const [quick, real] = [fastSigner(key), inlineSigner(key)];
  for (let turn = 0; turn < 3; turn++) {
    const bytes = random.bytes(turn * 100);
    expect(await quick.sign(bytes, 'bodydock receipt')).toBe(await real.sign(bytes, 'bodydock receipt'));
    expect(await quick.signMessage(`body ${turn}`)).toBe(await real.signMessage(`body ${turn}`));
  }
});
