// Writes small files durably: file synced, named, folder synced. New files are never put over old ones; only replaceFile replaces.
import { constants } from 'node:fs';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceDurable } from '../protocol/format/durable.ts';
import { DockError, systemCode } from '../protocol/format/errors.ts';
import type { Files } from '../protocol/format/ports.ts';

const MODES = { secret: 0o600, public: 0o644 };

/** Who may read a file: its owner only, or everybody. */
export type Secrecy = keyof typeof MODES;

/**
 * Writes a new file; file and folder are synced when it resolves.
 * Errors: "key.exists" where the name is taken, whatever it is; "key.unwritable" with the system's error as cause, and then no file
 * of that name is left.
 */
export async function writeNewFile(path: string, bytes: Uint8Array, secrecy: Secrecy): Promise<void> {
  const handle = await create(path);
  try {
    await fill(handle, bytes, MODES[secrecy]);
    await syncFolder(dirname(path));
  } catch (error) {
    await removeNewFile(path);
    throw unwritable(path, error);
  }
}

/**
 * Writes a file over an earlier one of that name, all or nothing.
 * Errors: "key.unwritable"; the earlier file is then as it was.
 */
export async function replaceFile(path: string, bytes: Uint8Array, secrecy: Secrecy): Promise<void> {
  const temporary = `${path}.new`;
  await removeNewFile(temporary); // left by a power cut
  await writeNewFile(temporary, bytes, secrecy);
  try {
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await removeNewFile(temporary);
    throw unwritable(path, error);
  }
}

/**
 * The same by way of a port, for a folder of a service (owned-files.ts); readable for the group of its owner.
 * Errors: "key.unwritable"; the earlier file is then as it was.
 */
export async function replaceOwned(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  try {
    await replaceDurable(files, path, bytes);
    await files.syncFolder(dirname(path));
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Takes away a file that this very call wrote. Never rejects. */
export async function removeNewFile(path: string): Promise<void> {
  await unlink(path).catch(() => undefined);
}

async function create(path: string): Promise<FileHandle> {
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    return await open(path, flags, MODES.secret);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw unwritable(path, error);
    const message = `${path} is already there and is never replaced: move it away first`;
    throw new DockError('key.exists', message, { retry: 'person', cause: error });
  }
}

async function fill(handle: FileHandle, bytes: Uint8Array, mode: number): Promise<void> {
  try {
    await handle.chmod(mode); // whatever the umask
    const { bytesWritten } = await handle.write(bytes, 0, bytes.length, 0);
    if (bytesWritten !== bytes.length) throw new Error(`${bytesWritten} of ${bytes.length} bytes were taken`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A name is durable only once its folder is. Errors: the system's. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unwritable(path: string, error: unknown): DockError {
  const why = systemCode(error) ?? 'the disk took only a part';
  const message = `${path} could not be written (${why}): look at the folder, its owner and its space`;
  return new DockError('key.unwritable', message, { retry: 'person', cause: error });
}
