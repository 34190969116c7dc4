// The files of a folder that belongs to a service, for commands that root types: what root makes in it belongs to the service from the
// start, which else could not read it or go on with it.
import { lchown, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { Files } from '../protocol/ports.ts';

/**
 * The same files; for root, what is made below `root` gets the owner and group of that folder. Others, and files elsewhere, stay as they are.
 * Errors: the system's where the folder is not there; of `makeFolder` and `create` also those of the change of owner.
 */
export async function ownedFiles(files: Files, root: string): Promise<Files> {
  if (process.geteuid?.() !== 0) return files;
  const { uid, gid } = await stat(root);
  if (uid === 0) return files;
  const below = resolve(root) + sep;
  const give = async (path: string): Promise<void> => {
    if (resolve(path).startsWith(below)) await lchown(path, uid, gid);
  };
  return {
    ...files,
    makeFolder: async (path) => {
      await files.makeFolder(path);
      await give(path);
    },
    create: async (path) => {
      const file = await files.create(path);
      try {
        await give(path);
      } catch (error) {
        await file.close();
        throw error;
      }
      return file;
    },
  };
}
