// Writes a restored original into a folder: under a name that nobody looks at until it is whole, never over another file, and never
// outside the folder. The name is bytes, because a camera may have used any.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import { makeFolders } from '../platform/make-folders.ts';
import type { OriginalTarget } from '../evidence/verify/restore-original.ts';

/** Restored recordings show people: only who restored them may read them. */
const MODE = 0o600;
/** File systems without hard links (FAT on a stick) answer with one of these. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);
/** A file system that does not take these bytes as a name answers with one of these. */
const NO_SUCH_NAME: ReadonlySet<string> = new Set(['EINVAL', 'EILSEQ', 'ENAMETOOLONG']);

/** A file in a folder. `finalName` is the name that it got: `name`, or `fallback` where the file system does not take those bytes. */
export class OriginalFile implements OriginalTarget {
  readonly #folder: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  #position = 0;
  #open = true;
  #finalName: Uint8Array;
  readonly #fallback: Uint8Array;

  private constructor(
    place: { folder: string; temporary: string; name: Uint8Array; fallback: Uint8Array },
    handle: FileHandle,
  ) {
    this.#folder = place.folder;
    this.#temporary = place.temporary;
    this.#finalName = place.name;
    this.#fallback = place.fallback;
    this.#handle = handle;
  }

  /**
   * Begins a file in the folder, which is made where it is missing. Names are single parts of a path.
   * Errors: "open.exists" where the name is taken; "open.unwritable" with the system's error among its causes.
   */
  static async create(folder: string, name: Uint8Array, fallback: Uint8Array): Promise<OriginalFile> {
    await refuseTaken(folder, name);
    const temporary = join(folder, `.bodydock-open-${randomBytes(8).toString('hex')}`);
    try {
      await makeFolders(folder);
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      return new OriginalFile({ folder, temporary, name, fallback }, await open(temporary, flags, MODE));
    } catch (error) {
      throw unwritable(folder, error);
    }
  }

  get finalName(): Uint8Array {
    return this.#finalName;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#position);
        if (bytesWritten === 0) throw Object.assign(new Error('nothing was taken'), { code: 'ENOSPC' });
        done += bytesWritten;
        this.#position += bytesWritten;
      }
    } catch (error) {
      throw unwritable(this.#folder, error);
    }
  }

  async finish(modifiedAt: string | null): Promise<void> {
    try {
      if (modifiedAt !== null) await this.#handle.utimes(new Date(), new Date(modifiedAt));
      await this.#handle.sync();
      this.#open = false;
      await this.#handle.close();
      await this.#giveName();
      await syncFolder(this.#folder);
    } catch (error) {
      throw error instanceof DockError ? error : unwritable(this.#folder, error);
    }
  }

  async abandon(): Promise<void> {
    if (this.#open) await this.#handle.close().catch(() => undefined);
    this.#open = false;
    await unlink(this.#temporary).catch(() => undefined); // gone already where it has its name
  }

  async #giveName(): Promise<void> {
    try {
      await moveTo(this.#temporary, this.#folder, this.#finalName);
    } catch (error) {
      if (!NO_SUCH_NAME.has(systemCode(error) ?? '')) throw error;
      this.#finalName = this.#fallback;
      await moveTo(this.#temporary, this.#folder, this.#fallback);
    }
  }
}

function pathOf(folder: string, name: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), name]);
}

/** Says so before hours of writing; whoever takes the name meanwhile is seen when the file gets it. */
async function refuseTaken(folder: string, name: Uint8Array): Promise<void> {
  const there = await lstat(pathOf(folder, name)).catch(() => undefined);
  if (there !== undefined) throw exists(folder, name);
}

/** Renaming would replace whatever has the name; a link does not. */
async function moveTo(temporary: string, folder: string, name: Uint8Array): Promise<void> {
  const path = pathOf(folder, name);
  try {
    await link(temporary, path);
    await unlink(temporary);
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'EEXIST') throw exists(folder, name);
    if (!NO_LINKS.has(code)) throw error;
    await claim(path, folder, name);
    try {
      await rename(temporary, path);
    } catch (failed) {
      await unlink(path).catch(() => undefined); // else the name is taken, by a file without a byte
      throw failed;
    }
  }
}

/** Takes the name with an empty file of our own, which the rename then replaces. */
async function claim(path: Buffer, folder: string, name: Uint8Array): Promise<void> {
  try {
    await (await open(path, 'wx', MODE)).close();
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw exists(folder, name);
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function exists(folder: string, name: Uint8Array): DockError {
  const shown = JSON.stringify(Buffer.from(name).toString('utf8'));
  const message = `${folder} already holds ${shown}, which is never replaced: name another folder with --out`;
  return new DockError('open.exists', message, { retry: 'person' });
}

function unwritable(folder: string, cause: unknown): DockError {
  const message = `${folder} could not be written (${systemCode(cause) ?? 'unknown error'})`;
  return new DockError('open.unwritable', message, { retry: 'person', cause });
}
