// Keeps a second agent off a spool, by a lock of this machine's kernel (kernel-lock.ts).
import { notMakable } from '../../config/disk-place.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { ensureFolder } from '../../protocol/format/durable.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { folderLockName, isKernelLocked, takeKernelLock, type KernelLock } from '../platform/kernel-lock.ts';
import type { Files } from '../../protocol/format/ports.ts';

/** A held lock. */
export type SpoolLock = KernelLock;

/**
 * Locks a spool's folder for this process; makes the folder where only its last part is missing.
 * Errors: "spool.locked" where another agent holds it (exit code 75); "spool.unusable" where it cannot be made; the system's.
 */
export async function lockSpool(
  path: string,
  files: Pick<Files, 'makeFolder'> = nodeFiles(),
): Promise<SpoolLock> {
  await ensureFolder(files, path).catch((error: unknown) => {
    throw notMakable('spool.unusable', 'spool.path', path, error);
  });
  const lock = await takeKernelLock(await folderLockName('spool', path));
  if (lock !== undefined) return lock;
  throw new DockError(
    'spool.locked',
    `another agent works on the spool ${path}: stop it first ("systemctl status bodydock"), or give this one another spool.path`,
    { retry: 'person' },
  );
}

/** Whether an agent holds the lock of that spool now; takes and makes nothing. Never rejects. */
export async function isSpoolLocked(path: string): Promise<boolean> {
  const name = await folderLockName('spool', path).catch(() => undefined);
  return name !== undefined && isKernelLocked(name);
}
