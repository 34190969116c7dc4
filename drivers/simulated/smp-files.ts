// What a simulated serial camera holds, as its firmware sees its own card. Adapters: smp-files-memory, smp-files-folder.
import { constants } from 'node:fs';
import { lstat, open, readdir, realpath, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseUtf8 } from '../../protocol/format/bytes.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';

/** One file in the camera's list (SPEC 11.7, command 1). */
export interface SmpFile {
  /** UTF-8, relative, parts joined by "/", at most SMP_NAME_BYTES_MAX. */
  readonly name: string;
  readonly sizeBytes: number;
  /** As the camera writes its times (SPEC 11.5), or null where it does not tell. */
  readonly at: string | null;
  readonly kind: string | null;
  readonly locked: boolean;
}

/** SPEC 11.7. */
export const SMP_NAME_BYTES_MAX = 255;

export interface SmpFiles {
  /** Every file, in byte order of the names. */
  list(): Promise<readonly SmpFile[]>;
  find(name: string): Promise<SmpFile | undefined>;
  /** Bytes from the offset on, fewer than `count` only at the end of the file; none where there is no such file. */
  read(name: string, offset: number, count: number): Promise<Uint8Array>;
  /** Idempotent. Errors: "simulated.protected" where it cannot be erased. */
  erase(name: string): Promise<void>;
}

/** By the bytes of the names, as a camera's file system has them. */
export function inByteOrder(files: Iterable<SmpFile>): SmpFile[] {
  return [...files].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

// A serial camera's files in a folder of this machine. Names that SMP cannot carry and what is no regular file are not shown; symbolic
// links are not followed. A file is read piece by piece, never as a whole.

const DEPTH_MAX = 16;
const SEPARATOR = Buffer.from('/');

/** Shape: `timeText` writes a file's time (ms since 1970) as this camera's clock would. Errors: the system's. */
export function folderSmpFiles(root: string, timeText: (ms: number) => string): SmpFiles {
  const describe = async (name: string): Promise<SmpFile | undefined> => {
    if (!isPlainName(name)) return undefined;
    const found = await lstat(join(root, name)).catch(absent);
    if (found?.isFile() !== true || !(await isBelow(root, name))) return undefined;
    return { name, sizeBytes: found.size, at: timeText(found.mtimeMs), kind: null, locked: false };
  };
  return {
    list: async () => {
      const files: SmpFile[] = [];
      for await (const name of namesBelow(root, Buffer.alloc(0), 0)) {
        const file = await describe(name);
        if (file !== undefined) files.push(file);
      }
      return inByteOrder(files);
    },
    find: describe,
    read: async (name, offset, count) =>
      (await describe(name)) === undefined ? new Uint8Array() : readAt(join(root, name), offset, count),
    erase: async (name) => {
      if ((await describe(name)) === undefined) return;
      await unlink(join(root, name)).catch((cause: unknown) => {
        if (systemCode(cause) === 'ENOENT') return;
        const words = `the simulated camera cannot erase a file of its folder (${systemCode(cause) ?? 'unknown error'})`;
        throw new DockError('simulated.protected', words, { retry: 'person', cause });
      });
    },
  };
}

async function* namesBelow(root: string, folder: Buffer, depth: number): AsyncGenerator<string> {
  if (depth > DEPTH_MAX) return;
  const place = Buffer.concat([Buffer.from(root), SEPARATOR, folder]);
  for (const entry of await readdir(place, { withFileTypes: true, encoding: 'buffer' })) {
    const path = folder.length === 0 ? entry.name : Buffer.concat([folder, SEPARATOR, entry.name]);
    if (entry.isDirectory()) yield* namesBelow(root, path, depth + 1);
    const name = entry.isFile() && path.length <= SMP_NAME_BYTES_MAX ? parseUtf8(path) : undefined;
    if (name !== undefined) yield name;
  }
}

async function readAt(path: string, offset: number, count: number): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const bytes = new Uint8Array(count);
    const { bytesRead } = await file.read(bytes, 0, count, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** True where no folder on the way to the file is a link: what lies outside the card is no file of the camera. */
async function isBelow(root: string, name: string): Promise<boolean> {
  const [real, parent] = await Promise.all([realpath(root), realpath(dirname(join(root, name)))]);
  return parent === join(real, dirname(name));
}

function isPlainName(name: string): boolean {
  if (name.includes('\0') || Buffer.byteLength(name) > SMP_NAME_BYTES_MAX) return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function absent(error: unknown): undefined {
  if (!['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(systemCode(error) ?? '')) throw error;
}

// A serial camera's files in memory: put, changed and removed by anybody who holds it.

/** How a file looks beside its content; what is left out is what a camera without such knowledge tells. */
interface MemorySmpLook {
  readonly at?: string | null;
  readonly kind?: string | null;
  readonly locked?: boolean;
}

interface Held {
  readonly file: SmpFile;
  readonly bytes: Uint8Array;
}

/** When the first file was recorded unless told otherwise; each further change is a second later. */
const FIRST_AT_MS = Date.UTC(2026, 10, 25, 8);

export class MemorySmpFiles implements SmpFiles {
  readonly #held = new Map<string, Held>();
  /** True: the card is write-protected. */
  isProtected = false;
  #changes = 0;

  /** Puts a file there, in place of one with the same name. */
  put(name: string, bytes: Uint8Array, look: MemorySmpLook = {}): void {
    const seenAt = new Date(FIRST_AT_MS + 1000 * this.#changes++).toISOString().slice(0, 19);
    const { at = seenAt, kind = null, locked = false } = look;
    this.#held.set(name, { file: { name, sizeBytes: bytes.length, at, kind, locked }, bytes });
  }

  bytes(name: string): Uint8Array | undefined {
    return this.#held.get(name)?.bytes;
  }

  clear(): void {
    this.#held.clear();
  }

  async list(): Promise<readonly SmpFile[]> {
    return inByteOrder([...this.#held.values()].map(({ file }) => file));
  }

  async find(name: string): Promise<SmpFile | undefined> {
    return this.#held.get(name)?.file;
  }

  async read(name: string, offset: number, count: number): Promise<Uint8Array> {
    return this.#held.get(name)?.bytes.subarray(offset, offset + count) ?? new Uint8Array();
  }

  async erase(name: string): Promise<void> {
    if (this.isProtected)
      throw new DockError('simulated.protected', 'the card is write-protected', { retry: 'person' });
    this.#held.delete(name);
  }
}
