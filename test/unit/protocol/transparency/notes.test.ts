import { readFileSync } from 'node:fs';
import nacl from 'tweetnacl';
import { describe, expect, test } from 'vitest';
import { makeSecretKey, signNoteText } from '../../../../protocol/documents/minisign.ts';
import { isSignedBy } from '../../../../protocol/format/ed25519.ts';
import {
  formatCheckpoint,
  formatProof,
  originKey,
  parseCheckpoint,
  parseProof,
  verifyCheckpoint,
  verifyProof,
} from '../../../../protocol/transparency/checkpoint.ts';
import { CompactRange, leafHash } from '../../../../protocol/transparency/merkle.ts';
import {
  cosignatureLine,
  cosignedBytes,
  formatNote,
  formatNoteKey,
  NOTE_COSIGNATURE,
  noteLine,
  parseNote,
  parseNoteKey,
  signatureLine,
  verifyNote,
} from '../../../../protocol/transparency/signed-note.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';

interface Vectors {
  readonly plain: { readonly key: string; readonly note: string };
  readonly cosigned: { readonly keys: string[]; readonly size: number; readonly note: string };
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/transparency/notes.json', import.meta.url), 'utf8'),
) as Vectors;

const key = makeSecretKey(seededRandom(1));
const other = makeSecretKey(seededRandom(2));
const origin = 'bodydock/v-1/r-1';

const noteOf = (text: string, name = origin, by = key): string =>
  formatNote(text, [signatureLine(originKey(name, by.publicKey), signNoteText(by, text))]);

describe('a note that others published', () => {
  const { plain, cosigned } = vectors;

  test('verifies by its key, and not with one letter altered', () => {
    const known = [parseNoteKey(plain.key)];
    expect(verifyNote(parseNote(plain.note), known)).toEqual([{ key: known[0], time: null }]);
    const altered = parseNote(plain.note.replace('cryptography', 'cryptographY'));
    expect(() => verifyNote(altered, known)).toThrow(expect.objectContaining({ code: 'note.signature' }));
    expect(known.map(formatNoteKey)).toEqual([plain.key]);
  });

  test('is a checkpoint whose log and one witness verify, at the time that the witness says', () => {
    const [log, witness] = cosigned.keys.map(parseNoteKey);
    if (log === undefined || witness === undefined) throw new Error('two keys');
    const checkpoint = verifyCheckpoint(cosigned.note, log.name, [log.key], [witness]);
    expect(checkpoint).toMatchObject({ origin: log.name, size: cosigned.size });
    expect(checkpoint.signatures).toEqual([
      { key: log, time: null },
      { key: witness, time: 1_779_573_024 },
    ]);
    const { text, signatures } = parseNote(cosigned.note);
    expect(formatNote(text, signatures.map(noteLine))).toBe(cosigned.note);
    expect(formatCheckpoint(parseCheckpoint(text))).toBe(text);
  });
});

describe('a note is refused', () => {
  const good = noteOf('bodydock/text\n');
  test.each([
    ['without an empty line', good.replace('\n\n', '\n')],
    ['without a signature', 'bodydock/text\n\n'],
    ['without its last LF', good.slice(0, -1)],
    ['with a tab in it', good.replace('text', 'te\txt')],
    ['with half a surrogate pair', good.replace('text', 'te\ud800xt')],
    ['with a hyphen in place of the dash', good.replace('— ', '- ')],
    ['with a signature in another spelling of base64', good.replace(/.=\n$/, 'B=\n')],
    ['with a name that has a plus', good.replace(`— ${origin}`, '— a+b')],
    ['with two spaces', good.replace(`— ${origin}`, `— ${origin} `)],
    ['with a signature that is a key id alone', formatNote('a\n', ['— name AAAAAA==\n'])],
    ['that is too long', good.replace('text', 'x'.repeat(70_000))],
    ['with more signatures than any note has', good + '— name AAAAAAAA\n'.repeat(64)],
    ['with a name that has a space of another script', good.replace(`— ${origin}`, '— a\u3000b')],
  ])('%s', (_, note) => {
    expect(parseNote(good).signatures).toHaveLength(1);
    expect(() => parseNote(note)).toThrow(expect.objectContaining({ code: 'note.malformed' }));
  });

  test('by no key where none of it is known, and by none twice', () => {
    const note = parseNote(good + good.slice(good.indexOf('— ')));
    const known = originKey(origin, key.publicKey);
    expect(verifyNote(note, [originKey(origin, other.publicKey), originKey('x', key.publicKey)])).toEqual([]);
    expect(verifyNote(note, [known])).toEqual([{ key: known, time: null }]);
  });

  test('where a second line of a known key does not verify', () => {
    const line = signatureLine(originKey(origin, key.publicKey), signNoteText(key, 'bodydock/other\n'));
    expect(() => verifyNote(parseNote(good + line), [originKey(origin, key.publicKey)])).toThrow(
      expect.objectContaining({ code: 'note.signature' }),
    );
  });
});

describe('a key of notes is refused', () => {
  const good = formatNoteKey(originKey(origin, key.publicKey));
  test.each([
    ['with another id', good.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
    ['with another name', good.replace(origin, 'other')],
    ['of an unknown kind', formatNoteKey({ ...originKey(origin, key.publicKey), type: 2 as never })],
    ['by which everything verifies', formatNoteKey(originKey(origin, Buffer.alloc(32)))],
    ['that is empty', ''],
  ])('%s', (_, text) => {
    expect(parseNoteKey(good)).toMatchObject({ name: origin });
    expect(() => parseNoteKey(text)).toThrow(expect.objectContaining({ code: 'note.key' }));
  });
});

test('a cosignature says its time, and no other time verifies', () => {
  const text = formatCheckpoint({ origin, size: 0, root: new CompactRange().root() });
  const witness = { name: 'witness.example/w', type: NOTE_COSIGNATURE, key: other.publicKey } as const;
  const signature = signNoteTextAsWitness(text, 1_790_000_000);
  const note = formatNote(text, [cosignatureLine(witness, 1_790_000_000, signature)]);
  expect(verifyNote(parseNote(note), [witness])).toEqual([{ key: witness, time: 1_790_000_000 }]);
  const twice = (time: number): string =>
    note + cosignatureLine(witness, time, signNoteTextAsWitness(text, time));
  const latest = [1_789_999_999, 1_790_000_001].map((time) => verifyNote(parseNote(twice(time)), [witness]));
  expect(latest).toMatchObject([[{ time: 1_790_000_000 }], [{ time: 1_790_000_001 }]]);
  expect(() => verifyNote(parseNote(twice(253_402_300_800)), [witness])).toThrow(
    expect.objectContaining({ code: 'note.signature' }),
  );
  const later = formatNote(text, [cosignatureLine(witness, 1_790_000_001, signature)]);
  expect(() => verifyNote(parseNote(later), [witness])).toThrow(
    expect.objectContaining({ code: 'note.signature' }),
  );
  expect(() => verifyCheckpoint(note, origin, [key.publicKey], [witness])).toThrow(
    expect.objectContaining({ code: 'checkpoint.unsigned' }),
  );
});

/** Ed25519 by another implementation than the product's. */
function signNoteTextAsWitness(text: string, time: number): Uint8Array {
  const signature = nacl.sign.detached(
    cosignedBytes(text, time),
    Buffer.concat([other.seed, other.publicKey]),
  );
  expect(isSignedBy(other.publicKey, cosignedBytes(text, time), signature)).toBe(true);
  return signature;
}

describe('a checkpoint', () => {
  const text = formatCheckpoint({ origin, size: 3, root: Buffer.alloc(32, 7) });

  test('verifies by one of the keys of its log', () => {
    expect(verifyCheckpoint(noteOf(text), origin, [other.publicKey, key.publicKey])).toMatchObject({
      size: 3,
    });
  });

  test.each([
    ['of another log', noteOf(text.replace(origin, 'bodydock/x')), 'checkpoint.origin'],
    ['signed under another name', noteOf(text, 'name'), 'checkpoint.unsigned'],
    ['signed by another key', noteOf(text, origin, other), 'checkpoint.unsigned'],
    ['with another size', noteOf(text).replace('\n3\n', '\n4\n'), 'note.signature'],
    ['with a leading zero', noteOf(text.replace('\n3\n', '\n03\n')), 'checkpoint.malformed'],
    ['with a root that is too short', noteOf(text.replace('BwcH', '')), 'checkpoint.malformed'],
    ['with two lines alone', noteOf(`${origin}\n3\n`), 'checkpoint.malformed'],
    ['with an extension line', noteOf(`${text}more\n`), 'checkpoint.malformed'],
    ['above 2^53', noteOf(text.replace('\n3\n', '\n9007199254740993\n')), 'checkpoint.malformed'],
  ])('%s is refused', (_, note, code) => {
    expect(() => verifyCheckpoint(note, origin, [key.publicKey])).toThrow(expect.objectContaining({ code }));
  });
});

describe('a proof that an entry is in a log', () => {
  const entries = ['first', 'second'].map((each) => Buffer.from(each));
  const range = new CompactRange();
  for (const entry of entries) range.append(leafHash(entry));
  const checkpoint = noteOf(formatCheckpoint({ origin, size: 2, root: range.root() }));
  const proof = formatProof({ index: 1, hashes: [leafHash(Buffer.from('first'))], checkpoint });
  const verify = (text: string, entry = 'second'): unknown =>
    verifyProof(text, Buffer.from(entry), origin, [key.publicKey]);

  test('holds, and says index and size; extra data change nothing', () => {
    expect(verify(proof)).toMatchObject({ index: 1, size: 2 });
    expect(verify(proof.replace('\n', '\nextra AAAA\n'))).toMatchObject({ index: 1 });
    expect(formatProof(parseProof(proof))).toBe(proof);
  });

  test.each([
    ['of another entry', proof, 'first', 'proof.wrong'],
    ['of another index', proof.replace('index 1', 'index 0'), 'second', 'proof.wrong'],
    ['without its hashes', proof.replace(/(index 1\n).*\n/, '$1'), 'second', 'proof.wrong'],
    ['with another header', proof.replace('@v1', '@v2'), 'second', 'proof.malformed'],
    ['with a hash that is too short', proof.replace(/(index 1\n)..../, '$1'), 'second', 'proof.malformed'],
    [
      'with 65 hashes',
      proof.replace(/(index 1\n)(.*\n)/, `$1${'$2'.repeat(65)}`),
      'second',
      'proof.malformed',
    ],
    ['without a checkpoint', proof.slice(0, proof.indexOf('\n\n') + 2), 'second', 'note.malformed'],
  ])('%s is refused', (_, text, entry, code) => {
    expect(() => verify(text, entry)).toThrow(expect.objectContaining({ code }));
  });
});

test('the key signs no text as a note that could be a message or a document', () => {
  expect(() => signNoteText(key, 'bodydock-message\n{}')).toThrow(RangeError);
});
