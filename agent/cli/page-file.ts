// Writes what a command makes for people (pages, tables) to the place that was typed, all or nothing. Not for evidence: exports and originals
// never replace anything and have writers of their own.
import { randomBytes } from 'node:crypto';
import { lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from '../../config/durable-file.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';

/** Makes a new file, whole or not at all. Errors: "page.exists"; "page.unwritable" with the system's error as cause. */
export async function makePage(path: string, text: string): Promise<void> {
  let isOurs = false;
  try {
    const file = await open(path, 'wx');
    isOurs = true;
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isOurs) await unlink(path).catch(() => undefined);
    const isThere = systemCode(error) === 'EEXIST';
    const why = isThere ? 'it is there already' : (systemCode(error) ?? 'unknown error');
    throw new DockError(
      isThere ? 'page.exists' : 'page.unwritable',
      `${path} cannot be written (${why}): name a new file`,
      { retry: 'person', cause: error },
    );
  }
}

/**
 * Puts a text in place of an earlier file of that name, or makes a new one. A link is not followed: what it leads to was not typed.
 * Errors: "page.unwritable" with the system's error as cause; the earlier file is as it was then.
 */
export async function replacePage(path: string, text: string): Promise<void> {
  const unfinished = join(dirname(path), `.${basename(path)}-${randomBytes(6).toString('hex')}`);
  try {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isFile() === false)
      throw Object.assign(new Error('no regular file'), { code: 'no regular file' });
    const file = await open(unfinished, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await unlink(unfinished).catch(() => undefined);
    const why = systemCode(error) ?? 'unknown error';
    const message = `${path} could not be written (${why}): look at the folder, its owner and its space, or name another place`;
    throw new DockError('page.unwritable', message, { retry: 'person', cause: error });
  }
}
