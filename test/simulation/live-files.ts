// The files of one process of a simulated machine: every call takes its time, and none of a dead process begins or comes back. One wrapper
// around each call, as nothing is called more often.
import type { Files, OpenFile } from '../../protocol/format/ports.ts';

/** Gives the caller what the call gave, some time later or never. */
export type Late = <T>(call: Promise<T>) => Promise<T>;

/** The given files, for as long as `isDead` says no. */
export function liveFiles(files: Files, late: Late, isDead: () => boolean): Files {
  const live =
    <Args extends readonly unknown[], T>(call: (...args: Args) => Promise<T>) =>
    (...args: Args): Promise<T> =>
      isDead() ? new Promise(() => undefined) : late(call(...args));
  const opened = async (file: Promise<OpenFile>): Promise<OpenFile> => {
    const given = await file;
    return {
      write: live((bytes, position) => given.write(bytes, position)),
      read: live((target, position) => given.read(target, position)),
      sync: live(() => given.sync()),
      sizeBytes: live(() => given.sizeBytes()),
      close: live(() => given.close()),
    };
  };
  const create = live((path: string) => files.create(path));
  const open = live((path: string, mode: 'read' | 'write') => files.open(path, mode));
  return {
    makeFolder: live((path) => files.makeFolder(path)),
    create: (path) => opened(create(path)),
    open: (path, mode) => opened(open(path, mode)),
    rename: live((from, to) => files.rename(from, to)),
    unlink: live((path) => files.unlink(path)),
    removeTree: live((path) => files.removeTree(path)),
    syncFolder: live((path) => files.syncFolder(path)),
    list: live((path) => files.list(path)),
    stat: live((path) => files.stat(path)),
    readAll: live((path, bytesMax) => files.readAll(path, bytesMax)),
    freeBytes: live((path) => files.freeBytes(path)),
  };
}
