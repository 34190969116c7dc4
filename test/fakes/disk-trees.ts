// What lies on a disk in memory below a folder, so that any number of disks can begin with it.
import type { CrashDisk } from './files-crash.ts';

/** Paths below a folder; null for a folder, which is named only where nothing lies in it. */
export type DiskTree = ReadonlyMap<string, Uint8Array | null>;

/** Names every path below the folder. */
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

/** Puts all of it there, durably. */
export function plantTree(disk: CrashDisk, folder: string, tree: DiskTree): void {
  for (const [path, bytes] of tree)
    if (bytes === null) disk.plantFolder(`${folder}/${path}`);
    else disk.plant(`${folder}/${path}`, bytes);
}
