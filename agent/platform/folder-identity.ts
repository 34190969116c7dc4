// What lies at the folder of a bay: which folder it is, and whether it is the mount point of a card that is away.
import { access, opendir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import {
  type MountFacts,
  type MountTable,
  mountTable as systemMountTable,
} from '../../drivers/mass-storage/mount-table.ts';
import { isMachineShort } from '../../protocol/format/errors.ts';

/** Device and file number; undefined where there is no folder of that name. Errors: the machine's where it is short of something. */
export async function folderIdentity(path: string): Promise<string | undefined> {
  const found = await look(() => stat(path, { bigint: true }));
  return found?.isDirectory() === true ? `${found.dev}:${found.ino}` : undefined;
}

/** What a folder is that is there: what it shows, or a mount point at which nothing is mounted, with nothing in it or with stray files. */
export type Vacancy = 'none' | 'empty' | 'stray';

/** Tells mount points whose card is away from other folders. One for all bays of a run: where something was mounted once is one. */
export class VacantFolders {
  readonly #mountTable: MountTable;
  readonly #files: MountFiles | undefined;
  readonly #mountPoints = new Set<string>();

  /** Both are this machine's unless given. */
  constructor(mountTable: MountTable = systemMountTable, files?: MountFiles) {
    this.#mountTable = mountTable;
    this.#files = files;
  }

  /** "none" where that cannot be seen: anybody who opens it says why. Errors: the machine's where it is short of something. */
  async vacancy(path: string): Promise<Vacancy> {
    const [folder, mounts] = await Promise.all([look(() => realpath(path)), look(this.#mountTable)]);
    if (folder === undefined || mounts === undefined) return 'none';
    const at = mountedAt(folder, mounts);
    if (at === folder) {
      this.#mountPoints.add(folder);
      return 'none';
    }
    if (!this.#mountPoints.has(folder) && !(await isBareMountPoint(folder, at, this.#files))) return 'none';
    const hasEntry = await look(() => hasAnEntry(folder));
    if (hasEntry === undefined && (await folderIdentity(folder)) === undefined) return 'none';
    return hasEntry === true ? 'stray' : 'empty';
  }
}

async function hasAnEntry(path: string): Promise<boolean> {
  const folder = await opendir(path);
  try {
    return (await folder.read()) !== null;
  } finally {
    await folder.close();
  }
}

async function look<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isMachineShort(error)) throw error; // says nothing of the folder
    return undefined;
  }
}

// Which folders are there for something to be mounted at: by where they lie, by what the machine's administrator wrote down, or because something
// was mounted there before. One of these with nothing mounted is a place whose card is away, whatever lies in it; any other folder is what it shows.
// Sources: FHS 3.0, sections 3.11 and 3.12; fstab(5); systemd.mount(5), systemd-escape(1).

/** Where removable media are mounted, and what is mounted for a while. */
const PARENTS: readonly string[] = ['/media/', '/mnt/', '/run/media/'];
const UNIT_KINDS: readonly string[] = ['mount', 'automount'];

/** Where mounts are written down. */
export interface MountFiles {
  readonly fstab: string;
  readonly unitFolders: readonly string[];
}

/** Those of this machine. What the generator makes of fstab is in the third one. */
const MACHINE: MountFiles = {
  fstab: '/etc/fstab',
  unitFolders: [
    '/etc/systemd/system',
    '/run/systemd/system',
    '/run/systemd/generator',
    '/usr/local/lib/systemd/system',
    '/usr/lib/systemd/system',
  ],
};

/**
 * The folder at which the file system of a folder is mounted. An automount that waits has none, and a folder that is bound to itself, as
 * systemd's ReadWritePaths= does, shows the one that it is on. Both paths without links.
 */
export function mountedAt(folder: string, mounts: readonly MountFacts[]): string {
  const above = mounts
    .filter((mount) => mount.fileSystem !== 'autofs' && isAtOrBelow(folder, mount.folder))
    .sort((one, other) => one.folder.length - other.folder.length); // stable: of two at one folder the last counts
  let at: MountFacts | undefined;
  for (const mount of above) if (at === undefined || !isSame(mount, at)) at = mount;
  return at?.folder ?? '/';
}

/** What is mounted shows just what the mount above shows there. */
function isSame({ device, root, folder }: MountFacts, above: MountFacts): boolean {
  return device === above.device && root === join(above.root, relative(above.folder, folder));
}

/**
 * Whether a folder is there for something to be mounted at it, and nothing is. `at`: as mountedAt gives it, not the folder itself. A path without
 * links. Never rejects.
 */
export async function isBareMountPoint(
  folder: string,
  at: string,
  files: MountFiles = MACHINE,
): Promise<boolean> {
  if (PARENTS.some((parent) => folder.startsWith(parent) && !`${at}/`.startsWith(parent))) return true;
  const table = await readFile(files.fstab, 'utf8').catch(() => '');
  if (mountedBy(table).includes(folder)) return true;
  const names = UNIT_KINDS.map((kind) => `${escapedPath(folder)}.${kind}`);
  const places = files.unitFolders.flatMap((parent) => names.map((name) => join(parent, name)));
  const found = await Promise.all(places.map((place) => access(place).then(there, absent)));
  return found.some((isThere) => isThere);
}

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** Second field of each line; blanks, tabs, line ends and backslashes in it are written as three octal digits. */
function mountedBy(table: string): string[] {
  return table
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .map((line) => (line.trim().split(/[ \t]+/)[1] ?? '').replaceAll(/\\([0-7]{3})/g, octal))
    .map((folder) => (folder === '/' ? folder : folder.replace(/\/+$/, '')));
}

function octal(_: string, digits: string): string {
  return String.fromCharCode(Number.parseInt(digits, 8));
}

/** As `systemd-escape --path` writes it. */
export function escapedPath(folder: string): string {
  const names = folder.split('/').filter((name) => name !== '');
  if (names.length === 0) return '-';
  const escaped = [...Buffer.from(names.join('/'))].map((byte, at) => {
    const character = String.fromCharCode(byte);
    if (character === '/') return '-';
    const isPlain = /[A-Za-z0-9:_.]/.test(character) && !(character === '.' && at === 0);
    return isPlain ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return escaped.join('');
}

function there(): boolean {
  return true;
}

function absent(): boolean {
  return false;
}
