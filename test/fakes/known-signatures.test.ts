// What is remembered of signatures never makes one hold that does not.
import { generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  makeSecretKey,
  publicKeyOf,
  verifyDocument,
  verifyMessage,
} from '../../protocol/documents/minisign.ts';
import { forgetSignatures, knowSignatures, signatureBy } from './known-signatures.ts';
import { judgeKeyOf } from './minisign-judge.ts';
import { seededRandom } from './random-seeded.ts';
import { fastMessageSigner } from './signer-fast.ts';

const [key, other] = [makeSecretKey(seededRandom(5)), makeSecretKey(seededRandom(6))];
const COMMENT = 'bodydock test';

let undo = (): void => undefined;
beforeAll(() => {
  undo = knowSignatures();
});
afterAll(() => undo());

test('a document that was signed here holds, and with one bit of difference anywhere it does not', async () => {
  const bytes = seededRandom(1).bytes(100);
  const signature = await fastMessageSigner(key).sign(bytes, COMMENT);
  const keys = [publicKeyOf(key)];
  for (let time = 0; time < 40; time++) expect(verifyDocument(bytes, signature, COMMENT, keys)).toBe(keys[0]);
  for (const at of [0, 50, 99]) {
    const altered = bytes.slice();
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(() => verifyDocument(altered, signature, COMMENT, keys)).toThrow('does not fit');
  }
  expect(() => verifyDocument(bytes, signature.replace('dock test', 'dock tesu'), COMMENT, keys)).toThrow();
  const lines = signature.split('\n');
  const blob = Buffer.from(lines[1] ?? '', 'base64');
  blob[40] = (blob[40] ?? 0) ^ 1;
  lines[1] = blob.toString('base64');
  expect(() => verifyDocument(bytes, lines.join('\n'), COMMENT, keys)).toThrow('does not fit');
  const posing = { ...publicKeyOf(other), keyId: key.keyId };
  expect(() => verifyDocument(bytes, signature, COMMENT, [posing])).toThrow('does not fit');
});

test('the same of a message', async () => {
  const signature = await fastMessageSigner(key).signMessage('{"a":1}');
  const [id, keys] = [Buffer.from(key.keyId).toString('hex'), [publicKeyOf(key)]];
  expect(verifyMessage('{"a":1}', signature, id, keys)).toBe(keys[0]);
  expect(() => verifyMessage('{"a":2}', signature, id, keys)).toThrow('does not fit');
});

/** Messages by whether what signs them is a real signature. */
function signedMany(
  secret: KeyObject,
  publicKey: Uint8Array,
): { message: Buffer; signature: Buffer; isReal: boolean }[] {
  return Array.from({ length: 400 }, (_, at) => {
    const message = Buffer.from(`message ${at}`);
    const state = { isReal: false };
    const signature = signatureBy(publicKey, message, () => {
      state.isReal = true;
      return sign(null, message, secret);
    });
    return { message, signature, ...state };
  });
}

test('some signatures are real ones, the others hold as long as they are remembered, each for its key and message alone', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const all = signedMany(privateKey, raw);
  const real = all.filter(({ isReal }) => isReal);
  expect(real.length).toBeGreaterThan(5);
  expect(real.length).toBeLessThan(100);
  expect(signedMany(privateKey, raw)).toEqual(all); // what is which goes by the message
  const holds = ({ message, signature }: (typeof all)[number], key = publicKey): boolean =>
    verify(null, message, key, signature);
  expect(all.every((each) => holds(each))).toBe(true);
  const [first, second] = all.filter(({ isReal }) => !isReal);
  if (first === undefined || second === undefined) throw new Error('no stand-ins');
  expect(holds({ ...first, message: second.message })).toBe(false);
  expect(holds(first, generateKeyPairSync('ed25519').publicKey)).toBe(false);
  forgetSignatures();
  expect(all.filter((each) => holds(each))).toEqual(real);
});

test('a real signature that was said to be made and was not is found out', () => {
  const wrong = Buffer.alloc(64, 7);
  const message = Array.from({ length: 400 }, (_, at) => Buffer.from(`wrong ${at}`)).find((each) =>
    signatureBy(key.publicKey, each, () => wrong).equals(wrong),
  );
  if (message === undefined) throw new Error('none is a real one');
  const judge = judgeKeyOf(publicKeyOf(key)).key;
  const answers = Array.from({ length: 40 }, () => verify(null, message, judge, wrong));
  expect(answers.indexOf(false)).toBeLessThan(16);
  expect(answers.slice(answers.indexOf(false)).every((holds) => !holds)).toBe(true);
});

test('who signs when nothing is known any more signs really, and what was a stand-in holds no longer', async () => {
  const signer = fastMessageSigner(key);
  const texts = Array.from({ length: 20 }, (_, at) => `{"a":${at}}`);
  const before = await Promise.all(texts.map((text) => signer.signMessage(text)));
  undo();
  const [id, keys] = [Buffer.from(key.keyId).toString('hex'), [publicKeyOf(key)]];
  const after = await Promise.all(texts.map((text) => signer.signMessage(text)));
  for (const [at, text] of texts.entries())
    expect(verifyMessage(text, after[at] ?? '', id, keys)).toBe(keys[0]);
  const standIns = texts.filter((_, at) => before[at] !== after[at]);
  expect(standIns.length).toBeGreaterThan(0);
  for (const text of standIns)
    expect(() => verifyMessage(text, before[texts.indexOf(text)] ?? '', id, keys)).toThrow('does not fit');
  undo = knowSignatures();
});
