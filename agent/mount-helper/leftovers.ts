// Clears away what an earlier run of the helper left mounted, and makes sure that the mount points lie where nobody but root can exchange them.
import { lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mountTable, type MountTable } from '../../drivers/mass-storage/mount-table.ts';
import { DockError } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/ports.ts';
import type { SystemCalls } from './system-calls.ts';

const GROUP_OR_OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * Makes the folder where it is not there.
 * Errors: "mount.folder" where it, or one above it, is a link, is not `uid`'s or root's, or can be changed by others; the system's. What lies in a
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
      throw new DockError('mount.folder', words, { retry: 'person' });
    }
    if (path === dirname(path)) return;
  }
}

/** Errors: the system's; a mount that stays is told and stays in the way of its bay only. */
export async function clearLeftovers(
  folder: string,
  system: SystemCalls,
  log: Log,
  table: MountTable = mountTable,
): Promise<void> {
  const left = (await table()).filter((mount) => mount.folder.startsWith(`${folder}/`));
  for (const { folder: at } of left.toReversed()) {
    const isGone = (await system.unmount(at, false)).code === 0;
    if (!isGone) await system.unmount(at, true);
    log.warn('mount of an earlier run is taken away', { folder: at, lazily: !isGone });
    await system.removeFolder(at);
  }
}
