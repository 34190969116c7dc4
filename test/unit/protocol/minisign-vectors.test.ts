// Golden vectors of signatures and key files (SPEC 2), some of them made by stock minisign.
import { createPrivateKey, sign as nodeSign } from 'node:crypto';
import { expect, test } from 'vitest';
import { isDockError } from '../../../protocol/format/errors.ts';
import {
  encodePublicKey,
  makeSecretKey,
  parsePublicKey,
  parseSecretKey,
  inlineSigner,
  publicKeyLine,
  publicKeyOf,
  signDocument,
  verifyDocument,
} from '../../../protocol/documents/minisign.ts';
import { readVectors } from '../../fakes/vectors.ts';

interface SignatureVector {
  readonly about: string;
  readonly expect: string;
  readonly document: string;
  readonly trusted_comment: string;
  readonly public_key: string;
  readonly signature: string;
  /** The secret, where these very bytes must come out of it. */
  readonly seed?: string;
  /** Key file of the stock program, where it made the key. */
  readonly secret_key?: string;
}

interface KeyVector {
  readonly about: string;
  readonly expect: string;
  readonly secret_key: string;
}

const vectors = readVectors<SignatureVector | KeyVector>('minisign');
const signatures = [...vectors].filter(
  (entry): entry is [string, SignatureVector] => 'signature' in entry[1],
);
const keys = [...vectors].filter((entry): entry is [string, KeyVector] => !('signature' in entry[1]));

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'verifies';
  } catch (error) {
    if (!isDockError(error)) throw error;
    return error.code;
  }
}

test.each(signatures)('a signature is judged as "%s" says', (_, vector) => {
  const pinned = [parsePublicKey(vector.public_key)];
  const document = Buffer.from(vector.document);
  expect(codeOf(() => verifyDocument(document, vector.signature, vector.trusted_comment, pinned))).toBe(
    vector.expect,
  );
});

test.each(keys)('a secret key file is judged as "%s" says', (_, vector) => {
  expect(codeOf(() => parseSecretKey(vector.secret_key))).toBe(vector.expect);
});

test.each(signatures.filter(([, { seed }]) => seed !== undefined))(
  '"%s" comes out of its seed again, byte by byte',
  async (_, vector) => {
    const seed = Buffer.from(vector.seed ?? '', 'base64');
    const key = makeSecretKey({ bytes: () => seed });
    expect(encodePublicKey(publicKeyOf(key))).toBe(vector.public_key);
    const document = Buffer.from(vector.document);
    expect(signDocument(key, document, vector.trusted_comment)).toBe(vector.signature);
    expect(await inlineSigner(key).sign(document, vector.trusted_comment)).toBe(vector.signature);
  },
);

test('stock minisign, tweetnacl and node:crypto sign the same document with the same bytes', () => {
  const vector = new Map(signatures).get('stock');
  const key = parseSecretKey(vector?.secret_key ?? '');
  expect(publicKeyLine(publicKeyOf(key))).toBe(publicKeyLine(parsePublicKey(vector?.public_key ?? '')));
  const ours = signDocument(key, Buffer.from(vector?.document ?? ''), vector?.trusted_comment ?? '').split(
    '\n',
  );
  const theirs = vector?.signature.split('\n') ?? [];
  expect(ours.slice(1)).toEqual(theirs.slice(1)); // all but the comment that nobody signs
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), key.seed]);
  const secret = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const first = Buffer.from(theirs[1] ?? '', 'base64').subarray(10);
  const comment = nodeSign(null, Buffer.concat([first, Buffer.from(vector?.trusted_comment ?? '')]), secret);
  expect(comment.toString('base64')).toBe(theirs[3]);
});
