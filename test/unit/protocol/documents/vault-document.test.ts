import { expect, test } from 'vitest';
import { makeSessionId } from '../../../../protocol/format/ids.ts';
import { encodeVaultId, parseVaultId } from '../../../../protocol/documents/vault-document.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';

const vault = makeSessionId(new SeededRandom(5));

test('no turned bit makes it the document of another vault', () => {
  const bytes = encodeVaultId(vault);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const turned = Buffer.from(bytes);
    turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => parseVaultId(turned), `bit ${bit}`).toThrow();
  }
  expect(parseVaultId(bytes)).toBe(vault);
});

test('one without a digest counts', () => {
  expect(parseVaultId(Buffer.from(`{"type":"vault","vault":"${vault}","version":1}`))).toBe(vault);
});
