// The libraries of a package: of one that is not part of the bundle the files that run, for one architecture, and of all of them what the file
// `copyright` says, in Debian's machine-readable format: the owner's word on the project, and name, version, licence and its text of each library.
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

const OWNER = `Files: *
Copyright: 2026 the owner of bodydock
License: none-yet
 The owner of this program has not chosen a licence yet. Until then nobody but
 the owner and whom the owner allows may use, copy, change or pass it on.
`;

/** Statically linked into the native part of the library. */
const LIBUSB = `Comment:
 The native part holds libusb, which is under the GNU Lesser General Public
 License, version 2.1 or later (/usr/share/common-licenses/LGPL-2.1). The
 source of libusb and of the part that it is linked into, with all that is
 needed to build and link them anew, is the npm package of this name and
 version; "npm rebuild usb --build-from-source" does it. The file that comes
 out takes the place of the one here.
`;

/** Whose code is in a package. */
interface Holdings {
  /** The program's folder in the package, absolute there. */
  readonly folder: string;
  /** Libraries whose code is put together with ours. */
  readonly bundled: readonly Library[];
  /** Libraries that have files of their own, at this path below the program's folder. */
  readonly installed: readonly { readonly library: Library; readonly path: string }[];
}

/** The text, the same for the same libraries. */
export async function copyrightText({ folder, bundled, installed }: Holdings): Promise<string> {
  const head =
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: bodydock\n';
  const program = folder.slice(1);
  const own = await Promise.all(
    installed.map(async ({ library, path }) => {
      const text = await licenceText(library);
      return [
        `Files: ${program}/${path}/*`,
        `Copyright: ${holders(text, library).join('\n ')}`,
        `License: ${library.licence === '' ? 'as-delivered' : library.licence.replaceAll(/[()]/g, '').trim()}`,
        indented(termsOf(library, text)),
        ...(library.name === 'usb' ? [LIBUSB.trimEnd()] : [`Comment: ${named(library)}`]),
        '',
      ].join('\n');
    }),
  );
  const ours = bundled.length === 0 ? [] : await together(`${program}/*`, bundled);
  return [head, OWNER, ...ours, ...own].join('\n');
}

/** One paragraph for the files, and one for the terms of each library in them. */
async function together(files: string, libraries: readonly Library[]): Promise<string[]> {
  const texts = await Promise.all(libraries.map(licenceText));
  const facts = libraries.map((library, index) => ({ library, text: texts[index] ?? '' }));
  const paragraph = [
    `Files: ${files}`,
    'Copyright: the owner of bodydock',
    ...new Set(facts.flatMap(({ library, text }) => holders(text, library).map((holder) => ` ${holder}`))),
    `License: ${['none-yet', ...libraries.map(termsName)].join(' and ')}`,
    'Comment: our own code, and that of these libraries:',
    ...libraries.map((library) => ` ${named(library)}, ${library.licence}`),
    '',
  ].join('\n');
  const terms = facts.map(({ library, text }) =>
    [`License: ${termsName(library)}`, indented(termsOf(library, text)), ''].join('\n'),
  );
  return [paragraph, ...terms];
}

/** One of each library and version: the names of licences alone do not tell the holders that the texts name. */
function termsName({ name, version }: Library): string {
  return `${name.replaceAll('/', '-').replaceAll('@', '')}-${version}`;
}

function named({ name, version }: Library): string {
  return `${name} ${version}`;
}

function termsOf(library: Library, text: string): string {
  return text === '' ? `${named(library)} says "${library.licence}" and delivers no text.` : text;
}

function holders(text: string, library: Library): string[] {
  const lines = text
    .split('\n')
    .filter((line) => /^\s*(?:portions\s+)?copyright\b.*(?:\d{4}|©|\(c\))/i.test(line));
  const found = lines.map((line) => line.trim().replace(/^copyright\s*/i, ''));
  if (found.length > 0) return found;
  return [library.holder === '' ? `the authors of ${library.name}` : library.holder];
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
    .join('\n');
}
