// Texts for people: both languages say the same things, with the same values, and nothing is said that no program says.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { texts } from '../../../config/texts.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FOLDER = join(ROOT, 'config/texts');
/** Keyed by the English, which is where it is found: problem-words, option-reference, language and failure-words.test.ts. */
const BY_SENTENCE = new Set(['codes.ts', 'problems.ts', 'options.ts']);
const AREAS = readdirSync(join(FOLDER, 'en'));

/** The one table of a file, each text by its path in it. */
async function tableOf(language: string, area: string): Promise<Map<string, string>> {
  const module: Record<string, unknown> = await import(join(FOLDER, language, area));
  const [table, ...others] = Object.values(module);
  expect(others).toEqual([]);
  const found = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'string') found.set(path, value);
    else
      for (const [key, inner] of Object.entries(value as object))
        walk(inner, path === '' ? key : `${path}/${key}`);
  };
  walk(table, '');
  return found;
}

const placesIn = (text: string): string[] =>
  [...new Set([...text.matchAll(/\{([a-z][A-Za-z]*)\}/g)].map(([, name = '']) => name))].sort();

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(?:[jt]s|html)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(FOLDER))
    .map((file) => readFileSync(file, 'utf8'));
}

const PRODUCT = ['agent', 'config', 'drivers', 'protocol'].flatMap(sources).join('\n');

/** A key as code, in quotes; of "severity.error" the start of a template literal will do. */
function isUsed(key: string): boolean {
  if (PRODUCT.includes(`data-text="${key}"`) || PRODUCT.includes(`'${key}'`) || PRODUCT.includes(`.${key}`))
    return true;
  const dot = key.indexOf('.');
  return dot > 0 && (PRODUCT.includes(`\`${key.slice(0, dot + 1)}\${`) || PRODUCT.includes(` ${key}:`));
}

test('both folders hold the same areas', () => {
  const german = readdirSync(join(FOLDER, 'de')).filter((file) => !BY_SENTENCE.has(file));
  expect(german).toEqual(AREAS);
});

describe.each(AREAS)('%s', (area) => {
  test('has the same keys and places in English and German', async () => {
    const [en, de] = [await tableOf('en', area), await tableOf('de', area)];
    expect([...de.keys()].sort()).toEqual([...en.keys()].sort());
    for (const [key, text] of en) {
      expect([key, placesIn(de.get(key) ?? '')]).toEqual([key, placesIn(text)]);
      expect(text).not.toContain('{}');
    }
  });

  test('says nothing that no program says', async () => {
    const keys = [...(await tableOf('en', area)).keys()].map((path) => path.split('/')[0] ?? '');
    expect([...new Set(keys)].filter((key) => !isUsed(key))).toEqual([]);
  });
});

test('a text takes its form by the count, and its places by name', () => {
  const said = texts(
    { seen: { one: '{count} file in {folder}', other: '{count} files in {folder}' }, none: 'no file' },
    { seen: { one: '{count} Datei in {folder}', other: '{count} Dateien in {folder}' }, none: 'keine Datei' },
  );
  expect([0, 1, 2].map((count) => said.en('seen', { count, folder: 'a' }))).toEqual([
    '0 files in a',
    '1 file in a',
    '2 files in a',
  ]);
  expect([said.de('seen', { count: 1, folder: '{count}' }), said.de('none')]).toEqual([
    '1 Datei in {count}',
    'keine Datei',
  ]);
});
