// Whose the files are that a command of root makes. A service owns its spool or vault, and anybody who took the service over may put a link in the place of
// any name in it, at any moment: what root wrote there, or gave away there, by rights of its own would be wherever that leads. So root changes
// nothing there itself: a process of the owner does.
import { lchown, lstat, realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { isAbsent } from '../protocol/format/errors.ts';
import { filesAtOnce } from '../agent/platform/files-at-once.ts';
import { filesOfUser, type SystemUser } from '../agent/platform/files-of-user.ts';
import type { Files } from '../protocol/format/ports.ts';

/**
 * Gives the paths to whom the model belongs, where root types the command; else they are right already. Their folder must be one that only root
 * can change: anywhere else see ownedFiles. Errors: the system's.
 */
export async function giveToOwnerOf(model: string, paths: readonly string[]): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await stat(model);
  for (const path of paths) await lchown(path, uid, gid);
}

/**
 * The files of this machine. For root, what changes `root` or anything below it has the rights of whom that place belongs to, and what is made
 * is the owner's; a place that is not there yet belongs to the owner of the folder above it. What is read is read by root.
 * Errors: the system's.
 */
export async function ownedFiles(root: string): Promise<Files> {
  const files = filesAtOnce();
  const place = resolve(root);
  const owner = process.geteuid?.() === 0 ? await ownerOf(place) : undefined;
  if (owner === undefined) return files;
  const owned = filesOfUser(owner);
  const isOwned = (path: string): boolean => `${resolve(path)}${sep}`.startsWith(`${place}${sep}`);
  const at = (path: string): Pick<Files, keyof Files & keyof typeof owned> => (isOwned(path) ? owned : files);
  return {
    ...files,
    makeFolder: (path) => at(path).makeFolder(path),
    create: (path) => at(path).create(path),
    open: (path, mode) =>
      mode === 'write' && isOwned(path) ? owned.openToWrite(path) : files.open(path, mode),
    rename: (from, to) => at(to).rename(from, to),
    unlink: (path) => at(path).unlink(path),
    removeTree: (path) => at(path).removeTree(path),
  };
}

/**
 * The first on the way to the place that is not root: anybody who owns a folder may exchange all that lies below it. Undefined where that is root
 * all the way. Shape: `path` absolute.
 */
async function ownerOf(path: string): Promise<SystemUser | undefined> {
  let at: string = sep;
  for (const name of path.split(sep)) {
    at = join(at, name);
    const found = await lstat(at).catch(ifAbsent);
    if (found === undefined) return undefined;
    if (found.uid !== 0) return { uid: found.uid, gid: found.gid };
    const behind = found.isSymbolicLink() ? await realpath(at).catch(ifAbsent) : undefined;
    const owner = behind === undefined ? undefined : await ownerOf(behind);
    if (owner !== undefined) return owner;
  }
  return undefined;
}

function ifAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
