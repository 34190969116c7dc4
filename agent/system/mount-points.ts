// Which folders are there for something to be mounted at: by where they lie, by what the machine's administrator wrote down, or because something
// was mounted there before. An empty one of these, with nothing mounted, is a place whose card is away; any other empty folder is what it shows.
// Sources: FHS 3.0, sections 3.11 and 3.12; fstab(5); systemd.mount(5), systemd-escape(1).
import { access, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';

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

/** Whether a folder is one at which something is to be mounted, whether anything is or not. Links are followed. Never rejects. */
export async function isMountPoint(path: string, files: MountFiles = MACHINE): Promise<boolean> {
  const folder = await realpath(path).catch(() => path);
  if (PARENTS.some((parent) => folder.startsWith(parent))) return true;
  const table = await readFile(files.fstab, 'utf8').catch(() => '');
  if (mountedBy(table).includes(folder)) return true;
  const names = UNIT_KINDS.map((kind) => `${escapedPath(folder)}.${kind}`);
  const places = files.unitFolders.flatMap((parent) => names.map((name) => join(parent, name)));
  const found = await Promise.all(places.map((place) => access(place).then(there, absent)));
  return found.some((isThere) => isThere);
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
