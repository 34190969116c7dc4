// Keeps a second receiver off a vault, by a lock of this machine's kernel (kernel-lock.ts). What keeps off one of another machine is a note in
// the vault (vault-run.ts).
import { hostname } from 'node:os';
import { notMakable } from '../../../config/disk-place.ts';
import { ensureFolder } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import {
  folderLockName,
  isKernelLocked,
  takeKernelLock,
  type KernelLock,
} from '../../platform/kernel-lock.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { readRun } from './vault-run.ts';
import { VaultLayout } from './vault-layout.ts';

/**
 * Locks a vault's folder for this process; makes the folder where only its last part is missing.
 * Errors: "vault.in-use" where another receiver of this machine holds it (exit code 75); "vault.unusable" where it cannot be made; the system's.
 */
export async function lockVault(path: string, files: Files): Promise<KernelLock> {
  await ensureFolder(files, path).catch((error: unknown) => {
    throw notMakable('vault.unusable', 'vault.path', path, error);
  });
  const lock = await takeKernelLock(await folderLockName('vault', path));
  if (lock !== undefined) return lock;
  const run = await readRun(files, new VaultLayout(path)).catch(() => undefined);
  const which = run?.ended_at === null ? `receiver ${run.receiver} (process ${run.pid})` : 'another receiver';
  throw new DockError(
    'vault.in-use',
    `${which} works on the vault ${path}: one at a time does. Stop it first ("systemctl status bodydock-receiver"), or give this one another vault.path`,
    { retry: 'person' },
  );
}

/** Whether a receiver runs on a vault: on this machine, or on another one that did not note its end. Errors: the system's. */
export async function isVaultInUse(path: string, files: Files): Promise<boolean> {
  if (await isKernelLocked(await folderLockName('vault', path))) return true;
  const run = await readRun(files, new VaultLayout(path));
  return run !== undefined && run.ended_at === null && run.host !== hostname();
}
