// Builds a package: lays our program out as it shall be on the disk, and has debhelper make the package of it (systemd/debian).
import { execFile } from 'node:child_process';
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { bundle } from './bundle.ts';
import { DESK_PAGE } from './desk-page.ts';
import { bashCompletion, type HelpPage, manualPage } from './help-pages.ts';
import { copyrightText, librariesNamed, libraryAt, libraryFiles } from './libraries.ts';
import { type Architecture, ARCHITECTURES, type Part } from './parts.ts';

const run = promisify(execFile);
const BUILD_MS = 300_000;

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
  /** Libraries whose code is in the page of the desk, which is beside the compiled code. */
  readonly pageLibraries: readonly string[];
  /** What each command says of itself. */
  readonly help: ReadonlyMap<string, readonly HelpPage[]>;
  /** Of every file, in seconds since 1970. */
  readonly epochS: number;
}

/** Paths of the package files: of all architectures those without a program are made along. Errors: what is missing; those of debhelper. */
export async function makePackages(wish: PackageWish): Promise<string[]> {
  const { part, architecture, version, project, out, epochS } = wish;
  const folder = await mkdtemp(join(out, `${part.name}-`));
  const tree = join(folder, 'tree');
  await cp(join(project, 'systemd/debian'), join(tree, 'debian'), { recursive: true });
  await put(join(tree, 'debian/changelog'), changelog(version, epochS));
  for (const folder of ['config', 'protocol', 'systemd'])
    await symlink(join(project, folder), join(tree, folder));
  await layProgram(wish, tree, join(tree, 'program', part.name));
  await lay(join(wish.code, DESK_PAGE), join(tree, 'program', DESK_PAGE));
  const pageLibraries = await Promise.all(wish.pageLibraries.map(libraryAt));
  for (const [name, bundled] of [
    ['bodydock-screen', []],
    ['bodydock-desk-page', pageLibraries],
  ] as const) {
    const rights = await copyrightText({ folder: `/usr/share/${name}`, bundled, installed: [] });
    await put(join(tree, `debian/${name}.copyright`), rights);
  }
  const [target, host] =
    architecture === 'all' ? ['binary-indep', []] : ['binary-arch', ['-a', architecture]];
  const env = { ...process.env, LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: String(epochS) };
  const words = [...host, '-c', `debian/rules ${target}`];
  await run('dpkg-architecture', words, { cwd: tree, env, timeout: BUILD_MS });
  const files = (await readdir(folder)).filter((file) => file.endsWith(`_${version}_${architecture}.deb`));
  for (const file of files) await rename(join(folder, file), join(out, file));
  await rm(folder, { recursive: true });
  return files.map((file) => join(out, file));
}

function changelog(version: string, epochS: number): string {
  const date = new Date(epochS * 1000).toUTCString().replace('GMT', '+0000');
  return `bodydock (${version}) unstable; urgency=medium\n\n  * Version ${version}; what changed stands in the project's history.\n\n -- bodydock <bodydock@localhost>  ${date}\n`;
}

/** Code, libraries, launchers, manual page, completion, and who holds the rights. */
async function layProgram(wish: PackageWish, tree: string, root: string): Promise<void> {
  const { part, architecture, version, project, code } = wish;
  const folder = `/usr/lib/${part.name}/${version}`;
  const home = join(root, folder);
  const bundled = await bundle({
    code,
    modules: part.launched.map(({ module }) => module),
    out: join(home, 'dist'),
  });
  for (const asset of part.assets) await lay(join(project, asset), join(home, asset));
  const { name, type, license } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const facts = { name, version, private: true, license, type };
  await put(join(home, 'package.json'), `${JSON.stringify(facts, null, 2)}\n`);
  const libraries = await librariesNamed(bundled.native, project);
  const platform = architecture === 'all' ? undefined : ARCHITECTURES[architecture];
  for (const library of libraries)
    for (const path of await libraryFiles(library, platform))
      await lay(join(library.folder, path), join(home, relative(project, library.folder), path));
  const rights = await copyrightText({
    folder,
    bundled: await Promise.all(bundled.libraries.map(libraryAt)),
    installed: libraries.map((library) => ({ library, path: relative(project, library.folder) })),
  });
  await put(join(tree, 'debian', `${part.name}.copyright`), rights);
  for (const { name: launcher, module } of part.launched) {
    const text = `#!/bin/sh\nexec /usr/bin/node ${folder}/dist/${module} "$@"\n`;
    await put(join(root, 'usr/lib', part.name, launcher), text, 0o755);
  }
  await layHelp(wish, root);
}

async function layHelp({ part, version, help, epochS }: PackageWish, root: string): Promise<void> {
  const { name, summary, configuration } = part;
  const pages = help.get(name) ?? [];
  const day = new Date(epochS * 1000).toISOString().slice(0, 10);
  const files = [
    [`/etc/bodydock/${configuration}.yaml`, 'the configuration'],
    ['/etc/bodydock/keys, /etc/bodydock/tls', 'keys and certificates, for root; the service gets copies'],
    [`/usr/share/${name}/${configuration}.example.yaml`, 'the configuration with every option explained'],
    [`/var/lib/${name}`, 'what it keeps; stays when the package is removed'],
  ] as const;
  const manual = manualPage(pages, { program: name, summary, version, day, files });
  await put(join(root, 'usr/share/man/man1', `${name}.1`), manual);
  await put(join(root, 'usr/share/bash-completion/completions', name), bashCompletion(pages, name));
}

async function lay(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}

async function put(path: string, content: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, mode);
}

/** Name and size, for people. */
export function nameAndSize(file: string, bytes: number): string {
  return `${basename(file)}  ${(bytes / 1_000_000).toFixed(1)} MB`;
}
