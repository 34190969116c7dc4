// The signer in its worker thread signs exactly what the inline one signs, and ends when it is closed.
import { afterEach, expect, test } from 'vitest';
import {
  makeSecretKey,
  publicKeyOf,
  signDocument,
  verifyDocument,
} from '../../../protocol/documents/minisign.ts';
import { openWorkerSigner, type WorkerSigner } from '../../../agent/platform/signer-worker.ts';
import { CUSTODY_HEAD_TRUSTED_COMMENT } from '../../../protocol/custody/custody-entry.ts';
import { DOCKING_RECORD_TRUSTED_COMMENT } from '../../../protocol/documents/docking-record.ts';
import { MANIFEST_TRUSTED_COMMENT } from '../../../protocol/documents/manifest.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const key = makeSecretKey(seededRandom(7));
const document = new TextEncoder().encode('{"type":"receipt"}');
let signer: WorkerSigner | undefined;

afterEach(() => signer?.close());

test.each([MANIFEST_TRUSTED_COMMENT, DOCKING_RECORD_TRUSTED_COMMENT, CUSTODY_HEAD_TRUSTED_COMMENT])(
  'a %j signed in the worker has the bytes of one signed inline, and verifies',
  async (comment) => {
    signer = await openWorkerSigner(key);
    const text = await signer.sign(document, comment);
    expect(text).toBe(signDocument(key, document, comment));
    expect(verifyDocument(document, text, comment, [publicKeyOf(key)]).key).toEqual(key.publicKey);
  },
);

test('many signatures at once come back each to its caller', async () => {
  signer = await openWorkerSigner(key);
  const open = signer;
  const bodies = Array.from({ length: 12 }, (_, at) => Buffer.from(`body ${at}`));
  const signatures = await Promise.all(bodies.map((body) => open.sign(body, 'comment')));
  for (const [at, body] of bodies.entries())
    verifyDocument(body, signatures[at] ?? '', 'comment', [publicKeyOf(key)]);
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
