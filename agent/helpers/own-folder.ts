// Makes sure that a folder lies where nobody but root can exchange it.
import { lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DockError } from '../../protocol/format/errors.ts';

const GROUP_OR_OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * Makes the folder where it is not there.
 * Errors: "helper.folder" where it, or one above it, is a link, is not `uid`'s or root's, or can be changed by others; the system's. What lies in a
 * sticky folder, such as /tmp, only its owner can exchange.
 */
export async function requireOwnFolder(folder: string, uid: number): Promise<void> {
  await mkdir(folder, { mode: 0o755 }).catch(() => undefined); // looked at next, whoever made it
  for (let path = folder; ; path = dirname(path)) {
    const found = await lstat(path);
    const isOwn = found.uid === 0 || found.uid === uid;
    const isOpen = (found.mode & GROUP_OR_OTHERS_WRITE) !== 0;
    const isSticky = path !== folder && (found.mode & STICKY) !== 0;
    if (!found.isDirectory() || !isOwn || (isOpen && !isSticky)) {
      const words = `${path} must be a folder that only root can change`;
      throw new DockError('helper.folder', words, { retry: 'person' });
    }
    if (path === dirname(path)) return;
  }
}
