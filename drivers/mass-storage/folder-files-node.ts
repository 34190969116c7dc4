// Adapter of the FolderFiles port to Linux through node:fs.
//
// Node has no openat(2). /proc/self/fd/N/name is the same thing: the kernel resolves the first four parts to the open folder itself,
// whatever its path has become since, and then looks up one name in it, not following it where O_NOFOLLOW (or lstat, unlink) says so.
// It needs /proc, which a hardened unit keeps (ProtectProc and ProcSubset leave a process its own folder).
import { constants, type BigIntStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { withoutPath } from '../../protocol/format/errors.ts';
import type {
  DeviceState,
  EntryStat,
  FolderFiles,
  FolderSpace,
  NameReader,
  OpenedFile,
  OpenedFolder,
} from './folder-files.ts';

const FOLDER_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY;
const FILE_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const PARENT = Buffer.from('..');
/** Names in one batch, and in one getdents call: 8 KiB to 64 KiB. */
const NAMES_BATCH = 256;
/** statfs types whose inode numbers come and go (linux/magic.h): FAT, exFAT, and FUSE, where the program behind decides. */
const FORGETFUL_TYPES: ReadonlySet<number> = new Set([0x4d44, 0x2011bab0, 0x65735546]);

/** The machine's files. Errors: all calls reject with an Error whose `code` is the system's and whose message holds no name. */
export function nodeFolderFiles(): FolderFiles {
  return {
    openRoot: (path) => nameless(async () => new NodeFolder(await fs.open(path, FOLDER_FLAGS))),
    stat: (path) => nameless(async () => entryStat(await fs.stat(path, { bigint: true }))),
    device: deviceState,
    yieldTurn: () => nextTurn(),
  };
}

class NodeFolder implements OpenedFolder {
  readonly #handle: fs.FileHandle;

  constructor(handle: fs.FileHandle) {
    this.#handle = handle;
  }

  stat(): Promise<EntryStat> {
    return nameless(async () => entryStat(await this.#handle.stat({ bigint: true })));
  }

  mount(): Promise<string> {
    return mountOf(this.#handle);
  }

  openNames(): Promise<NameReader> {
    return nameless(async () => {
      // The type of the option does not know 'buffer', which gives names as Buffers; the runtime does (Node 20 to 24).
      const options = { encoding: 'buffer' as BufferEncoding, bufferSize: NAMES_BATCH };
      const folder = await fs.opendir(this.#path(), options);
      return { next: () => nameless(() => nextNames(folder)), close: () => nameless(() => folder.close()) };
    });
  }

  lstat(name: Uint8Array): Promise<EntryStat> {
    return nameless(async () => entryStat(await fs.lstat(this.#path(name), { bigint: true })));
  }

  openFolder(name: Uint8Array): Promise<OpenedFolder> {
    const flags = FOLDER_FLAGS | constants.O_NOFOLLOW;
    return nameless(async () => new NodeFolder(await fs.open(this.#path(name), flags)));
  }

  openFile(name: Uint8Array): Promise<OpenedFile> {
    return nameless(async () => new NodeFile(await fs.open(this.#path(name), FILE_FLAGS)));
  }

  unlink(name: Uint8Array): Promise<void> {
    return nameless(() => fs.unlink(this.#path(name)));
  }

  sync(): Promise<void> {
    return nameless(() => this.#handle.sync());
  }

  keepsNumbers(): Promise<boolean> {
    return nameless(async () => !FORGETFUL_TYPES.has((await fs.statfs(this.#path())).type));
  }

  space(): Promise<FolderSpace | null> {
    return nameless(async () => {
      const own = await this.#handle.stat({ bigint: true });
      const above = await fs.stat(this.#path(PARENT), { bigint: true });
      if (own.dev === above.dev) return null;
      const { bsize, blocks, bavail } = await fs.statfs(this.#path(), { bigint: true });
      return { totalBytes: bsize * blocks, freeBytes: bsize * bavail };
    });
  }

  close(): Promise<void> {
    return nameless(() => this.#handle.close());
  }

  #path(name: Uint8Array = new Uint8Array()): Buffer {
    return Buffer.concat([Buffer.from(`/proc/self/fd/${this.#handle.fd}/`), name]);
  }
}

class NodeFile implements OpenedFile {
  readonly #handle: fs.FileHandle;

  constructor(handle: fs.FileHandle) {
    this.#handle = handle;
  }

  stat(): Promise<EntryStat> {
    return nameless(async () => entryStat(await this.#handle.stat({ bigint: true })));
  }

  mount(): Promise<string> {
    return mountOf(this.#handle);
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return nameless(async () => (await this.#handle.read(target, 0, target.length, position)).bytesRead);
  }

  close(): Promise<void> {
    return nameless(() => this.#handle.close());
  }
}

/** Source: proc_pid_fdinfo(5). */
function mountOf({ fd }: fs.FileHandle): Promise<string> {
  return nameless(async () => {
    const text = await fs.readFile(`/proc/self/fdinfo/${fd}`, 'latin1');
    return /^mnt_id:\s*(\d+)$/m.exec(text)?.[1] ?? '';
  });
}

async function nextNames(folder: Awaited<ReturnType<typeof fs.opendir>>): Promise<Uint8Array[]> {
  const names: Uint8Array[] = [];
  while (names.length < NAMES_BATCH) {
    const entry = await folder.read();
    if (entry === null) break;
    names.push(entry.name as unknown as Buffer);
  }
  return names;
}

function entryStat(stats: BigIntStats): EntryStat {
  return {
    kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other',
    sizeBytes: stats.size,
    modifiedNs: stats.mtimeNs,
    changedNs: stats.ctimeNs,
    number: stats.ino,
    device: stats.dev,
    writable: (stats.mode & 0o222n) !== 0n,
  };
}

/** The folder of a block device in sysfs goes when the kernel has noticed that the device left; a mount may stay for long. */
async function deviceState(device: bigint): Promise<DeviceState> {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn); // gnu_dev_major(3), as st_dev is packed
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  try {
    const path = await fs.realpath(`/sys/dev/block/${major}:${minor}`);
    return /\/(?:usb[0-9]|mmc)/.test(path) ? 'unpluggable' : 'fixed';
  } catch {
    return 'unknown';
  }
}

/** Node's errors carry the path in message and fields, and a camera's file names often name a person. */
async function nameless<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw withoutPath(error);
  }
}
