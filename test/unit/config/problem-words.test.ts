import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { languageOfLocale } from '../../../config/language.ts';
import { germanOf } from '../../../config/texts/de/problems.ts';

/** Files whose texts `check` shows. */
const SOURCES =
  'schema-problems rules station-rules bay-rules broker-config push-limits receiver-config yaml-tree yaml-scan source enrolment/installed-files guarded-file disk-place serial-ports tls-files broker-credentials';
/** Texts in them that are no words for people, or reach nobody by `check`. */
const NOT_SHOWN = [
  /^\$\{issue\.code/, // a key of a set
  /^, $/,
  /^\$\{window/, // hours as found
  /^\$\{\w+\}\/\$\{\w+\}$/,
  /^ch(?:own|mod) [a-z-]+ \$\{file\}$/,
  /^the same \$\{what\}/,
  // parts of one sentence, which has its words as a whole
  /^is read-only$|^cannot be written by this user|^is yet to be made, and \$\{/,
  // of a start as root, and of a spool that could not be made
  /could not (?:read what root|be made)/,
  /systemctl start/,
  /or name another folder in/,
];
const STRING = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;

/** All texts of more than one word in a source, as a reader would see them, with a word for each value. */
async function textsOf(name: string): Promise<string[]> {
  const source = await readFile(new URL(`../../../config/${name}.ts`, import.meta.url), 'utf8');
  const code = source
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(?:^|\s)\/\/ .*$/gm, '')
    .replaceAll(/^import [\s\S]*?;$/gm, '');
  return [...code.matchAll(STRING)]
    .map(([, single, double, template]) => single ?? double ?? template ?? '')
    .filter((text) => text.includes(' ') && !NOT_SHOWN.some((pattern) => pattern.test(text)))
    .map((text) => text.replace(/^\$\{path\} /, '').replaceAll(/\$\{[^}]*\}/g, 'X'))
    .map((text) => text.replaceAll(/\\(.)/g, '$1'));
}

describe('what check says in German', () => {
  test('has words for each text that the sources hold', async () => {
    const texts = (await Promise.all(SOURCES.split(' ').map(textsOf))).flat();
    expect(texts.length).toBeGreaterThan(130);
    // What may not be there twice is part of a sentence.
    const missing = texts.filter((text) =>
      [text, `the same ${text} stands at X`].every((words) => germanOf(words) === undefined),
    );
    expect(missing).toEqual([]);
  });

  test('keeps values, and leaves alone what merely looks like a text of its own', () => {
    expect(germanOf('did you mean camera?')).toBe('gemeint war vielleicht camera');
    expect(germanOf('shares its files with the spool')).toBe(
      'hat Dateien gemeinsam mit: der Zwischenspeicher',
    );
    expect(germanOf('leads to /a, which shares its files with bays[0]')).toBe(
      'führt zu /a und hat Dateien gemeinsam mit: bays[0]',
    );
    expect(germanOf('is yet to be made, and /var is read-only')).toBe(
      'ist noch anzulegen, und /var ist schreibgeschützt',
    );
    expect(germanOf('a whole number from 0 to 8784')).toBe('eine ganze Zahl von 0 bis 8784');
    expect(germanOf('"/media/x to y"')).toBeUndefined();
    expect(germanOf('the same alias stands at cameras[0].alias')).toBe(
      'derselbe Name steht schon bei cameras[0].alias',
    );
  });
});

test.each([
  [{ LANG: 'de_DE.UTF-8' }, 'de'],
  [{ LANG: 'de' }, 'de'],
  [{ LANG: 'de_AT@euro', LC_ALL: '' }, 'de'],
  [{ LANG: 'de_DE.UTF-8', LC_MESSAGES: 'en_GB.UTF-8' }, 'en'],
  [{ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, 'en'],
  [{ LANG: 'deu-x' }, 'en'],
  [{ LANG: 'fr_FR' }, 'en'],
  [{}, 'en'],
])('the language of %j is %s', (environment, language) => {
  expect(languageOfLocale(environment)).toBe(language);
});
