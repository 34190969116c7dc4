// What lies below a folder of a disk, in memory or a real one, so that any number of disks can begin with it.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CrashDisk } from './files-crash.ts';

/** Paths below a folder; null for a folder, which is named only where nothing lies in it. */
export type DiskTree = ReadonlyMap<string, Uint8Array | null>;

/** Names every path below the folder of a disk in memory. */
export function treeOf(disk: CrashDisk, folder: string): DiskTree {
  const found = new Map<string, Uint8Array | null>();
  const walk = (at: string): void => {
    const names = disk.peekNames(`${folder}/${at}`);
    if (names === undefined) found.set(at, Uint8Array.from(disk.peek(`${folder}/${at}`) ?? []));
    else if (names.length === 0 && at !== '') found.set(at, null);
    else for (const name of names.toSorted()) walk(at === '' ? name : `${at}/${name}`);
  };
  walk('');
  return found;
}

/** Puts all of it onto a disk in memory, durably. */
export function plantTree(disk: CrashDisk, folder: string, tree: DiskTree): void {
  for (const [path, bytes] of tree)
    if (bytes === null) disk.plantFolder(`${folder}/${path}`);
    else disk.plant(`${folder}/${path}`, bytes);
}

/** Names every path below a real folder; nothing where there is none. */
export async function treeIn(folder: string): Promise<DiskTree> {
  const tree = new Map<string, Uint8Array | null>();
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of found) {
    const path = join(entry.parentPath, entry.name);
    const below = path.slice(folder.length + 1);
    if (entry.isDirectory()) tree.set(below, null);
    else if (entry.isFile()) tree.set(below, await readFile(path));
  }
  return tree;
}

/** Puts all of it into a real folder, which is made. */
export async function plantIn(folder: string, tree: DiskTree): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [path, bytes] of tree) {
    const at = join(folder, path);
    await mkdir(bytes === null ? at : dirname(at), { recursive: true });
    if (bytes !== null) await writeFile(at, bytes);
  }
}
