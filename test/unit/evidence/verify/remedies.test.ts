import { expect, test } from 'vitest';
import { LANGUAGES } from '../../../../agent/evidence/page/language.ts';
import { meaningOf, type RemarkCode, remedyOf } from '../../../../agent/evidence/verify/remark.ts';

const CODES: readonly RemarkCode[] = [
  'payload.unit-altered',
  'manifest.signature-unknown-key',
  'docking.version',
  'receipt.signature-missing',
  'custody.unreadable',
  'manifest.revoked-key',
  'folder.unexpected-entry',
  'deletion.put-back',
  'kit.findings',
  'recording.missing',
  'log.not-fixed',
];

test.each(LANGUAGES)('every finding comes with something to do, and with what fits it, in %s', (language) => {
  const remedies = CODES.map((code) => remedyOf({ kind: 'finding', code }, language));
  for (const [at, remedy] of remedies.entries()) expect(remedy, CODES[at]).toMatch(/^[A-Z].{20,}\.$/);
  expect(new Set(remedies).size).toBe(CODES.length - 1); // what is missing is looked for in the same places
  expect(remedies[1]).toContain(language === 'de' ? 'Schlüsselnummer' : 'key id');
  expect(remedies[2]).toContain(language === 'de' ? 'neueren' : 'newer');
});

test.each(LANGUAGES)(
  'wherever a key is not known, the remedy speaks of keys and not of who wrote here, in %s',
  (language) => {
    const codes: readonly RemarkCode[] = [
      'manifest.signature-unknown-key',
      'docking.signature-unknown-key',
      'receipt.signature-unknown-key',
      'key-change.signature-unknown-key',
      'custody.signature-unknown-key',
      'custody.checkpoint-signature-unknown-key',
    ];
    const remedies = codes.map((code) => remedyOf({ kind: 'finding', code }, language));
    expect(new Set(remedies).size).toBe(1);
    expect(remedies[0]).toContain('`station-ID.');
    expect(remedyOf({ kind: 'note', code: 'key-change.lost' }, language)).toMatch(
      language === 'de' ? /neben dem alten in den Ordner/ : /into the folder of keys beside the old one/,
    );
  },
);

test('a note says what to do only where there is something', () => {
  expect(remedyOf({ kind: 'note', code: 'disclosure.made' }, 'en')).toBeUndefined();
  expect(remedyOf({ kind: 'note', code: 'deletion.unfinished' }, 'en')).toContain('receiver');
});

test('what a finding means is said in both languages, and in German by other words', () => {
  for (const code of [...CODES, 'docking-chain.gap', 'manifest.not-canonical'] as const) {
    const [en, de] = LANGUAGES.map((language) => meaningOf(code, language));
    expect([en, de], code).toEqual([
      expect.stringMatching(/^[A-Z].{15,}\.$/),
      expect.stringMatching(/^[A-ZÄÖÜ].{15,}\.$/),
    ]);
    expect(de).not.toBe(en);
  }
});
