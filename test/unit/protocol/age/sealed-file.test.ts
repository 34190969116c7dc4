// Sealing and opening: what comes back, in which pieces, how large, and what npm age and stock age say of it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decrypter, Encrypter } from 'age-encryption';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { encodeRecipient, makeIdentity } from '../../../../protocol/age/age-keys.ts';
import { AGE_CHUNK_BYTES, RECIPIENTS_MAX } from '../../../../protocol/format/limits.ts';
import { openSealed, openSmall } from '../../../../protocol/age/sealed-file-open.ts';
import {
  beginSeal,
  sealedSizeBytes,
  sealSmall,
  writeChunkNonce,
} from '../../../../protocol/age/sealed-file.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { lacksTools, requireTool } from '../../../fakes/stock-tools.ts';

const store = makeIdentity(seededRandom(1));
const escrow = makeIdentity(seededRandom(2));
const both = [store.recipient, escrow.recipient];
const folder = mkdtempSync(join(tmpdir(), 'bodydock-sealed-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Sizes at which something changes: chunks of plaintext, and nothing at all. */
const SIZES = [
  0,
  1,
  1000,
  AGE_CHUNK_BYTES - 1,
  AGE_CHUNK_BYTES,
  AGE_CHUNK_BYTES + 1,
  3 * AGE_CHUNK_BYTES,
  200_001,
];

function plaintextOf(sizeBytes: number): Uint8Array {
  return seededRandom(sizeBytes + 1).bytes(sizeBytes);
}

async function* inPieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    yield bytes.slice(from, to);
    from = to;
  }
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

function sealInPieces(plaintext: Uint8Array, cuts: readonly number[], seed: number): Uint8Array {
  const sealer = beginSeal(both, seededRandom(seed));
  const parts = [sealer.header];
  let from = 0;
  for (const to of [...cuts, plaintext.length]) {
    const piece = plaintext.slice(from, to);
    sealer.seal(piece, (part) => parts.push(part));
    piece.fill(0xee); // anybody who gave the piece may use its memory again
    from = to;
  }
  sealer.finish((part) => parts.push(part));
  return Buffer.concat(parts);
}

function cutsOf(sizeBytes: number): fc.Arbitrary<number[]> {
  return fc.array(fc.nat(sizeBytes), { maxLength: 12 }).map((cuts) => cuts.sort((a, b) => a - b));
}

test.each(SIZES)('%i bytes come back for each recipient, and the size was known before', (sizeBytes) => {
  const plaintext = plaintextOf(sizeBytes);
  const sealed = sealSmall(plaintext, both, seededRandom(3));
  expect(sealed.length).toBe(sealedSizeBytes(sizeBytes, 2));
  for (const { identity } of [store, escrow])
    expect(Buffer.compare(openSmall(sealed, [identity]), plaintext)).toBe(0);
});

test('as many recipients as are allowed are sealed to, and the size of the header is known', () => {
  for (let count = 1; count <= RECIPIENTS_MAX; count++) {
    const keys = Array.from({ length: count }, (_, at) => makeIdentity(seededRandom(100 + at)));
    const sealed = sealSmall(
      Buffer.from('x'),
      keys.map(({ recipient }) => recipient),
      seededRandom(4),
    );
    expect(sealed.length).toBe(sealedSizeBytes(1, count));
    expect(String(openSmall(sealed, [keys[count - 1]?.identity ?? '']))).toBe('x');
  }
});

test('the size is exact for the largest original that there can be', () => {
  const chunks = 2 ** 43 / AGE_CHUNK_BYTES;
  expect(sealedSizeBytes(2 ** 43, 1) - sealedSizeBytes(0, 1)).toBe(2 ** 43 + (chunks - 1) * 16);
});

test('the pieces in which plaintext comes do not show in the sealed file', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SIZES).chain((size) => fc.tuple(fc.constant(size), cutsOf(size))),
      ([size, cuts]) => {
        const whole = sealInPieces(plaintextOf(size), [], 9);
        expect(Buffer.compare(sealInPieces(plaintextOf(size), cuts, 9), whole)).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

test('the pieces in which a sealed file comes do not matter to whoever opens it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .constantFrom(...SIZES)
        .chain((size) => fc.tuple(fc.constant(size), cutsOf(sealedSizeBytes(size, 2)))),
      async ([size, cuts]) => {
        const sealed = sealSmall(plaintextOf(size), both, seededRandom(9));
        const opened = await collect(openSealed(inPieces(sealed, cuts), [escrow.identity]));
        expect(Buffer.compare(opened, plaintextOf(size))).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

test('a sealing asks the source of randomness once and never gets the same key twice', () => {
  let calls = 0;
  const random = { bytes: (count: number) => (calls++, seededRandom(calls).bytes(count)) };
  const first = sealSmall(plaintextOf(100), both, random);
  const second = sealSmall(plaintextOf(100), both, random);
  expect(calls).toBe(2);
  expect(Buffer.from(second).includes(Buffer.from(first.subarray(-116)))).toBe(false);
});

test('no two chunks of a file have one nonce, beyond 2^32 chunks as well', () => {
  const nonceOf = (chunk: number, last = false): string => {
    const nonce = Buffer.alloc(12);
    writeChunkNonce(nonce, chunk, last);
    return nonce.toString('hex');
  };
  expect(nonceOf(0)).toBe('00'.repeat(12));
  expect(nonceOf(2 ** 32 - 1)).toBe(`${'00'.repeat(7)}ffffffff00`);
  expect(nonceOf(2 ** 32)).toBe(`${'00'.repeat(6)}010000000000`);
  expect(nonceOf(2 ** 40 + 1, true)).toBe(`${'00'.repeat(5)}01000000000101`);
});

test('the plaintext is nowhere in the sealed file', () => {
  const plaintext = Buffer.from('the quick brown fox '.repeat(10_000));
  expect(Buffer.from(sealSmall(plaintext, both, seededRandom(3))).includes('quick')).toBe(false);
});

test('a recipient that is none is refused before anything is sealed', () => {
  const lowOrder = encodeRecipient(new Uint8Array(32));
  for (const recipient of ['age1nonsense', lowOrder])
    expect(() => beginSeal([store.recipient, recipient], seededRandom(3))).toThrow(
      expect.objectContaining({ code: 'key.recipient', retry: 'person' }),
    );
});

test.each(SIZES)('npm age opens what we sealed, %i bytes', async (sizeBytes) => {
  const judge = new Decrypter();
  judge.addIdentity(escrow.identity);
  const opened = await judge.decrypt(sealSmall(plaintextOf(sizeBytes), both, seededRandom(3)));
  expect(Buffer.compare(opened, plaintextOf(sizeBytes))).toBe(0);
});

test.each(SIZES)('we open what npm age sealed, %i bytes', async (sizeBytes) => {
  const judge = new Encrypter();
  for (const recipient of both) judge.addRecipient(recipient);
  const sealed = await judge.encrypt(plaintextOf(sizeBytes));
  expect(Buffer.compare(openSmall(sealed, [store.identity]), plaintextOf(sizeBytes))).toBe(0);
});

test.skipIf(lacksTools('age', 'age-keygen'))(
  'stock age opens what we sealed and we open what it sealed',
  () => {
    const age = requireTool('age');
    const keyFile = join(folder, 'identity');
    writeFileSync(keyFile, `${store.identity}\n`);
    expect(execFileSync(requireTool('age-keygen'), ['-y', keyFile], { encoding: 'utf8' }).trim()).toBe(
      store.recipient,
    );
    for (const sizeBytes of [0, AGE_CHUNK_BYTES, 200_001]) {
      const plaintext = plaintextOf(sizeBytes);
      const sealed = sealSmall(plaintext, both, seededRandom(3));
      expect(Buffer.compare(execFileSync(age, ['-d', '-i', keyFile], { input: sealed }), plaintext)).toBe(0);
      const theirs = execFileSync(age, ['-r', store.recipient, '-r', escrow.recipient], { input: plaintext });
      expect(Buffer.compare(openSmall(theirs, [escrow.identity]), plaintext)).toBe(0);
    }
  },
);
