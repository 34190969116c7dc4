// The tables against the source: every code that a station or a store can raise has words, and no words are kept for what nobody raises.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { conditionPage } from '../../../agent/monitoring/condition-list.ts';
import {
  CONDITION_TABLE,
  conditionKind,
  type ConditionTable,
} from '../../../agent/monitoring/condition-table.ts';
import { STORE_CONDITION_TABLE } from '../../../agent/monitoring/store-condition-table.ts';
import { CONDITION_CODE_PATTERN } from '../../../protocol/transfer/monitoring.ts';

const root = new URL('../../../', import.meta.url).pathname;

/** The receiver has conditions of its own, which no topic of a station shows. */
function sources(): { name: string; text: string }[] {
  return ['agent', 'protocol', 'drivers', 'config'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((name) => name.endsWith('.ts'))
      .filter((name) => !name.endsWith('-table.ts'))
      .map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') })),
  );
}

const CODE = "'([a-z]{1,16}\\.[a-z]{1,16}(?:-[a-z]{1,16})*)'";
const literals = (text: string): string[] =>
  [...text.matchAll(new RegExp(CODE, 'g'))].map(([, code]) => code ?? '');

/** Codes of one file: literals in calls, constants that calls name, and lists whose name says what they hold. */
function codesIn(text: string): string[] {
  const found = [...text.matchAll(new RegExp(`\\b#?(?:raise|clear|keepOnly)\\(\\s*${CODE}`, 'g'))].map(
    ([, code]) => code ?? '',
  );
  for (const [, name] of text.matchAll(/\b#?(?:raise|clear|keepOnly)\(\s*([A-Z][A-Z_]+)\b/g))
    found.push(...literals(constant(text, name ?? '')));
  // What pushing raises where the store refuses an item of a type (ItemType).
  found.push(...[...text.matchAll(new RegExp(`\\brefusedCode: ${CODE}`, 'g'))].map(([, code]) => code ?? ''));
  if (!/\bConditions\b/.test(text)) return found; // codes of errors are lists too
  found.push(...[...text.matchAll(new RegExp(`\\btold\\(${CODE}`, 'g'))].map(([, code]) => code ?? ''));
  for (const [, name] of text.matchAll(/\bconst ([A-Z_]*(?:CONDITIONS?|CODES?|CAUSES|REFUSALS))\b/g))
    found.push(...literals(constant(text, name ?? '')));
  return found;
}

/** From the name to the end of the statement. */
function constant(text: string, name: string): string {
  const at = text.search(new RegExp(`\\bconst ${name}\\b`));
  return at < 0 ? '' : text.slice(at, text.indexOf(';', at));
}

const raised = new Map<string, string[]>();
for (const { name, text } of sources())
  for (const code of codesIn(text)) raised.set(code, [...(raised.get(code) ?? []), name]);

const isStores = (name: string): boolean => name.startsWith('agent/receiver/');
/** What both are made of: each shows of it what its own parts can raise. */
const isShared = (name: string): boolean =>
  ['agent/platform/', 'agent/monitoring/', 'protocol/'].some((room) => name.startsWith(room));
const PROGRAMS = [
  ['station', CONDITION_TABLE, (name: string) => !isStores(name), (name: string) => !isStores(name)],
  ['store', STORE_CONDITION_TABLE, isStores, (name: string) => isStores(name) || isShared(name)],
] as const;
const ALL = PROGRAMS.flatMap(([program, table]) =>
  Object.entries(table).map(([code, kind]) => [`${code} of a ${program}`, code, kind, table] as const),
);

describe('the tables of conditions', () => {
  test.each(PROGRAMS)('have words for every code that a %s raises', (_, table, mustHave) => {
    expect(raised.size).toBeGreaterThan(60);
    const without = [...raised].filter(([code, files]) => files.some(mustHave) && table[code] === undefined);
    expect(without).toEqual([]);
  });

  test.each(PROGRAMS)('have no words for a code that no %s raises', (_, table, _mustHave, mayHave) => {
    const unused = Object.keys(table).filter((code) => raised.get(code)?.some(mayHave) !== true);
    expect(unused).toEqual([]);
  });

  test('has for a store all that its connection to the broker raises', () => {
    const broker = [...raised].filter(([, files]) =>
      files.some((name) => name.startsWith('agent/platform/broker-')),
    );
    expect(broker.length).toBeGreaterThan(4);
    expect(broker.filter(([code]) => STORE_CONDITION_TABLE[code] === undefined)).toEqual([]);
  });

  test.each(ALL)('%s can be a topic and says all in two languages', (_, code, kind) => {
    expect(code).toMatch(CONDITION_CODE_PATTERN);
    for (const words of [kind.text, kind.remedy])
      for (const text of [words.en, words.de]) expect(text).toMatch(/^\S.{8,300}\.$/);
    expect(kind.text.en).not.toBe(kind.text.de);
    for (const key of kind.facts) expect(key).toMatch(/^[a-z][a-z0-9_]{0,47}$/);
    expect(kind.afterMs).toBeGreaterThanOrEqual(0);
  });

  test('are written to the page for people; `npm run schemas` does it', () => {
    const written = readFileSync(join(root, 'config/monitoring/conditions.md'), 'utf8');
    expect(written).toBe(conditionPage());
  });

  test('name causes that exist, and no cause is explained by what it explains', () => {
    const reach = (code: string, table: ConditionTable, seen: readonly string[]): void => {
      expect([...seen, code], 'a circle').toEqual([...new Set([...seen, code])]);
      for (const cause of conditionKind(code, table).causes) {
        expect(table[cause], cause).toBeDefined();
        reach(cause, table, [...seen, code]);
      }
    };
    for (const [, code, , table] of ALL) reach(code, table, []);
  });
});
