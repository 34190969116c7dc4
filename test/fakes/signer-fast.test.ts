import { expect, test } from 'vitest';
import { makeSecretKey, signDocument, signMessage, signNoteText } from '../../protocol/documents/minisign.ts';
import { seededRandom } from './random-seeded.ts';
import { fastMessageSigner, fastSigner } from './signer-fast.ts';

test('the fast signer gives the same text as the one of the product', async () => {
  const key = makeSecretKey(seededRandom(3));
  for (const length of [0, 1, 5000]) {
    const bytes = seededRandom(length).bytes(length);
    expect(await fastSigner(key).sign(bytes, 'bodydock test')).toBe(
      signDocument(key, bytes, 'bodydock test'),
    );
  }
});

test('... and the same signatures of a message and of a note', async () => {
  const key = makeSecretKey(seededRandom(4));
  expect(await fastMessageSigner(key).signMessage('{"a":1}')).toBe(signMessage(key, '{"a":1}'));
  const note = 'bodydock/log\n1\n';
  expect(Buffer.from(await fastSigner(key).signNote(note))).toEqual(Buffer.from(signNoteText(key, note)));
});
