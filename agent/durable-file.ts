// Writing small files so that a power cut leaves the old one or the new one, never a half. Knows nothing of what they hold.
//
// Invariants:
// 1. A file is written whole, synced and closed under a name that nobody reads, and only then renamed.
// 2. After any failure the written file is removed and never synced again: the next attempt writes a new one.
// 3. The name is durable only after the folder was synced, which is the caller's turn: several names can share one sync.
import { systemCode } from '../protocol/errors.ts';
import type { Files, OpenFile } from '../protocol/ports.ts';

/** What a file is called until it is whole. Recovery may remove files of such names. */
export const UNFINISHED_SUFFIX = '.new';

/** Writes a new file whole and synced. Errors: the system's, "EEXIST" among them; what was written is removed then. */
export async function writeDurable(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.create(path);
  try {
    await file.write(bytes, 0);
    await file.sync();
    await file.close();
  } catch (error) {
    await dropFile(files, path, file);
    throw error;
  }
}

/** Puts a file in place of whatever has that name, in one step. Errors: the system's; the old file stays then. */
export async function replaceDurable(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = path + UNFINISHED_SUFFIX;
  await unlinkIfThere(files, unfinished);
  await writeDurable(files, unfinished, bytes);
  await files.rename(unfinished, path);
}

/** Removes a file; that it is not there is no error. */
export async function unlinkIfThere(files: Files, path: string): Promise<void> {
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
