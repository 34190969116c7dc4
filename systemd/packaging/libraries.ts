// Which libraries the compiled code needs, and which of their files: those that run, for one architecture, and their licences.
// Found by what the code imports, so that nothing is forgotten and nothing for development comes along.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
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
  readonly homepage: string;
}

/** As the compiler writes them: statements that begin a line, or end at one, and calls. */
const IMPORTS = /(?:^(?:import|export|\})[^'"\n]*\bfrom |^import |\bimport\()['"]([^'"./][^'"]*)['"]/gm;

/** All libraries that the files import, and what those need in turn; ordered by folder. Errors: one that is not installed. */
export async function librariesOf(project: string, files: readonly string[]): Promise<Library[]> {
  const wanted = new Set<string>();
  for (const file of files) {
    const text = await readFile(file, 'utf8');
    for (const [, specifier = ''] of text.matchAll(IMPORTS)) {
      const name = packageName(specifier);
      if (!name.startsWith('node:') && !builtinModules.includes(name)) wanted.add(name);
    }
  }
  const found = new Map<string, Library>();
  for (const name of wanted) await collect(name, project, found, true);
  return [...found.values()].sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

function packageName(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
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
  const facts = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  found.set(folder, {
    folder,
    name,
    version: textOf(facts['version']),
    licence: textOf(facts['license']),
    holder: personOf(facts['author']),
    homepage: textOf(facts['homepage']),
  });
  const names = (key: string): string[] => Object.keys((facts[key] as object | undefined) ?? {});
  for (const next of names('dependencies')) await collect(next, folder, found, true);
  for (const next of names('optionalDependencies')) await collect(next, folder, found, false);
}

/** As Node looks for it: upwards from whoever asks. */
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
/** Parts of libraries that are for browsers, bundlers or development, by library. */
const IDLE_PARTS: Readonly<Record<string, RegExp>> = {
  mqtt: /^(?:dist\/|build\/bin\/|build\/scripts\/)/,
  yaml: /^browser\//,
  zod: /^src\//,
  usb: /^src\//,
  pino: /^(?:browser\.js|build\/|\.github\/)/,
};

/** Files of a library that go into the package, as paths below its folder. Native parts only of the platform, and of glibc. */
export async function libraryFiles(library: Library, platform: string | undefined): Promise<string[]> {
  const names = await readdir(library.folder, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => relative(library.folder, join(entry.parentPath, entry.name)))
    .filter((path) => runs(library.name, path, platform))
    .sort();
}

function runs(library: string, path: string, platform: string | undefined): boolean {
  const parts = path.split('/');
  if (parts.includes('node_modules') || parts.some((part) => part.startsWith('.'))) return false;
  if (IDLE_FOLDERS.has(parts[0] ?? '') && parts.length > 1) return false;
  if (IDLE_PARTS[library]?.test(path) === true) return false;
  if (parts[0] === 'prebuilds') return parts[1] === platform && !path.includes('musl');
  return RUNS.test(path);
}

/** The text of the library's licence, as it was delivered; empty where there is none. */
export async function licenceText(library: Library): Promise<string> {
  const names = (await readdir(library.folder)).filter((name) => LICENCE_NAME.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(library.folder, name), 'utf8')));
  return texts.map((text) => text.trim()).join('\n\n');
}
