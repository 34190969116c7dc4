// The signer in its worker thread signs exactly what the inline one signs, and ends when it is closed.
import { afterEach, expect, test } from 'vitest';
import {
  makeSecretKey,
  publicKeyOf,
  signDocument,
  verifyDocument,
  verifyMessage,
} from '../../../protocol/documents/minisign.ts';
import { openWorkerSigner, type WorkerSigner } from '../../../agent/platform/signer-worker.ts';
import { keyIdHex } from '../../../protocol/documents/minisign.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const key = makeSecretKey(seededRandom(7));
const document = new TextEncoder().encode('{"type":"receipt"}');
let signer: WorkerSigner | undefined;

afterEach(() => signer?.close());

test('a document signed in the worker has the bytes of one signed inline, and verifies', async () => {
  signer = await openWorkerSigner(key);
  const text = await signer.sign(document, 'bodydock receipt');
  expect(text).toBe(signDocument(key, document, 'bodydock receipt'));
  expect(verifyDocument(document, text, 'bodydock receipt', [publicKeyOf(key)]).key).toEqual(key.publicKey);
});

test('a message signed in the worker verifies', async () => {
  signer = await openWorkerSigner(key);
  const signature = await signer.signMessage('{"message":"claim"}');
  expect(
    verifyMessage('{"message":"claim"}', signature, keyIdHex(key.keyId), [publicKeyOf(key)]).keyId,
  ).toEqual(key.keyId);
});

test('many signatures at once come back each to its caller', async () => {
  signer = await openWorkerSigner(key);
  const open = signer;
  const bodies = Array.from({ length: 12 }, (_, at) => `body ${at}`);
  const signatures = await Promise.all(bodies.map((body) => open.signMessage(body)));
  for (const [at, body] of bodies.entries())
    verifyMessage(body, signatures[at] ?? '', keyIdHex(key.keyId), [publicKeyOf(key)]);
});

test('after close, what waits and what comes rejects', async () => {
  signer = await openWorkerSigner(key);
  const waiting = signer.sign(document, 'bodydock receipt');
  await Promise.all([
    expect(waiting).rejects.toMatchObject({ code: 'worker.died', retry: 'later' }),
    signer.close(),
  ]);
  await expect(signer.sign(document, 'bodydock receipt')).rejects.toMatchObject({ code: 'worker.died' });
  await signer.close();
});
