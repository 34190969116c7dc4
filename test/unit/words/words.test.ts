// One word a thing (GLOSSARY.md): retired words become fewer, in identifiers, comments, messages and pages, in both languages.
import { describe, expect, test } from 'vitest';
import { countWord, plainLine, treeLines } from './count.ts';
import { RETIRED_ENGLISH, RETIRED_GERMAN, type RetiredWord } from './retired.ts';
import { textOfFile } from './tree.ts';

const lines = treeLines();

function tooMany(row: RetiredWord, german: boolean): string[] {
  const found = countWord(lines, row, german);
  return (['product', 'tests', 'pages'] as const)
    .filter((where) => found[where] > row[where])
    .map(
      (where) =>
        `"${row.word}" is ${found[where]} times in ${where}, ${row[where]} were left: write "${row.instead}"`,
    );
}

describe.each([
  ['English', RETIRED_ENGLISH, false],
  ['German', RETIRED_GERMAN, true],
] as const)('retired words in %s', (_language, table, german) => {
  test('come in no new place', () => {
    expect(table.flatMap((row) => tooMany(row, german))).toEqual([]);
  });

  test('are in the glossary with what is written instead', () => {
    const glossary = textOfFile('GLOSSARY.md').toLowerCase();
    const missing = table.filter(
      ({ instead }) => !glossary.includes(instead.split(',')[0]?.toLowerCase() ?? ''),
    );
    expect(missing.map(({ word }) => word)).toEqual([]);
  });
});

test('a word is found as a whole, as part of an identifier, and not in the name of a format', () => {
  const text = (line: string) => [{ of: 'tests', german: true, text: plainLine(line) } as const];
  const behind = { word: 'behind' };
  expect(countWord(text('storeBehind, Behind, behindhand'), behind, false)).toEqual({
    product: 0,
    tests: 2,
    pages: 0,
  });
  expect(countWord(text('// what IS_BEHIND says'), behind, false).tests).toBe(1);
  expect(countWord(text("'store.put-back'"), { word: 'puts? back|put-back' }, false).tests).toBe(0);
});

test('the glossary gives each thing one German word', () => {
  const [, domain = ''] = textOfFile('GLOSSARY.md').split('## The domain');
  const rows = domain
    .split('## ')[0]
    ?.split('\n')
    .filter((line) => /^\| \w/.test(line) && !line.startsWith('| English'))
    .map((line) => line.split('|')[2]?.trim() ?? '');
  const words = rows?.flatMap((cell) => cell.split(', ')).filter((word) => word !== 'löschen');
  expect(words?.length).toBeGreaterThan(40);
  expect(words?.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
});
