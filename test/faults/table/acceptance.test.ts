// test/acceptance.md says what is shown and by what: its counts are those of its lines, and every test that it names is there.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { filesOf, isCommand, parseAcceptance, STANDINGS } from './acceptance-lines.ts';

const tests = fileURLToPath(new URL('../..', import.meta.url));
const files = readdirSync(tests, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(tests, join(entry.parentPath, entry.name)));
const { lines, counts } = parseAcceptance(readFileSync(join(tests, 'acceptance.md'), 'utf8'));
const { scripts } = JSON.parse(readFileSync(join(tests, '../package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

test('has each id once, without gaps within its kind', () => {
  expect(lines.length).toBeGreaterThan(100);
  const numbers = new Map<string, number[]>();
  for (const { id } of lines) {
    const kind = id.slice(0, 3);
    numbers.set(kind, [...(numbers.get(kind) ?? []), Number(id.slice(4))]);
  }
  for (const [kind, found] of numbers) expect(found, kind).toEqual(found.map((_, at) => at + 1));
});

test('counts what stands in it', () => {
  const standing = STANDINGS.map((each) => lines.filter((line) => line.standing === each).length);
  expect(counts).toEqual([...standing, lines.length]);
});

test('names tests that are there, each of them clearly', () => {
  const unclear = lines.flatMap(({ id, shownBy }) =>
    shownBy
      .filter((name) =>
        isCommand(name) ? scripts[name.slice(8)] === undefined : filesOf(name, files).length !== 1,
      )
      .map((name) => `${id}: ${name} (${filesOf(name, files).length})`),
  );
  expect(unclear).toEqual([]);
  for (const { id, standing, shownBy } of lines)
    if (standing === 'proven' || standing === 'in part') expect(shownBy.length, id).toBeGreaterThan(0);
});
