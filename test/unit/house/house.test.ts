import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { aboveBudget, arrowsBack, measureHouse, readBudget } from './measure.ts';
import { forbiddenImports, roomOf, ROOMS } from './rooms.ts';
import { readSourceTree, type SourceFile } from './source-tree.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const file = (path: string, values: string[], types: string[] = []): [string, SourceFile] => [
  path,
  { path, lines: 1, values, types, later: [] },
];

describe('the house', () => {
  test('is within its budget', async () => {
    const { figures } = await measureHouse(root);
    expect(aboveBudget(figures, await readBudget(root))).toEqual([]);
  });

  test('every import leads to a file that is there', async () => {
    const tree = await readSourceTree(root);
    const missing = [...tree.values()].flatMap(({ path, values, types, later }) =>
      [...values, ...types, ...later].filter((to) => !tree.has(to)).map((to) => `${path} -> ${to}`),
    );
    expect(missing).toEqual([]);
    expect(tree.size).toBeGreaterThan(100);
  });

  test('every import is written the shortest way, so that rules on paths see it', async () => {
    const longer: string[] = [];
    for (const path of (await readSourceTree(root)).keys())
      for (const [, spec = ''] of readFileSync(join(root, path), 'utf8').matchAll(/\bfrom '(\.[^']+)'/g)) {
        const shortest = posix.relative(posix.dirname(path), posix.join(posix.dirname(path), spec));
        if (spec !== (shortest.startsWith('.') ? shortest : `./${shortest}`)) longer.push(`${path}: ${spec}`);
      }
    expect(longer).toEqual([]);
  });

  test('an import from a room above is an arrow back, also of a type', () => {
    const tree = new Map([
      file('agent/dock/bay.ts', ['agent/spool/spool.ts']),
      file('agent/spool/spool.ts', ['protocol/format/ids.ts'], ['agent/dock/bay.ts']),
      file('protocol/format/ids.ts', []),
    ]);
    expect(arrowsBack(tree)).toEqual([{ from: 'agent/spool/spool.ts', to: 'agent/dock/bay.ts' }]);
  });

  test('a file in no room is an error that names it', () => {
    expect(() => roomOf('protocol/other/x.ts')).toThrow('protocol/other/x.ts');
  });

  test('a figure above its bound is named with both numbers', async () => {
    const { figures } = await measureHouse(root);
    const budget = { ...figures, product_files: figures.product_files - 1 };
    expect(aboveBudget(figures, budget)).toEqual([
      `product_files: ${figures.product_files}, the budget is ${budget.product_files}`,
    ]);
  });

  test('the linter holds one rule for each room, which forbids all rooms above', () => {
    const lint = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as {
      overrides: {
        files: string[];
        rules: { 'no-restricted-imports'?: [string, { patterns: { group: string[] }[] }] };
      }[];
    };
    for (const room of ROOMS.filter((each) => each !== 'agent')) {
      const rule = lint.overrides.find(({ files }) => files[0] === `${room}/**/*.ts`)?.rules[
        'no-restricted-imports'
      ];
      expect(
        rule?.[1].patterns.flatMap(({ group }) => group),
        room,
      ).toEqual(forbiddenImports(room));
    }
  });

  test('each room is there', () => {
    for (const room of ROOMS) expect(existsSync(join(root, room)), room).toBe(true);
  });
});
