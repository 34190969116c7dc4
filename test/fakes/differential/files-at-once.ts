// The machine's files read by calls that wait: for very many small ones in memory that takes half of the time that the thread pool needs.
// What reading refuses is the same; whatever writes stays that of `nodeFiles`.
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import type { Files, FileStat, OpenFile } from '../../../protocol/format/ports.ts';

const CAREFUL = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Files port. */
export function filesAtOnce(): Files {
  const own = nodeFiles();
  return {
    ...own,
    open: async (path, mode) => (mode === 'read' ? new FileAtOnce(path) : own.open(path, mode)),
    list: async (path) => readdirSync(path),
    stat: async (path) => statOf(path),
    readAll: async (path, bytesMax) => {
      const file = new FileAtOnce(path);
      try {
        const size = await file.sizeBytes();
        if (size > bytesMax)
          throw Object.assign(new Error(`EFBIG: ${path}`), { code: 'EFBIG', syscall: 'read' });
        const bytes = new Uint8Array(size);
        return bytes.subarray(0, await file.read(bytes, 0));
      } finally {
        await file.close();
      }
    },
  };
}

function statOf(path: string): FileStat | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  return { kind, sizeBytes: found.size };
}

class FileAtOnce implements OpenFile {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, CAREFUL);
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < target.length) {
      const count = readSync(this.#fd, target, done, target.length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  async sizeBytes(): Promise<number> {
    return fstatSync(this.#fd).size;
  }

  async close(): Promise<void> {
    closeSync(this.#fd);
  }

  async write(): Promise<void> {
    throw new Error('is open for reading');
  }

  async sync(): Promise<void> {
    throw new Error('is open for reading');
  }
}
