// The libraries of a package: what there is to say of each, and of one that is not part of the bundle, its files: those that run, for one
// architecture.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** One installed library. */
export interface Library {
  /** Absolute. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** As its package.json says. */
  readonly licence: string;
  readonly holder: string;
}

/** One that is installed in this folder. */
export async function libraryAt(folder: string): Promise<Library> {
  return factsOf(folder, await description(folder));
}

/** Libraries of these names, and what they need in turn; ordered by folder. Errors: one that is not installed. */
export async function librariesNamed(names: readonly string[], project: string): Promise<Library[]> {
  const found = new Map<string, Library>();
  for (const name of names) await collect(name, project, found, true);
  return [...found.values()].sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

async function collect(
  name: string,
  from: string,
  found: Map<string, Library>,
  isNeeded: boolean,
): Promise<void> {
  const folder = installed(name, from);
  if (folder === undefined) {
    if (isNeeded) throw new Error(`${name} is not installed for ${from}: run npm ci`);
    return;
  }
  if (found.has(folder) || name.startsWith('@types/')) return;
  const facts = await description(folder);
  found.set(folder, factsOf(folder, facts));
  const names = (key: string): string[] => Object.keys((facts[key] as object | undefined) ?? {});
  for (const next of names('dependencies')) await collect(next, folder, found, true);
  for (const next of names('optionalDependencies')) await collect(next, folder, found, false);
}

async function description(folder: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
}

function factsOf(folder: string, facts: Record<string, unknown>): Library {
  return {
    folder,
    name: textOf(facts['name']),
    version: textOf(facts['version']),
    licence: textOf(facts['license']),
    holder: personOf(facts['author']),
  };
}

/** As Node looks for it: upwards from anybody who asks. */
function installed(name: string, from: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (at === dirname(at)) return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function personOf(author: unknown): string {
  if (typeof author === 'string') return author;
  return textOf((author as { name?: unknown } | undefined)?.name);
}

const LICENCE_NAME = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;
const RUNS = /\.(?:js|cjs|mjs|json|node|wasm)$/;
/** At the top of a library: what is not loaded when it is used. */
const IDLE_FOLDERS = new Set(
  'test tests __tests__ spec docs doc example examples bench benchmark benchmarks coverage fixtures dev libusb libusb_config'.split(
    ' ',
  ),
);

/** Files of a library that go into the package, as paths below its folder. Native parts only of the platform, and of glibc. */
export async function libraryFiles(library: Library, platform: string | undefined): Promise<string[]> {
  const names = await readdir(library.folder, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => relative(library.folder, join(entry.parentPath, entry.name)))
    .filter((path) => runs(path, platform))
    .sort();
}

function runs(path: string, platform: string | undefined): boolean {
  const parts = path.split('/');
  if (parts.includes('node_modules') || parts.some((part) => part.startsWith('.'))) return false;
  if (IDLE_FOLDERS.has(parts[0] ?? '') && parts.length > 1) return false;
  if (parts[0] === 'prebuilds') return parts[1] === platform && !path.includes('musl');
  return RUNS.test(path);
}

/** The text of the library's licence, as it was delivered; empty where there is none. */
export async function licenceText(library: Library): Promise<string> {
  const names = (await readdir(library.folder)).filter((name) => LICENCE_NAME.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(library.folder, name), 'utf8')));
  return texts.map((text) => text.trim()).join('\n\n');
}
