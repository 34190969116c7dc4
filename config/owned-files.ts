// The files of a folder that belongs to a service, for commands that root types: what root makes in it belongs to the service, which else could not
// read it or go on with it, and root has no more rights there than the service (file-owner.ts says why).
import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { Files } from '../protocol/ports.ts';
import { asOwnerOf } from './file-owner.ts';

/**
 * The same files; for root, what changes names or files below `root` is done with the rights of whom that folder belongs to. Changes come one after the other,
 * those elsewhere too: rights are those of the whole process.
 * Errors: the system's where the folder is not there.
 */
export async function ownedFiles(files: Files, root: string): Promise<Files> {
  if (process.geteuid?.() !== 0 || (await stat(root)).uid === 0) return files;
  const below = resolve(root) + sep;
  let last: Promise<unknown> = Promise.resolve();
  const change = <T>(path: string, call: () => Promise<T>): Promise<T> => {
    const isBelow = resolve(path).startsWith(below);
    const changing = last.then(() => (isBelow ? asOwnerOf(root, call) : call()));
    last = changing.catch(() => undefined);
    return changing;
  };
  return {
    ...files,
    makeFolder: (path) => change(path, () => files.makeFolder(path)),
    create: (path) => change(path, () => files.create(path)),
    open: (path, mode) =>
      mode === 'read' ? files.open(path, mode) : change(path, () => files.open(path, mode)),
    rename: (from, to) => change(to, () => files.rename(from, to)),
    unlink: (path) => change(path, () => files.unlink(path)),
    removeTree: (path) => change(path, () => files.removeTree(path)),
  };
}
