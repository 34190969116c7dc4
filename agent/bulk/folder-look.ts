// Looks into many folders in one go: a start that asks for each of ten thousand recordings waits for the way into another thread and back, and not
// for the disk.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from '../../protocol/ports.ts';

/** Which folders: `names` in `parent`; and a file whose length is wanted in each. */
export interface FoldersWanted {
  /** Absolute. */
  readonly parent: string;
  readonly names: readonly string[];
  readonly file: string;
}

/** What one folder holds. */
export interface FolderLook {
  /** In no order. */
  readonly names: readonly string[];
  /** Of the wanted file; undefined where nothing has that name, or no regular file. */
  readonly sizeBytes: number | undefined;
}

/** One look for each folder, in their order. Blocks. Errors: the system's, of the first folder that cannot be looked into. */
export function lookIntoAtOnce({ parent, names, file }: FoldersWanted): FolderLook[] {
  return names.map((name) => {
    const folder = join(parent, name);
    const found = lstatSync(join(folder, file), { throwIfNoEntry: false });
    return { names: readdirSync(folder), sizeBytes: found?.isFile() === true ? found.size : undefined };
  });
}

/** The same through the Files port, one folder after the other. */
export async function lookInto(files: Files, { parent, names, file }: FoldersWanted): Promise<FolderLook[]> {
  const looks: FolderLook[] = [];
  for (const name of names) {
    const folder = join(parent, name);
    const found = await files.stat(join(folder, file));
    looks.push({
      names: await files.list(folder),
      sizeBytes: found?.kind === 'file' ? found.sizeBytes : undefined,
    });
  }
  return looks;
}
