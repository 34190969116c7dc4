import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseYaml, type YamlTree } from '../../../config/yaml-tree.ts';
import { timesAsLong } from '../../fakes/growth.ts';

const CHARACTERS = 256 * 1024;

function tree(text: string): YamlTree {
  const parsed = parseYaml(text, 'f.yaml');
  if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.problems));
  expect(parsed.problems).toEqual([]);
  return parsed.tree;
}

function finds(text: string): string[] {
  return parseYaml(text, 'f.yaml').problems.map(
    (find) => `${find.line}:${find.column} ${find.code} ${find.message}`,
  );
}

describe('what a file may say', () => {
  test('groups, lists and scalars come out as they stand', () => {
    const { value } = tree('---\na: 1\nb: [x, "y", true]\nc:\n  - d: null # why\n  - e: 0x10\n');
    expect(JSON.parse(JSON.stringify(value))).toEqual({
      a: 1,
      b: ['x', 'y', true],
      c: [{ d: null }, { e: 16 }],
    });
  });

  test('an empty file is an empty value, not an error', () => {
    for (const text of ['', '# nothing\n', '---\n']) expect(tree(text).value).toBeNull();
  });

  test('keys and values know their place', () => {
    const { placeOfKey, placeOfValue } = tree('a: 1\nbays:\n  - id: x\n    folder: /y\n');
    expect(placeOfKey(['bays', 0, 'folder'])).toEqual({ line: 4, column: 5 });
    expect(placeOfValue(['bays', 0, 'folder'])).toEqual({ line: 4, column: 13 });
    expect(placeOfValue(['bays', 0, 'missing'])).toEqual({ line: 3, column: 5 });
    expect(placeOfValue(['nowhere'])).toEqual({ line: 1, column: 1 });
  });

  test('"yes" and a merge key mean nothing special', () => {
    expect({ ...(tree('a: yes\n"<<": b\n').value as object) }).toEqual({ a: 'yes', '<<': 'b' });
  });
});

describe('what no file may hold', () => {
  test.each([
    ['an anchor', 'a: &x 1\n', '1:4 config.yaml anchors are not read'],
    ['an alias', 'a: 1\nb: *x\n', '2:4 config.yaml aliases are not read'],
    ['a tag', 'a: !!binary aGk=\n', '1:4 config.yaml tags are not read'],
    ['a directive', '%YAML 1.1\n---\na: yes\n', '1:1 config.yaml directives are not read'],
    ['a tab as indentation', 'a:\n\tb: 1\n', '2:1 config.yaml a tab stands where the line is indented'],
    ['a second document', 'a: 1\n---\nb: 1\n', '2:1 config.yaml a second document starts here'],
    ['a key twice', 'a: 1\nb: 2\na: 3\n', '3:1 config.duplicate-key this key stands twice'],
    [
      'a key that means an object prototype',
      '__proto__:\n  a: 1\n',
      '1:1 config.unknown-key this key is not known',
    ],
    ['a group as a key', '? {a: 1}\n: 2\n', '1:1 config.yaml a group or list stands as a key'],
  ])('%s is refused with its place', (_name, text, expected) => {
    expect(finds(text)).toEqual([expected]);
  });

  test('a text that is cut off in a bracket or in quotation marks is refused', () => {
    for (const text of ['a: [1, 2', 'a: "x\n', 'a: {b: 1\nc: 2\n']) expect(finds(text)).not.toEqual([]);
  });

  test('a key that means an object prototype changes no object', () => {
    parseYaml('__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\n', 'f.yaml');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('errors quote nothing of the text', () => {
    const text = 'a: "AGE-SECRET-KEY-1QQQ\\q\nb: [AGE-SECRET-KEY-1QQQ\n';
    expect(JSON.stringify(parseYaml(text, 'f.yaml').problems)).not.toContain('SECRET');
  });
});

describe('hostile texts of a quarter of a MiB', () => {
  const stairs = (key: string): string => {
    let text = '';
    for (let depth = 0; text.length < CHARACTERS; depth++) text += `${' '.repeat(depth)}${key}:\n`;
    return text;
  };
  const deep: readonly (readonly [string, string])[] = [
    ['brackets', '['.repeat(CHARACTERS)],
    ['braces', '{a: '.repeat(CHARACTERS / 4)],
    ['brackets over lines', '[\n'.repeat(CHARACTERS / 2)],
    ['dashes', '- '.repeat(CHARACTERS / 2)],
    ['question marks', '? '.repeat(CHARACTERS / 2)],
    ['colons', ': '.repeat(CHARACTERS / 2)],
    ['keys in one line', 'a: '.repeat(CHARACTERS / 3)],
    ['quoted keys in one line', '"": '.repeat(CHARACTERS / 4)],
    ['stairs of keys', stairs('a')],
    ['stairs of quoted keys', stairs('""')],
    ['stairs of groups as keys', stairs('{}')],
  ];
  test.each(deep)('nesting by %s is refused before the parser goes down', (_name, text) => {
    expect(finds(text)).toEqual([expect.stringContaining('nested deeper')]);
  });

  test('long keys, long values and long comments are no nesting', () => {
    tree(`${'k'.repeat(100)}: ${'v'.repeat(1000)} ${' '.repeat(100)}# ${'- '.repeat(100)}\n`);
    tree(`a:\n  - b: "x: y: z: - "\n    c: |\n      ${'x '.repeat(100)}\n${' '.repeat(90)}# remark\n`);
  });

  test('many different keys are read in a time that grows with their number only', async () => {
    const text = (count: number): string => Array.from({ length: count }, (_, at) => `k${at}: 1\n`).join('');
    const [few, many] = [text(3000), text(12_000)];
    const times = await timesAsLong(
      () => tree(few),
      () => tree(many),
    );
    expect(times).toBeLessThan(10); // sixteen where each is compared with each
  });
});

test('no text makes it throw', () => {
  const piece = fc.constantFrom(
    'a',
    ':',
    ' ',
    '\n',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '#',
    '|',
    '>',
    '?',
    ',',
    '&',
    '*',
    '!',
    '%',
    '\t',
    '\r',
    '\0',
    '\u{FEFF}',
    '---',
    '1',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      expect(['parsed', 'refused']).toContain(parseYaml(pieces.join(''), 'f.yaml').kind);
    }),
    { numRuns: 1500 },
  );
});
