// Whose the files are that a command of root makes. A service owns its spool or vault, and whoever took the service over may put a link in the place of
// any name in it, at any moment: what root wrote there, or gave away there, by rights of its own would be wherever that leads. So root has no
// more rights there than the owner.
import { lchown, lstat, realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { isAbsent } from '../protocol/errors.ts';

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Gives the paths to whom the model belongs, where root types the command; else they are right already. Their folder must be one that only root
 * can change: anywhere else see asOwnerOf. Errors: the system's.
 */
export async function giveToOwnerOf(model: string, paths: readonly string[]): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await stat(model);
  for (const path of paths) await lchown(path, uid, gid);
}

/**
 * Does the work with the rights of whom that place belongs to, where root types the command; what is made is the owner's then. A place that is
 * not there yet belongs to the owner of the folder above it. Nothing else may be done meanwhile that takes root's rights: they are those of the
 * whole process. Errors: those of the work; the system's.
 */
export async function asOwnerOf<T>(path: string, work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  const owner = await ownerOf(resolve(path));
  if (owner === undefined) return work();
  const giveBack = takeRightsOf(owner);
  try {
    return await work();
  } finally {
    giveBack();
  }
}

/**
 * The first on the way to the place that is not root: whoever owns a folder may exchange all that lies below it. Undefined where that is root
 * all the way. Shape: `path` absolute.
 */
async function ownerOf(path: string): Promise<Owner | undefined> {
  let at: string = sep;
  for (const name of path.split(sep)) {
    at = join(at, name);
    const found = await lstat(at).catch(ifAbsent);
    if (found === undefined) return undefined;
    if (found.uid !== 0) return found;
    const behind = found.isSymbolicLink() ? await realpath(at).catch(ifAbsent) : undefined;
    const owner = behind === undefined ? undefined : await ownerOf(behind);
    if (owner !== undefined) return owner;
  }
  return undefined;
}

/** Gives what takes them back. */
function takeRightsOf({ uid, gid }: Owner): () => void {
  const groups = process.getgroups?.() ?? [];
  const giveBack = (): void => {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(groups);
  };
  try {
    process.setgroups?.([gid]);
    process.setegid?.(gid);
    process.seteuid?.(uid);
  } catch (error) {
    giveBack();
    throw error;
  }
  return giveBack;
}

function ifAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
