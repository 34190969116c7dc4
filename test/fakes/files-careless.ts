// Files with one planted fault of carelessness each: what a test of durability must catch before its silence means anything.
import type { Files, OpenFile } from '../../protocol/format/ports.ts';

/** `no-sync` of files, `no-folder-sync` at all or only of a folder with that name, `early-rename` before the sync of what it names. */
export const CARELESS = [
  'no-sync',
  'no-folder-sync',
  'no-ready-sync',
  'no-own-folder-sync',
  'no-custody-sync',
] as const;
export type Careless = (typeof CARELESS)[number];

function forgetful(file: OpenFile): OpenFile {
  return {
    write: (bytes, position) => file.write(bytes, position),
    read: (target, position) => file.read(target, position),
    sizeBytes: () => file.sizeBytes(),
    close: () => file.close(),
    sync: () => Promise.resolve(),
  };
}

/** The same files, careless in one way. */
export function carelessFiles(files: Files, how: Careless): Files {
  const skipsSync = (path: string): boolean =>
    how === 'no-sync' || (how === 'no-custody-sync' && path.endsWith('.jsonl'));
  const skipsFolder = (path: string): boolean =>
    how === 'no-folder-sync' ||
    (how === 'no-ready-sync' && /\/(?:ready|staging)$/.test(path)) ||
    (how === 'no-own-folder-sync' && /\/(?:staging|ready)\/[^/]+$/.test(path));
  const wrapped = async (path: string, opening: Promise<OpenFile>): Promise<OpenFile> => {
    const file = await opening;
    return skipsSync(path) ? forgetful(file) : file;
  };
  return {
    makeFolder: (path) => files.makeFolder(path),
    create: (path) => wrapped(path, files.create(path)),
    open: (path, mode) => wrapped(path, files.open(path, mode)),
    rename: (from, to) => files.rename(from, to),
    unlink: (path) => files.unlink(path),
    removeTree: (path) => files.removeTree(path),
    syncFolder: (path) => (skipsFolder(path) ? Promise.resolve() : files.syncFolder(path)),
    list: (path) => files.list(path),
    stat: (path) => files.stat(path),
    readAll: (path, bytesMax) => files.readAll(path, bytesMax),
    freeBytes: (path) => files.freeBytes(path),
  };
}

/** The same files, without syncs of folders and files whose path fits. */
export function withoutSyncs(files: Files, pattern: RegExp): Files {
  const careless = carelessFiles(files, 'no-sync');
  return {
    ...careless,
    create: (path) => (pattern.test(path) ? careless.create(path) : files.create(path)),
    open: (path, mode) => (pattern.test(path) ? careless.open(path, mode) : files.open(path, mode)),
    syncFolder: (path) => (pattern.test(path) ? Promise.resolve() : files.syncFolder(path)),
  };
}
