// What is mounted, from /proc/self/mountinfo as this process sees it. Pure but for the reading. Source: proc_pid_mountinfo(5).
import { readFile } from 'node:fs/promises';

/** One mount. `options` are those of the mount and of its file system together, which is where "ro" has to stand. */
export interface MountFacts {
  /** "major:minor" */
  readonly device: string;
  /** Folder of the file system that is shown there: "/" but for a bind mount or a subvolume. */
  readonly root: string;
  readonly folder: string;
  readonly fileSystem: string;
  /** What was mounted, as the file system says it: a node, or any text. */
  readonly source: string;
  readonly options: ReadonlySet<string>;
  /** Of the file system itself. */
  readonly superOptions: ReadonlySet<string>;
}

/** The mounts of this process's namespace, in the order in which they were made. */
export type MountTable = () => Promise<readonly MountFacts[]>;

/** Errors: the system's. */
export const mountTable: MountTable = async () =>
  parseMountInfo(await readFile('/proc/self/mountinfo', 'latin1'));

/** Lines that are none are left out. */
export function parseMountInfo(text: string): MountFacts[] {
  return text.split('\n').flatMap((line) => {
    const [front = '', back = ''] = line.split(' - ');
    const [, , device, root, folder, options] = front.split(' ');
    const [fileSystem, source, superOptions] = back.split(' ');
    if (device === undefined || root === undefined || folder === undefined || options === undefined)
      return [];
    if (fileSystem === undefined || source === undefined || superOptions === undefined) return [];
    return [
      {
        device,
        root: unescaped(root),
        folder: unescaped(folder),
        fileSystem,
        source: unescaped(source),
        options: new Set(options.split(',')),
        superOptions: new Set(superOptions.split(',')),
      },
    ];
  });
}

/** What lies on top at that folder, or undefined. */
export function mountAt(mounts: readonly MountFacts[], folder: string): MountFacts | undefined {
  return mounts.findLast((mount) => mount.folder === folder);
}

/** What of a camera's mount must hold, in words; undefined where all of it does. */
export function mountFault(
  mount: MountFacts | undefined,
  wanted: { readonly device: string; readonly fileSystem: string; readonly mode: 'ro' | 'rw' },
): string | undefined {
  if (mount === undefined) return 'nothing is mounted there';
  if (mount.device !== wanted.device) return 'another device is mounted there';
  if (mount.fileSystem !== wanted.fileSystem) return 'it is mounted as another file system';
  for (const option of ['nosuid', 'nodev', 'noexec', 'noatime'])
    if (!mount.options.has(option)) return `it is mounted without ${option}`;
  if (!mount.options.has(wanted.mode)) return `it is not mounted ${wanted.mode}`;
  return mount.superOptions.has(wanted.mode) ? undefined : `its file system is not ${wanted.mode}`;
}

/** Space, tab, line end and backslash are written as octal. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
