// What commands say has the same places for values in each language.
import { expect, test } from 'vitest';
import { DOCTOR_TABLE } from '../../../agent/cli/doctor-finding.ts';
import { OPENING_WORDS } from '../../../agent/cli/opening-words.ts';
import { REPORT_WORDS } from '../../../agent/cli/report.ts';
import { VERIFY_WORDS } from '../../../agent/cli/verify-words.ts';
import { type Language } from '../../../agent/evidence/page/language.ts';
import { MEANINGS, REMEDIES } from '../../../agent/evidence/verify/texts-de.ts';
import { HANDLING_DE } from '../../../config/texts/de/data-handling.ts';
import { HISTORY_DE } from '../../../config/texts/de/history.ts';
import { KIT_DE } from '../../../config/texts/de/kit.ts';

/** Where in a table a text stands, and how many values it takes. */
function placesIn(words: unknown, at = ''): [string, number][] {
  if (typeof words === 'string') return [[at, words.split('{}').length - 1]];
  if (typeof words !== 'object' || words === null) return [];
  return Object.entries(words).flatMap(([name, inner]) => placesIn(inner, `${at}/${name}`));
}

test.each<[string, Readonly<Record<Language, unknown>>]>([
  ['open and export', OPENING_WORDS],
  ['report', REPORT_WORDS],
  ['verify', VERIFY_WORDS],
])('of %s', (_, { en, de }) => {
  expect(placesIn(de)).toEqual(placesIn(en));
  expect(placesIn(en).length).toBeGreaterThan(0);
});

test.each([OPENING_WORDS, VERIFY_WORDS])('marks in front of a line are of one width', (words) => {
  for (const { good, bad } of Object.values(words)) expect(good).toHaveLength(bad.length);
});

/** Every text below a table. */
function textsIn(words: unknown): string[] {
  if (typeof words === 'string') return [words];
  if (typeof words !== 'object' || words === null) return [];
  return Object.values(words).flatMap(textsIn);
}

test('in German an Empfänger is the program at the store, and whoever can open is called otherwise', () => {
  const texts = textsIn([DOCTOR_TABLE, REMEDIES, MEANINGS, HANDLING_DE, KIT_DE, HISTORY_DE]);
  const wrong = texts.filter(
    (text) => text.includes('Empfänger') && /öffnen|age-|Identität|SHA-256/.test(text),
  );
  expect(wrong).toEqual([]);
  expect(texts.filter((text) => text.includes('Öffnungsberechtigte')).length).toBeGreaterThan(5);
});
