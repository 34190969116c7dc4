// Small files and folders on a disk that may fail or lose its power, over the Files port; for the station and for the receiver. A power cut
// leaves the old file or the new one, never a half. Knows nothing of what they hold. Folder syncs that many callers share are in folder-syncs.ts.
//
// Invariants:
// 1. A file is written whole, synced and closed under a name that nobody reads, and only then renamed.
// 2. After any failure the written file is removed and never synced again: the next attempt writes a new one.
// 3. The name is durable only after the folder was synced, which is the caller's turn: several names can share one sync.
import { systemCode } from './errors.ts';
import type { Files, OpenFile } from './ports.ts';

/** What a file of the station is called until it is whole. Recovery may remove files of such names. */
export const UNFINISHED_SUFFIX = '.new';

/** Writes a new file whole and synced. Errors: the system's, "EEXIST" among them; what was written is removed then. */
export async function writeDurable(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  await fill(files, path, await files.create(path), bytes);
}

/** The same where something unfinished of that name may lie: it goes first. Errors: the system's. */
export async function writeAnew(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  await fill(files, path, await createAnew(files, path), bytes);
}

/** The same without a sync: for what can be made again. */
export async function writeLoose(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  await fill(files, path, await createAnew(files, path), bytes, false);
}

/** Puts a file in place of whatever has that name, in one step. Errors: the system's; the old file stays then. */
export async function replaceDurable(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = path + UNFINISHED_SUFFIX;
  await unlinkIfThere(files, unfinished);
  await writeDurable(files, unfinished, bytes);
  await files.rename(unfinished, path);
}

/** Creates a file; a leftover of that name is replaced. Errors: the system's. */
export async function createAnew(files: Files, path: string): Promise<OpenFile> {
  try {
    return await files.create(path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    await files.unlink(path);
    return files.create(path);
  }
}

/** Makes a folder where there is none. Errors: the system's. */
export async function ensureFolder(files: Pick<Files, 'makeFolder'>, path: string): Promise<void> {
  try {
    await files.makeFolder(path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

/** The whole file, or undefined where there is none. Errors: the system's; "EFBIG" beyond `bytesMax`. */
export async function readIfThere(
  files: Pick<Files, 'readAll'>,
  path: string,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  try {
    return await files.readAll(path, bytesMax);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Names in a folder; none where there is no folder. Errors: the system's. */
export async function listIfThere(files: Pick<Files, 'list'>, path: string): Promise<string[]> {
  try {
    return await files.list(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Removes a file; that it is not there is no error. Errors: the system's. */
export async function unlinkIfThere(files: Pick<Files, 'unlink'>, path: string): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/** Closes and removes a file whose writing failed. Never rejects: what stays is unfinished by its name and found later. */
export async function dropFile(files: Files, path: string, file: OpenFile): Promise<void> {
  await file.close().catch(() => undefined);
  await files.unlink(path).catch(() => undefined);
}

async function fill(
  files: Files,
  path: string,
  file: OpenFile,
  bytes: Uint8Array,
  isSynced = true,
): Promise<void> {
  try {
    await file.write(bytes, 0);
    if (isSynced) await file.sync();
    await file.close();
  } catch (error) {
    await dropFile(files, path, file);
    throw error;
  }
}
