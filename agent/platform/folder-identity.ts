// What lies at the folder of a bay: which folder it is, and whether it is the mount point of a card that is away.
import { opendir, realpath, stat } from 'node:fs/promises';
import { mountTable as systemMountTable, type MountTable } from '../../drivers/mass-storage/mount-table.ts';
import { isMachineShort } from '../../protocol/format/errors.ts';
import { isBareMountPoint, mountedAt, type MountFiles } from './mount-points.ts';

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

  /** "none" where that cannot be seen: whoever opens it says why. Errors: the machine's where it is short of something. */
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
