// The product's sources as a graph of imports, read from the files themselves.
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';

export interface SourceFile {
  /** From the project's root. */
  readonly path: string;
  readonly lines: number;
  /** Paths of our files that it loads when it is loaded, in order. */
  readonly values: readonly string[];
  /** Paths of our files of which it uses types alone. */
  readonly types: readonly string[];
  /** Paths of our files that it loads later: by import() or as a thread. */
  readonly later: readonly string[];
}

export type SourceTree = ReadonlyMap<string, SourceFile>;

const TOPS = ['agent', 'drivers', 'protocol', 'config', 'systemd'];
const IMPORT = /(?:^|\n)(?:import|export)\s+(?<type>type\s)?(?:[^'";]*?\sfrom\s+)?'(?<from>\.[^']+)'/g;
const LATER = /\b(?:import\(\s*|startWorker\(\s*import\.meta\.url,\s*)'(?<from>\.[^']+)'/g;

export async function readSourceTree(root: string): Promise<SourceTree> {
  const paths: string[] = [];
  for (const top of TOPS)
    for (const name of await readdir(join(root, top), { recursive: true }))
      if (name.endsWith('.ts')) paths.push(posix.join(top, name));
  const files = await Promise.all(
    paths.toSorted().map(async (path) => read(path, await readFile(join(root, path), 'utf8'))),
  );
  return new Map(files.map((file) => [file.path, file]));
}

/** Of all TypeScript below `folder`. */
export async function countLines(root: string, folder: string): Promise<{ files: number; lines: number }> {
  const names = (await readdir(join(root, folder), { recursive: true })).filter((name) =>
    name.endsWith('.ts'),
  );
  const texts = await Promise.all(names.map(async (name) => readFile(join(root, folder, name), 'utf8')));
  return { files: names.length, lines: texts.reduce((sum, text) => sum + linesOf(text), 0) };
}

function read(path: string, text: string): SourceFile {
  const at = (from: string): string => posix.join(dirname(path), from);
  const values: string[] = [];
  const types: string[] = [];
  for (const { groups } of text.matchAll(IMPORT))
    (groups?.['type'] === undefined ? values : types).push(at(groups?.['from'] ?? ''));
  const later = [...text.matchAll(LATER)].map(({ groups }) => {
    const place = at(groups?.['from'] ?? '');
    return place.endsWith('.ts') ? place : `${place}.ts`;
  });
  return { path, lines: linesOf(text), values, types, later };
}

function linesOf(text: string): number {
  return text.split('\n').length - 1;
}

/** What is loaded when `start` is, with what it loads itself; `start` included, in the order of finding. */
export function loadedBy(tree: SourceTree, start: readonly string[], withLater: boolean): SourceFile[] {
  const found = new Map<string, SourceFile>();
  const waiting = [...start];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const file = tree.get(path);
    if (file === undefined || found.has(path)) continue;
    found.set(path, file);
    waiting.push(...file.values, ...(withLater ? file.later : []));
  }
  return [...found.values()];
}
