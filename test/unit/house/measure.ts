// What the house costs whoever must hold it in his head: files, lines, arrows that run back, and the way of a recording.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOMS, roomOf, type Room } from './rooms.ts';
import { countLines, loadedBy, readSourceTree, type SourceFile, type SourceTree } from './source-tree.ts';

/** Upper bounds, each of a figure of the same name. A commit may change a number, and says why. */
export interface Budget {
  readonly product_files: number;
  readonly product_lines: number;
  readonly test_lines: number;
  /** Files that `bodydock run` loads, threads included. */
  readonly agent_files: number;
  readonly agent_lines: number;
  /** Files with one importer, in their own folder, of fewer than 60 lines. */
  readonly small_files: number;
  /** Files that ARCHITECTURE.md lists as the way of a recording, and how often the folder changes from one to the next. */
  readonly way_files: number;
  readonly way_changes: number;
  /** Imports from a room above. */
  readonly arrows_back: number;
}

export type Figures = { readonly [name in keyof Budget]: number };

export interface House {
  readonly figures: Figures;
  readonly arrowsBack: readonly Arrow[];
  readonly rooms: readonly { readonly room: Room; readonly files: number; readonly lines: number }[];
  readonly longest: readonly SourceFile[];
  readonly median: number;
  /** Those that `small_files` counts. */
  readonly small: readonly SourceFile[];
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
}

/** Programs of the station while nobody looks: the agent with its threads. */
const AGENT = ['agent/main.ts', 'agent/cli/run.ts'];
const SMALL = 60;

export async function measureHouse(root: string): Promise<House> {
  const tree = await readSourceTree(root);
  const files = [...tree.values()];
  const tests = await countLines(root, 'test');
  const agent = loadedBy(tree, AGENT, false);
  const threads = loadedBy(
    tree,
    agent.flatMap(({ path, later }) => (path.startsWith('agent/cli/') ? [] : later)), // of commands one is loaded
    true,
  );
  const running = new Map([...agent, ...threads].map((file) => [file.path, file]));
  const arrows = arrowsBack(tree);
  const small = smallFiles(tree);
  const way = await readWay(root);
  return {
    arrowsBack: arrows,
    rooms: ROOMS.map((room) => {
      const own = files.filter(({ path }) => roomOf(path) === room);
      return { room, files: own.length, lines: sumLines(own) };
    }),
    longest: files.toSorted((a, b) => b.lines - a.lines).slice(0, 10),
    median: files.map(({ lines }) => lines).toSorted((a, b) => a - b)[files.length >> 1] ?? 0,
    small,
    figures: {
      product_files: files.length,
      product_lines: sumLines(files),
      test_lines: tests.lines,
      agent_files: running.size,
      agent_lines: sumLines([...running.values()]),
      small_files: small.length,
      way_files: new Set(way).size,
      way_changes: way.filter((path, at) => at > 0 && folderOf(path) !== folderOf(way[at - 1] ?? '')).length,
      arrows_back: arrows.length,
    },
  };
}

export async function readBudget(root: string): Promise<Budget> {
  return JSON.parse(await readFile(join(root, 'test/unit/house/budget.json'), 'utf8')) as Budget;
}

/** Names of figures that are above their bound, with both numbers. */
export function aboveBudget(figures: Figures, budget: Budget): string[] {
  return (Object.keys(budget) as (keyof Budget)[])
    .filter((name) => figures[name] > budget[name])
    .map((name) => `${name}: ${figures[name]}, the budget is ${budget[name]}`);
}

export function arrowsBack(tree: SourceTree): Arrow[] {
  return [...tree.values()].flatMap(({ path, values, types }) => {
    const own = ROOMS.indexOf(roomOf(path));
    return [...values, ...types]
      .filter((to) => ROOMS.indexOf(roomOf(to)) < own)
      .map((to) => ({ from: path, to }));
  });
}

function smallFiles(tree: SourceTree): SourceFile[] {
  const importers = new Map<string, string[]>();
  for (const { path, values, types, later } of tree.values())
    for (const to of new Set([...values, ...types, ...later]))
      importers.set(to, [...(importers.get(to) ?? []), path]);
  return [...tree.values()].filter(({ path, lines }) => {
    const [only, ...others] = importers.get(path) ?? [];
    return lines < SMALL && only !== undefined && others.length === 0 && folderOf(only) === folderOf(path);
  });
}

/** The list between the two comments in ARCHITECTURE.md: one file in backticks a line or more, in the order of the way. Empty where there is none. */
async function readWay(root: string): Promise<string[]> {
  const text = await readFile(join(root, 'ARCHITECTURE.md'), 'utf8').catch(() => '');
  const [, list = ''] = /<!-- way of a recording -->(.*?)<!-- end of the way -->/s.exec(text) ?? [];
  return [...list.matchAll(/`([a-z][a-z0-9/-]*\.ts)`/g)].map(([, path]) => path ?? '');
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function sumLines(files: readonly SourceFile[]): number {
  return files.reduce((sum, { lines }) => sum + lines, 0);
}
