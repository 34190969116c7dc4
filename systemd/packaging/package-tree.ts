// Lays a package out in a folder as it shall be on the disk, and has dpkg-deb make the file of it.
//
// The program lies in a folder named for its version, and a launcher beside it names that version. dpkg unpacks all files first and then gives
// them their names in the order of the archive, the launcher behind the whole new folder: a power cut in the middle of an upgrade leaves the old
// program whole, or the new one, and never a mixture. A running agent keeps its files until the new ones are there.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, lutimes, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { bundle } from './bundle.ts';
import { copyrightText } from './copyright.ts';
import { bashCompletion, manualPage, type HelpPage } from './help-pages.ts';
import { libraryAt, libraryFiles, librariesNamed } from './libraries.ts';
import { maintainerScripts } from './maintainer-scripts.ts';
import { ARCHITECTURES, type Architecture, type Part } from './parts.ts';

const run = promisify(execFile);
const BUILD_MS = 120_000;

export interface PackageWish {
  readonly part: Part;
  /** "all" for one without native parts. */
  readonly architecture: Architecture | 'all';
  readonly version: string;
  /** Folder with package.json and node_modules. */
  readonly project: string;
  /** Folder with the compiled code. */
  readonly code: string;
  /** Where the package file goes. */
  readonly out: string;
  /** What each command says of itself. */
  readonly help: ReadonlyMap<string, readonly HelpPage[]>;
  /** Of every file, in seconds since 1970. */
  readonly epochS: number;
}

/** Path of the package file. Errors: what is missing; those of dpkg-deb. */
export async function makePackage(wish: PackageWish): Promise<string> {
  const { part, architecture, version, out } = wish;
  const name = `${part.name}_${version}_${architecture}`;
  const root = join(out, name);
  await rm(root, { recursive: true, force: true });
  await layProgram(wish, root);
  await laySystemFiles(wish, root);
  await layControl(wish, root);
  await settle(root, wish);
  const file = `${root}.deb`;
  const words = ['--root-owner-group', '--threads-max=1', '-Zxz', '-z2', '--build', root, file];
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(wish.epochS) };
  await run('dpkg-deb', words, { env, timeout: BUILD_MS });
  await rm(root, { recursive: true });
  return file;
}

/** Code, libraries, launchers. */
async function layProgram(
  { part, architecture, version, project, code }: PackageWish,
  root: string,
): Promise<void> {
  const home = join(root, programFolder(part, version));
  const dist = join(home, 'dist');
  const bundled = await bundle({ code, modules: part.launched.map(({ module }) => module), out: dist });
  for (const path of bundled.files) await setMode(join(dist, path));
  for (const asset of part.assets) await lay(join(project, asset), join(home, asset));
  const { name, type, license } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  await put(
    join(home, 'package.json'),
    `${JSON.stringify({ name, version, private: true, license, type }, null, 2)}\n`,
  );
  const libraries = await librariesNamed(bundled.native, project);
  const platform = architecture === 'all' ? undefined : ARCHITECTURES[architecture];
  for (const library of libraries)
    for (const path of await libraryFiles(library, platform))
      await lay(join(library.folder, path), join(home, relative(project, library.folder), path));
  const told = await copyrightText({
    folder: programFolder(part, version),
    bundled: await Promise.all(bundled.libraries.map(libraryAt)),
    installed: libraries.map((library) => ({ library, path: relative(project, library.folder) })),
  });
  await put(join(root, 'usr/share/doc', part.name, 'copyright'), told);
  for (const { name: launcher, module, isCommand } of part.launched) {
    const path = join('/usr/lib', part.name, launcher);
    await put(
      join(root, path),
      `#!/bin/sh\nexec /usr/bin/node ${programFolder(part, version)}/dist/${module} "$@"\n`,
      0o755,
    );
    if (!isCommand) continue;
    await mkdir(join(root, 'usr/bin'), { recursive: true });
    await symlink(relative('/usr/bin', path), join(root, 'usr/bin', launcher));
  }
}

function programFolder(part: Part, version: string): string {
  return `/usr/lib/${part.name}/${version}`;
}

/** Units and what lies beside them, manual page, completion. */
async function laySystemFiles(
  { part, version, project, help, epochS }: PackageWish,
  root: string,
): Promise<void> {
  for (const { from, to } of part.files) {
    await lay(join(project, from), join(root, to));
    if (EXAMPLE.test(to)) await nameSchema(join(root, to), to.replace(EXAMPLE, '.schema.json'));
  }
  for (const { name } of part.launched.filter(({ isCommand }) => isCommand)) {
    const pages = help.get(name) ?? [];
    const day = new Date(epochS * 1000).toISOString().slice(0, 10);
    const configuration = name === 'bodydock' ? 'station' : 'receiver';
    const files = [
      [`/etc/bodydock/${configuration}.yaml`, 'the configuration'],
      ['/etc/bodydock/keys, /etc/bodydock/tls', 'keys and certificates, for root; the service gets copies'],
      [
        `/usr/share/${part.name}/${configuration}.example.yaml`,
        'the configuration with every option explained',
      ],
      [`/var/lib/${part.name}`, 'what it keeps; stays when the package is removed'],
    ] as const;
    const manual = manualPage(pages, { program: name, summary: part.summary, version, day, files });
    await put(join(root, 'usr/share/man/man1', `${name}.1.gz`), zipped(manual));
    await put(join(root, 'usr/share/bash-completion/completions', name), bashCompletion(pages, name));
  }
  const date = new Date(epochS * 1000).toUTCString().replace('GMT', '+0000');
  const change = `${part.name} (${version}) unstable; urgency=medium\n\n  * Version ${version}; what changed stands in the project's history.\n\n -- bodydock <bodydock@localhost>  ${date}\n`;
  await put(join(root, 'usr/share/doc', part.name, 'changelog.gz'), zipped(change));
}

/** An example of a configuration file; its schema is installed beside it. */
const EXAMPLE = /\.example(?:\.de)?\.yaml$/;

/** An editor finds the schema from the copy in /etc as well. */
async function nameSchema(file: string, schema: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const named = text.replace(`$schema=./${basename(schema)}\n`, () => `$schema=${schema}\n`);
  if (named === text) throw new Error(`${file} names no schema`);
  await writeFile(file, named);
}

function zipped(text: string): Uint8Array {
  return gzipSync(text, { level: 9 }); // without name and time, so always the same
}

async function layControl({ part, architecture, version }: PackageWish, root: string): Promise<void> {
  const files = await allFiles(root);
  const sums: string[] = [];
  let sizeKib = 0;
  for (const path of files) {
    const bytes = await readFile(join(root, path));
    sums.push(`${createHash('md5').update(bytes).digest('hex')}  ${path}\n`);
    sizeKib += Math.ceil(bytes.length / 1024);
  }
  const control = [
    `Package: ${part.name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    'Maintainer: bodydock <bodydock@localhost>',
    `Installed-Size: ${sizeKib}`,
    `Depends: ${part.depends.join(', ')}`,
    `Recommends: ${part.recommends.join(', ')}`,
    `Suggests: ${part.suggests.join(', ')}`,
    'Section: admin',
    'Priority: optional',
    `Description: ${part.summary}`,
    ...part.description.map((line) => ` ${line}`),
    '',
  ].join('\n');
  await put(join(root, 'DEBIAN/control'), control);
  await put(join(root, 'DEBIAN/md5sums'), sums.join(''));
  for (const [name, text] of Object.entries(maintainerScripts(part)))
    await put(join(root, 'DEBIAN', name), text, 0o755);
}

async function allFiles(root: string): Promise<string[]> {
  const names = await readdir(root, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

async function lay(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  await setMode(to);
}

async function setMode(path: string): Promise<void> {
  await chmod(path, (await isScript(path)) ? 0o755 : 0o644);
}

/** Files that name their interpreter can be called. */
async function isScript(path: string): Promise<boolean> {
  return path.endsWith('js') && (await readFile(path, 'latin1')).startsWith('#!');
}

async function put(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, mode);
}

/** Modes of folders and times of everything, whatever umask and day it is. */
async function settle(root: string, { part, epochS }: PackageWish): Promise<void> {
  for (const folder of part.privateFolders) await mkdir(join(root, folder), { recursive: true });
  await mkdir(join(root, 'etc/bodydock/tls'), { recursive: true });
  const names = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = [...names.map((entry) => join(entry.parentPath, entry.name)), root];
  for (const entry of names.filter((each) => each.isDirectory()))
    await chmod(join(entry.parentPath, entry.name), 0o755);
  await chmod(root, 0o755);
  for (const folder of part.privateFolders) await chmod(join(root, folder), 0o700);
  for (const path of paths) await lutimes(path, epochS, epochS);
}

/** Name and size, for people. */
export function told(file: string, bytes: number): string {
  return `${basename(file)}  ${(bytes / 1_000_000).toFixed(1)} MB`;
}
