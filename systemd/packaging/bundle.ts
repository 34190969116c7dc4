// Puts our programs' modules, and those of the libraries that they use, together in few files: a program then loads in half of the time and takes
// some MiB less (test/bench/TRIED.md), for Node keeps source, code and a good deal beside them of each module, used or not.
//
// Names and lines stay as they are, so that a trace in a station's log can be read. A library with native parts stays where it is installed: it
// looks for these beside itself.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { rolldown, type OutputChunk, type Plugin, type RolldownOutput } from 'rolldown';

export interface BundleWish {
  /** Absolute; the compiled code. What it imports is looked for from there upwards. */
  readonly code: string;
  /** Modules that a process starts with, as paths below `code`. Those that they start by their place come along. */
  readonly modules: readonly string[];
  /** Where the files go, each started module at its path below. What else lies there goes. */
  readonly out: string;
}

export interface Bundle {
  /** Below `out`, in order. */
  readonly files: readonly string[];
  /** Absolute folders of the libraries whose code is in the files, in order. */
  readonly libraries: readonly string[];
  /** Names of the libraries with native parts; they must be installed where the files are. */
  readonly native: readonly string[];
}

const CHUNKS = 'chunks';
const NATIVE = ['@serialport/bindings-cpp', 'usb'];
/** What a library with native parts has. */
const NATIVE_SIGNS = ['binding.gyp', 'prebuilds'];

/** Errors: whatever the bundler warns of; a library with native parts that is not among the known ones. */
export async function bundle({ code: folder, modules, out }: BundleWish): Promise<Bundle> {
  const code = await realpath(folder); // as the bundler names modules
  const started = Object.fromEntries(modules.map((path) => [withoutEnding(path), join(code, path)]));
  const build = await rolldown({
    cwd: code,
    input: started,
    platform: 'node',
    external: NATIVE,
    plugins: [placesKept(code, new Set(Object.values(started)))],
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(`the bundler warns: ${message}`);
    },
  });
  try {
    const { output } = await build.generate({
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: `${CHUNKS}/[name]-[hash].js`,
      comments: false,
    });
    await layFiles(output, out);
    const chunks = output.filter((each) => each.type === 'chunk');
    const files = output.map(({ fileName }) => fileName).toSorted();
    return { files, libraries: librariesIn(chunks), native: nativeOf(chunks) };
  } finally {
    await build.close();
  }
}

/** Touches no file that is as it should be: a program that just starts may read it. */
async function layFiles(output: RolldownOutput['output'], out: string): Promise<void> {
  for (const each of output) {
    const path = join(out, each.fileName);
    const content = Buffer.from(each.type === 'chunk' ? narrow(each.code) : each.source);
    const present = await readFile(path).catch(() => undefined);
    if (present?.equals(content) === true) continue;
    await mkdir(dirname(path), { recursive: true });
    const next = `${path}.${process.pid}`;
    await writeFile(next, content);
    await rename(next, path);
  }
  const wanted = new Set(output.map(({ fileName }) => fileName));
  for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !wanted.has(relative(out, path))) await rm(path, { force: true });
  }
}

function withoutEnding(path: string): string {
  return path.slice(0, -'.js'.length);
}

/** A worker of ours, and a program that one of ours starts. */
const STARTED_BY_PLACE = [
  /\bstartWorker\(\s*import\.meta\.url(?:,\s*'(?<path>[^']+)')?/g,
  /\bnew URL\(\s*'(?<path>\.[^']+)\.js',\s*import\.meta\.url\s*\)/g,
];
/** Stands for `import.meta.url` of a module until it is known in which file that module is. */
const PLACE = /\bplaceOfModule\("([^"]+)"\)/g;

/** Our modules find files by where they are themselves: each sees the place that it had before, below the new folder. */
function placesKept(code: string, started: ReadonlySet<string>): Plugin {
  const found = new Set(started);
  return {
    name: 'places-kept',
    transform(text, id) {
      if (!id.startsWith(`${code}/`) || isLibrary(id) || !text.includes('import.meta.url')) return undefined;
      for (const pattern of STARTED_BY_PLACE)
        for (const { groups } of text.matchAll(pattern)) {
          const named = groups?.['path'];
          if (named === undefined)
            throw new Error(`${id} starts a thread whose module it does not name in single quotes`);
          const path = `${resolve(dirname(id), named)}.js`;
          if (found.has(path)) continue;
          found.add(path);
          this.emitFile({ type: 'chunk', id: path, fileName: relative(code, path) });
        }
      const place = `placeOfModule(${JSON.stringify(relative(code, id))})`;
      return { code: text.replaceAll('import.meta.url', place), map: null };
    },
    renderChunk(text, { fileName }) {
      const moved = (_all: string, path: string): string =>
        `new URL(${JSON.stringify(below(relative(dirname(fileName), path)))}, import.meta.url).href`;
      return { code: text.replaceAll(PLACE, moved), map: null };
    },
  };
}

/** One half of a character that takes two, or all of one. */
const WIDE = /[\u0100-\uFFFF]/g;

/** V8 keeps a source with one character of more than 8 bits in 16 bits for each. The bundler leaves no comments with such, so each stands in a text or a pattern. */
function narrow(text: string): string {
  return text.replaceAll(WIDE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function below(path: string): string {
  return path.startsWith('.') ? path : `./${path}`;
}

function isLibrary(id: string): boolean {
  return !id.startsWith('\0') && id.includes('/node_modules/'); // what begins so is no file
}

/** Absolute folders of the libraries whose code is in these files, in order. Errors: one whose native parts would be left behind. */
export function librariesIn(chunks: readonly OutputChunk[]): string[] {
  const folders = chunks.flatMap(({ moduleIds }) => moduleIds.filter(isLibrary).map(libraryFolder));
  const libraries = [...new Set(folders)].toSorted();
  for (const folder of libraries)
    if (NATIVE_SIGNS.some((sign) => existsSync(join(folder, sign))))
      throw new Error(
        `${folder} has native parts, which a bundle leaves behind: name it in NATIVE of bundle.ts`,
      );
  return libraries;
}

/** The innermost one; of a module's path. */
function libraryFolder(id: string): string {
  const found = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id);
  if (found === null) throw new Error(`${id} is in no library`);
  return found[0];
}

/** What is imported, or required by a library that is older than imports: the bundler lists the first ones alone. */
const NAMED = /(?:\bfrom |\bimport |\bimport\(|\b_*require\()"([^"]+)"/g;

function nativeOf(chunks: readonly OutputChunk[]): string[] {
  const named = new Set(chunks.flatMap(({ code }) => [...code.matchAll(NAMED)].map(([, name]) => name)));
  return NATIVE.filter((name) => named.has(name));
}
