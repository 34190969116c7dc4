// protocol/SPEC.md in its form: numbered rules of one sentence each, and references (in the SPEC, in code, tests and pages) that hit a
// number that exists. What the rules say is tested where it is done.
import { expect, test } from 'vitest';
import { textOfFile, treeFiles } from '../words/tree.ts';

const SPEC = 'protocol/SPEC.md';
const RULE = /^- \*\*(\d+(?:\.\d+)+)\*\* (.*)$/;
const HEADING = /^#{2,5} (\d+(?:\.\d+)*)\.? /;
const NUMBER = /\d+(?:\.\d+)*/g;

/** What stands in front of a number that is another document's or program's. */
const OF_OTHERS = /(?:RFC \d+,? section|TLS|FHS|RabbitMQ|Linux before|stations of) $/i;

function lines(): string[] {
  return textOfFile(SPEC).split('\n');
}

function rules(): { number: string; text: string }[] {
  return lines().flatMap((line) => {
    const [, number, text] = RULE.exec(line) ?? [];
    return number === undefined || text === undefined ? [] : [{ number, text }];
  });
}

/** All numbers that can be named: of headings, of rules, and of the groups that rules make. */
function known(): Set<string> {
  const numbers = new Set<string>();
  for (const line of lines()) {
    const number = (RULE.exec(line) ?? HEADING.exec(line))?.[1];
    if (number === undefined) continue;
    const parts = number.split('.');
    for (let count = 1; count <= parts.length; count += 1) numbers.add(parts.slice(0, count).join('.'));
  }
  return numbers;
}

/** Without code and what stands in brackets: neither ends a sentence. */
function bare(text: string): string {
  let plain = text.replaceAll(/`[^`]*`/g, 'x');
  for (let before = ''; before !== plain;) {
    before = plain;
    plain = plain.replaceAll(/\([^()]*\)/g, '');
  }
  return plain;
}

test('every rule has a number of its own, below the heading that it stands under', () => {
  const seen = new Set<string>();
  const wrong: string[] = [];
  let heading = '';
  for (const line of lines()) {
    const below = HEADING.exec(line)?.[1];
    if (below !== undefined) heading = below;
    else if (/^#{2,4} /.test(line)) heading = heading.split('.').slice(0, 2).join('.');
    const number = RULE.exec(line)?.[1];
    if (number === undefined) continue;
    if (seen.has(number)) wrong.push(`${number} twice`);
    if (!number.startsWith(`${heading}.`)) wrong.push(`${number} under ${heading}`);
    seen.add(number);
  }
  expect(wrong).toEqual([]);
  expect(seen.size).toBeGreaterThan(400);
});

test('a rule is one sentence', () => {
  const long = rules().filter(({ text }) => /[.?] [A-Z]/.test(bare(text).replace(/^\*[^*]*\.\* /, '')));
  expect(long.map(({ number }) => number)).toEqual([]);
});

test('what stands in the SPEC outside of tables, figures and reasons has a number', () => {
  const [, ...sections] = textOfFile(SPEC).split(/^## /m);
  const loose = sections
    .join('\n')
    .split('\n')
    .filter((line) => line !== '' && !/^(?:- \*\*\d|#|\|| {2}- \*| {4})/.test(line))
    .filter((line) => !/^\d+\. /.test(line)); // the heading that the split took its marks from
  expect(loose).toEqual([]);
});

test('each number that the SPEC names is one that it has', () => {
  const numbers = known();
  const wrong: string[] = [];
  for (const [index, line] of lines().entries()) {
    const text = line
      .replace(RULE, '$2')
      .replace(HEADING, '')
      .replaceAll(/`[^`]*`/g, '');
    for (const match of text.matchAll(/(?<![\d.])[1-9]\d?(?:\.\d{1,2}){1,4}(?![\d.]*\d)/g)) {
      if (OF_OTHERS.test(text.slice(0, match.index))) continue;
      if (!numbers.has(match[0])) wrong.push(`line ${index + 1}: ${match[0]}`);
    }
    for (const match of text.matchAll(/(?<!RFC \d{4},? )sections? (\d+)(?:(?:,| and| to) (\d+))?/g)) {
      for (const number of match.slice(1)) {
        if (number !== undefined && !numbers.has(number)) wrong.push(`line ${index + 1}: section ${number}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('each number of the SPEC that code, tests and pages name is one that it has', () => {
  const numbers = known();
  const named =
    /SPEC(?:\.md)?(?:\)|\]\([^)]*\))?,? (?:(?:sections?|chapters?|Abschnitte?|Kapitel) )?(\d+(?:\.\d+)*(?:(?:,| and| or| to| bis| und) \d+(?:\.\d+)*)*)/g;
  const wrong: string[] = [];
  let count = 0;
  for (const path of treeFiles(['.ts', '.py', '.md', '.yaml', '.sh'])) {
    if (path === SPEC) continue;
    for (const match of textOfFile(path).matchAll(named)) {
      for (const [number] of (match[1] ?? '').matchAll(NUMBER)) {
        count += 1;
        if (!numbers.has(number)) wrong.push(`${path}: ${match[0]}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(200);
});
