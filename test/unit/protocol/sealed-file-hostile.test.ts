// Sealed files that were cut, altered, extended or made up: only authentic bytes come out, and never an error without a name.
import { Decrypter, Encrypter, Stanza } from 'age-encryption';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeIdentity } from '../../../protocol/age/age-keys.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import { AGE_CHUNK_BYTES, AGE_HEADER_BYTES_MAX, AGE_TAG_BYTES } from '../../../protocol/format/limits.ts';
import { openSealed, openSmall } from '../../../protocol/age/sealed-file-open.ts';
import { sealSmall } from '../../../protocol/age/sealed-file.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const store = makeIdentity(seededRandom(1));
const other = makeIdentity(seededRandom(2));
const small = sealSmall(Buffer.from('a small text'), [store.recipient], seededRandom(3));
const large = Buffer.from(
  sealSmall(seededRandom(4).bytes(2 * AGE_CHUNK_BYTES + 500), [store.recipient], seededRandom(5)),
);
const largePlain = Buffer.from(seededRandom(4).bytes(2 * AGE_CHUNK_BYTES + 500));
const payloadAt = large.length - largePlain.length - 3 * AGE_TAG_BYTES;
const CODES = new Set(['sealed.header', 'sealed.no-identity', 'sealed.damaged', 'sealed.truncated']);

/** What came out, and the code of the error that ended it. */
async function outcome(bytes: Uint8Array, pieceBytes = 40_000): Promise<{ opened: Buffer; code: string }> {
  const parts: Uint8Array[] = [];
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  try {
    for await (const part of openSealed(pieces(), [store.identity])) parts.push(part);
    return { opened: Buffer.concat(parts), code: 'whole' };
  } catch (error) {
    if (!isDockError(error)) throw error;
    return { opened: Buffer.concat(parts), code: error.code };
  }
}

function codeOf(bytes: Uint8Array): string {
  try {
    openSmall(bytes, [store.identity]);
    return 'whole';
  } catch (error) {
    if (!isDockError(error)) throw error;
    return error.code;
  }
}

function altered(bytes: Uint8Array, at: number, mask: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
}

test('each single byte of a small sealed file counts', () => {
  for (let at = 0; at < small.length; at++)
    for (const mask of [1, 0x20, 0x80]) expect(CODES.has(codeOf(altered(small, at, mask)))).toBe(true);
});

test('a file that ends anywhere before its end is an error', () => {
  for (let bytes = 0; bytes < small.length; bytes++)
    expect(CODES.has(codeOf(small.subarray(0, bytes)))).toBe(true);
});

test('bytes behind the end are an error', async () => {
  for (const tail of [Buffer.alloc(1), Buffer.alloc(16), small, large])
    expect(codeOf(Buffer.concat([small, tail]))).toBe('sealed.damaged');
  expect((await outcome(Buffer.concat([large, Buffer.alloc(1)]))).code).toBe('sealed.damaged');
});

test('a cut behind a whole chunk is named as such, with what came before it', async () => {
  for (const chunks of [1, 2]) {
    const at = payloadAt + chunks * (AGE_CHUNK_BYTES + AGE_TAG_BYTES);
    const { opened, code } = await outcome(large.subarray(0, at));
    expect(code).toBe('sealed.truncated');
    expect(opened.equals(largePlain.subarray(0, (chunks - 1) * AGE_CHUNK_BYTES))).toBe(true);
  }
});

test('what comes out before an error is the start of the plaintext in whole chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: payloadAt, max: large.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom(1000, 65_552, 1_000_000),
      async (at, mask, pieceBytes) => {
        const { opened, code } = await outcome(altered(large, at, mask), pieceBytes);
        expect(code).toBe('sealed.damaged');
        const good = Math.floor((at - payloadAt) / (AGE_CHUNK_BYTES + AGE_TAG_BYTES));
        expect(opened.equals(largePlain.subarray(0, good * AGE_CHUNK_BYTES))).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test('chunks in another order, left out or doubled are an error', async () => {
  const head = large.subarray(0, payloadAt);
  const size = AGE_CHUNK_BYTES + AGE_TAG_BYTES;
  const [a, b, c] = [0, 1, 2].map((n) => large.subarray(payloadAt + n * size, payloadAt + (n + 1) * size));
  if (a === undefined || b === undefined || c === undefined) throw new Error('three chunks were sealed');
  for (const order of [[b, a, c], [a, c], [b, c], [a, a, b, c], [a, b, b, c], [c], [a, b, c, c]])
    expect((await outcome(Buffer.concat([head, ...order]))).code).toMatch(/^sealed\.(damaged|truncated)$/);
});

test('an identity of somebody else opens nothing and is told so', () => {
  for (const identities of [[], [other.identity]])
    expect(() => openSmall(small, identities)).toThrow(
      expect.objectContaining({ code: 'sealed.no-identity', retry: 'person' }),
    );
  expect(String(openSmall(small, [other.identity, store.identity]))).toBe('a small text');
});

test('a header without an end is refused at its bound, not gathered for ever', async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given += 1000;
      yield Buffer.from('age-encryption.org/v1\n-> X25519 '.padEnd(1000, 'A'));
    }
  }
  await expect(openSealed(endless(), [store.identity]).next()).rejects.toMatchObject({
    code: 'sealed.header',
  });
  expect(given).toBeLessThanOrEqual(AGE_HEADER_BYTES_MAX + 1000);
});

test('a recipient stanza of a kind that we do not know is passed over, as the format asks', async () => {
  const judge = new Encrypter();
  judge.addRecipient({ wrapFileKey: () => [new Stanza(['odd-kind', 'argument'], new Uint8Array(48))] });
  judge.addRecipient(store.recipient);
  expect(String(openSmall(await judge.encrypt('text'), [store.identity]))).toBe('text');
});

test('a stanza that was added later is refused: the header is authentic as a whole', () => {
  const text = Buffer.from(small).toString('latin1');
  const more = text.replace('-> X25519', '-> odd-kind argument\nYWJj\n-> X25519');
  expect(codeOf(Buffer.from(more, 'latin1'))).toBe('sealed.header');
});

test('an error of the source comes through as it is', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield small.subarray(0, 50);
    throw Object.assign(new Error('EIO: read'), { code: 'EIO' });
  }
  await expect(openSealed(failing(), [store.identity]).next()).rejects.toMatchObject({ code: 'EIO' });
});

/** A header of likely parts in any order: far more of it gets past the first checks than of random bytes. */
const headerPart = fc.oneof(
  fc.constantFrom(
    'age-encryption.org/v1\n',
    'age-encryption.org/v2\n',
    '-> X25519 ',
    '-> scrypt ',
    '-> ',
    '---',
    '--- ',
    '\n',
    ' ',
    '\r\n',
    'TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc',
    'A'.repeat(43),
    `${'A'.repeat(64)}\n`,
    `${'A'.repeat(65)}\n`,
    'EmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n',
  ),
  fc.string({ maxLength: 10 }),
);
const madeUp = fc.oneof(
  fc.array(headerPart, { maxLength: 14 }).map((parts) => Buffer.from(parts.join(''), 'latin1')),
  fc
    .array(headerPart, { maxLength: 14 })
    .map((parts) => Buffer.from(`age-encryption.org/v1\n${parts.join('')}`)),
  fc.uint8Array({ maxLength: 400 }),
);
const edited = fc
  .array(fc.tuple(fc.nat(small.length - 1), fc.constantFrom('drop', 'double', 'set'), fc.nat(255)), {
    minLength: 1,
    maxLength: 3,
  })
  .map((edits) => {
    const bytes = [...small];
    for (const [at, kind, value] of edits) {
      const before = bytes[at] ?? 0;
      bytes.splice(at, 1, ...(kind === 'drop' ? [] : kind === 'double' ? [before, before] : [value]));
    }
    return Uint8Array.from(bytes);
  });

test('made-up bytes are refused by name, whatever they are', () => {
  fc.assert(
    fc.property(madeUp, (bytes) => {
      expect(CODES.has(codeOf(bytes))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('we refuse exactly what npm age refuses', async () => {
  const judge = new Decrypter();
  judge.addIdentity(store.identity);
  await fc.assert(
    fc.asyncProperty(edited, async (bytes) => {
      const theirs = await judge.decrypt(bytes, 'text').catch(() => undefined);
      const ours = codeOf(bytes) === 'whole' ? String(openSmall(bytes, [store.identity])) : undefined;
      expect(ours).toBe(theirs);
    }),
    { numRuns: 150 },
  );
});
