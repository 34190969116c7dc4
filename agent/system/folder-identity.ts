// What lies at the folder of a bay: which folder it is, and whether it is the mount point of a card that is away.
import { opendir, stat } from 'node:fs/promises';
import { isMachineShort } from '../../protocol/errors.ts';

/** Device and file number; undefined where there is no folder of that name. Errors: the machine's where it is short of something. */
export async function folderIdentity(path: string): Promise<string | undefined> {
  const found = await look(() => stat(path, { bigint: true }));
  return found?.isDirectory() === true ? `${found.dev}:${found.ino}` : undefined;
}

/**
 * True where nothing is in the folder and nothing is mounted at it. False where that cannot be seen: whoever opens it says why.
 * Errors: the machine's where it is short of something.
 */
export async function isVacantFolder(path: string): Promise<boolean> {
  const [own, above] = await Promise.all(
    [path, `${path}/..`].map((each) => look(() => stat(each, { bigint: true }))),
  );
  if (own === undefined || above === undefined || own.dev !== above.dev) return false;
  return (await look(() => hasNoEntry(path))) ?? false;
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
