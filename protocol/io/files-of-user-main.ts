// The process that files-of-user.ts starts: does on the file system what it is asked, by the rights of the user that it runs as, until it is left.
import { encodeBase64 } from '../bytes.ts';
import type { OpenFile } from '../ports.ts';
import { nodeFiles } from './files-node.ts';
import type { FileCalls } from './files-of-user.ts';
import { serveCalls } from './worker-serve.ts';

const files = nodeFiles();
const opened = new Map<number, OpenFile>();
let last = 0;

function keep(file: OpenFile): number {
  opened.set(++last, file);
  return last;
}

function at(file: number): OpenFile {
  const found = opened.get(file);
  if (found === undefined)
    throw Object.assign(new Error('EBADF: the file was closed'), { code: 'EBADF', syscall: 'fstat' });
  return found;
}

process.once('disconnect', () => process.exit());
serveCalls<FileCalls>(
  { postMessage: (answer) => process.send?.(answer), on: (event, listener) => process.on(event, listener) },
  {
    makeFolder: ({ path }) => files.makeFolder(path),
    create: async ({ path }) => keep(await files.create(path)),
    openToWrite: async ({ path }) => keep(await files.open(path, 'write')),
    rename: ({ from, to }) => files.rename(from, to),
    unlink: ({ path }) => files.unlink(path),
    removeTree: ({ path }) => files.removeTree(path),
    write: ({ file, base64, position }) => at(file).write(Buffer.from(base64, 'base64'), position),
    read: async ({ file, sizeBytes, position }) => {
      const target = new Uint8Array(sizeBytes);
      return encodeBase64(target.subarray(0, await at(file).read(target, position)));
    },
    sync: ({ file }) => at(file).sync(),
    sizeBytes: ({ file }) => at(file).sizeBytes(),
    close: async ({ file }) => {
      const open = at(file);
      opened.delete(file);
      await open.close();
    },
  },
);
