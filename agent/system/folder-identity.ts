// What lies at the folder of a bay: which folder it is, and whether it is the mount point of a card that is away.
import { opendir, stat } from 'node:fs/promises';
import { isMachineShort } from '../../protocol/errors.ts';
import { isMountPoint } from './mount-points.ts';

/** Device and file number; undefined where there is no folder of that name. Errors: the machine's where it is short of something. */
export async function folderIdentity(path: string): Promise<string | undefined> {
  const found = await look(() => stat(path, { bigint: true }));
  return found?.isDirectory() === true ? `${found.dev}:${found.ino}` : undefined;
}

/** Tells mount points whose card is away from folders with nothing in them. One for all bays of a run: what is one stays one. */
export class VacantFolders {
  readonly #isMountPoint: (path: string) => Promise<boolean>;
  /** Those at which something was mounted, and those that are known as mount points: bays without a camera are looked at twice a second. */
  readonly #mountPoints = new Set<string>();

  constructor(knownAsMountPoint: (path: string) => Promise<boolean> = isMountPoint) {
    this.#isMountPoint = knownAsMountPoint;
  }

  /**
   * True where a folder is there for cards to be mounted at, nothing is mounted at it now, and nothing is in it. False where that cannot be seen:
   * whoever opens it says why. Errors: the machine's where it is short of something.
   */
  async isVacant(path: string): Promise<boolean> {
    const [own, above] = await Promise.all(
      [path, `${path}/..`].map((each) => look(() => stat(each, { bigint: true }))),
    );
    if (own === undefined || above === undefined) return false;
    if (own.dev !== above.dev) {
      this.#mountPoints.add(path);
      return false;
    }
    if (!((await look(() => hasNoEntry(path))) ?? false)) return false;
    if (!this.#mountPoints.has(path) && (await this.#isMountPoint(path))) this.#mountPoints.add(path);
    return this.#mountPoints.has(path);
  }
}

async function hasNoEntry(path: string): Promise<boolean> {
  const folder = await opendir(path);
  try {
    return (await folder.read()) === null;
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
