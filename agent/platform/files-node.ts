// The machine's file system behind the Files port: every call runs in libuv's pool, none on the main thread.
// No retries and no caching here: what a failure means is decided by the caller, and a failed sync is never repeated.
import { constants, lstat as lstatWithCallback, type Stats } from 'node:fs';
import { mkdir, open, readdir, rename, rm, statfs, unlink, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { isAbsent } from '../../protocol/format/errors.ts';
import type { Files, FileStat, OpenFile } from '../../protocol/format/ports.ts';

/** What is not there is looked for all the time, and node:fs/promises makes a stack trace of each such answer: twice the time (measured). */
const lstat = promisify(lstatWithCallback);
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;
/** Below this nothing more fits, however many bytes are free: files that are written now would meet the end. Btrfs counts none at all. */
const INODES_MIN = 64;
/** A name that became a symbolic link or a FIFO must neither lead elsewhere nor block a thread of the pool. */
const CAREFUL = constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | CAREFUL;

/** An error in the form that Node itself gives to failed system calls. */
function systemError(code: string, syscall: string, what: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${what}`), { code, syscall });
}

/**
 * Node reports a full disk as a short count without an error (seen: 434,176 of 716,800 bytes). The rest is tried once, which
 * lets the system say why; a second short count is a full disk.
 */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  const first = (await handle.write(bytes, 0, bytes.length, position)).bytesWritten;
  if (first === bytes.length) return;
  const second = (await handle.write(bytes, first, bytes.length - first, position + first)).bytesWritten;
  if (first + second === bytes.length) return;
  throw systemError(
    'ENOSPC',
    'write',
    `${first + second} of ${bytes.length} bytes at ${position} were taken`,
  );
}

/** Reads may be short at any time (signals, network file systems), so only a count of 0 is the end. */
async function readFully(handle: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await handle.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

class NodeOpenFile implements OpenFile {
  readonly #handle: FileHandle;
  #closing: Promise<void> | undefined;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return writeAll(this.#handle, bytes, position);
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return readFully(this.#handle, target, position);
  }

  /** fdatasync is enough: it covers the size, and times of a spool file mean nothing. */
  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  async sizeBytes(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  /** All callers share the outcome of the one close: an error of the medium may show only here. */
  close(): Promise<void> {
    this.#closing ??= this.#handle.close();
    return this.#closing;
  }
}

async function withHandle<T>(
  path: string,
  flags: number,
  use: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  const handle = await open(path, flags);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

async function stat(path: string): Promise<FileStat | undefined> {
  const found = await lstat(path).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  return found && statOf(found);
}

/** What a look at a name says, in the form of the port. */
export function statOf(found: Stats): FileStat {
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  return { kind, sizeBytes: found.size };
}

/** Errors: "EFBIG" where a file that is to be read whole is longer. */
export function refuseLonger(path: string, sizeBytes: number, bytesMax: number): void {
  if (sizeBytes <= bytesMax) return;
  const what = `${path} has ${sizeBytes} bytes, at most ${bytesMax} are read`;
  throw systemError('EFBIG', 'read', what);
}

function readAll(path: string, bytesMax: number): Promise<Uint8Array> {
  return withHandle(path, constants.O_RDONLY | CAREFUL, async (handle) => {
    const { size } = await handle.stat();
    refuseLonger(path, size, bytesMax);
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, await readFully(handle, bytes, 0));
  });
}

/**
 * The file system of this machine.
 * Shape: files are made with mode 0640 and folders with 0750, less what the umask takes; symbolic links at the last part of a
 * path are refused ("ELOOP") and never followed.
 * Units: `freeBytes` is 0 as well where the file system has no inodes left for more files.
 * Errors: the system's as they are, with its code; "ENOSPC" also for a write that the disk took only in part.
 */
export function nodeFiles(): Files {
  return {
    makeFolder: (path) => mkdir(path, { mode: FOLDER_MODE }).then(() => undefined),
    create: async (path) => new NodeOpenFile(await open(path, CREATE, FILE_MODE)),
    open: async (path, mode) =>
      new NodeOpenFile(await open(path, (mode === 'read' ? constants.O_RDONLY : constants.O_RDWR) | CAREFUL)),
    rename: (from, to) => rename(from, to),
    unlink: (path) => unlink(path),
    removeTree: (path) => rm(path, { recursive: true, force: true }),
    syncFolder: (path) =>
      withHandle(path, constants.O_RDONLY | constants.O_DIRECTORY, (handle) => handle.sync()),
    list: (path) => readdir(path),
    stat,
    readAll,
    freeBytes: async (path) => {
      const { bavail, bsize, files, ffree } = await statfs(path);
      return files > 0 && ffree < INODES_MIN ? 0 : bavail * bsize;
    },
  };
}
