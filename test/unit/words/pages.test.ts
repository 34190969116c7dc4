// The pages that lead through the project name files, commands and rooms that exist: a map that is wrong is worse than none.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOMS } from '../house/rooms.ts';
import { projectRoot, textOfFile, treeFiles } from './tree.ts';

const PAGES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'GLOSSARY.md'];
/** A path below the project, as code names one: a known folder at its front, or a file at the top. */
const PATH =
  /(?<![\w./-])(?:(?:agent|config|drivers|protocol|systemd|test|\.ci)\/[\w./*<>-]+|(?:[A-Z]+\.md|package\.json|\.oxlintrc\.json))(?![\w/-])/g;
const LINES_MAX = { 'README.md': 80, 'ARCHITECTURE.md': 200 };

const files = treeFiles(['']);

/** Whether a file or a folder is there; "*" stands for any part of a name. */
function isThere(named: string): boolean {
  const path = named.replace(/[./]+$/, '');
  if (path.includes('<')) return true; // one for each room, station ...
  if (!path.includes('*')) return existsSync(join(projectRoot(), path));
  const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
  return files.some((file) => pattern.test(file));
}

describe.each(PAGES)('%s', (page) => {
  const text = textOfFile(page);

  test('names paths that exist', () => {
    const paths = [...text.replaceAll(/\[[^\]]*\]\(/g, '(').matchAll(PATH)].map(([path]) => path);
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
  });

  test('links to files that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, target = '']) => target);
    const broken = links.filter(
      (target) => !/^[a-z]+:/.test(target) && !existsSync(join(projectRoot(), dirname(page), target)),
    );
    expect(broken).toEqual([]);
  });

  test('names scripts of package.json that exist', () => {
    const { scripts } = JSON.parse(textOfFile('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run (?:-s )?([a-z0-9:-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

test.each(Object.entries(LINES_MAX))('%s has at most %i lines', (page, most) => {
  expect(textOfFile(page).split('\n').length - 1).toBeLessThanOrEqual(most);
});

test('the rooms of the architecture are those of the house, in their order', () => {
  const [, table = ''] = textOfFile('ARCHITECTURE.md').split('## Rooms');
  const [rows = ''] = table.split('\n## ');
  const rooms = [...rows.matchAll(/^\| `([^`]+)` \|/gm)].map(([, room]) => room);
  expect(rooms).toEqual([...ROOMS]);
});

test('the list of faults names tests that exist', () => {
  const rows = textOfFile('test/acceptance.md')
    .split('\n')
    .filter((line) => /^\| [A-Z]{3}-\d+ \|/.test(line));
  const named = rows.flatMap((row) =>
    [...(row.split('|')[4] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
  expect(named.length).toBeGreaterThan(200);
  const bare = files.map((file) => `/${file}`.replace(/(?:\.long)?(?:\.test)?\.(?:ts|mjs|sh)$/, ''));
  const isTest = (name: string): boolean => bare.some((file) => file.endsWith(`/${name}`));
  expect(named.filter((name) => !name.startsWith('npm run ') && !isTest(name))).toEqual([]);
});

test('the pages of commands name the same commands in both languages', () => {
  const commands = (language: string): string[] =>
    [...textOfFile(`config/commands.${language}.md`).matchAll(/^\| `[^|]*` \|/gm)].map(([cell]) => cell);
  expect(commands('de')).toEqual(commands('en'));
  expect(commands('en').length).toBeGreaterThan(15);
});
