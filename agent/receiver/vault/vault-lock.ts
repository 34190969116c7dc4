// Locks of a vault by this machine's kernel (kernel-lock.ts): one keeps a second receiver off it, others let a command and the receiver change
// the same thing one after the other. What keeps off a receiver of another machine is a note in the vault (vault-run.ts).
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { notMakable } from '../../../config/disk-place.ts';
import { ensureFolder } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import type { Clock, Files } from '../../../protocol/format/ports.ts';
import {
  folderLockName,
  isKernelLocked,
  type KernelLock,
  takeKernelLock,
} from '../../platform/kernel-lock.ts';
import { VaultLayout } from './vault-layout.ts';
import { readRun } from './vault-run.ts';

// Lets one piece of work at a time change what a vault has once: the store's log, orders and deletions, witnesses. A command of the store may run
// beside the receiver, on its machine.

/** Locks over all processes of this machine that work on one vault. A process that dies holds none. */
export interface Locks {
  /**
   * Runs once nobody else runs under that name.
   * Errors: "lock.held" where others hold it for a minute; the signal's reason; those of `run`.
   */
  alone<T>(name: string, signal: AbortSignal, run: () => Promise<T>): Promise<T>;
}

export interface LockDeps {
  readonly files: Files;
  readonly locks: Locks;
  readonly signal: AbortSignal;
}

/**
 * Runs something alone, with `folder` to work in: what is put in place is made there first. It is empty at the beginning; receivers of 0.1.0 kept a
 * lock in it. The folder above its parent must be there.
 * Errors: those of Locks; the system's.
 */
export function underLock<T>(
  { files, locks, signal }: LockDeps,
  folder: string,
  run: (folder: string) => Promise<T>,
): Promise<T> {
  return locks.alone(basename(folder), signal, async () => {
    await ensureFolder(files, dirname(folder));
    await ensureFolder(files, folder);
    for (const left of await files.list(folder)) await files.removeTree(join(folder, left));
    return run(folder);
  });
}

/** A person who holds a lock works for some tens of milliseconds; a disk may stall for seconds. */
const WAIT_MS = 60_000;
const POLL_MS_MIN = 10;
const POLL_MS_MAX = 250;

/** Locks over the processes of this machine. */
export class VaultLocks implements Locks {
  readonly #path: string;
  readonly #clock: Pick<Clock, 'monotonicMs' | 'sleep'>;

  /** `path` is the vault's folder. */
  constructor(path: string, clock: Pick<Clock, 'monotonicMs' | 'sleep'>) {
    this.#path = path;
    this.#clock = clock;
  }

  async alone<T>(name: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    const lock = await this.#take(name, signal);
    try {
      return await run();
    } finally {
      await lock.release();
    }
  }

  async #take(name: string, signal: AbortSignal): Promise<KernelLock> {
    const lockName = await folderLockName(`vault-${name}`, this.#path);
    const endMs = this.#clock.monotonicMs() + WAIT_MS;
    for (let pauseMs = POLL_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, POLL_MS_MAX)) {
      signal.throwIfAborted();
      const lock = await takeKernelLock(lockName);
      if (lock !== undefined) return lock;
      if (this.#clock.monotonicMs() >= endMs) throw held(name, this.#path);
      await this.#clock.sleep(pauseMs, signal);
    }
  }
}

function held(name: string, path: string): DockError {
  const message = `the lock "${name}" of the vault ${path} is held by another process for more than ${WAIT_MS} ms: look for a receiver or a command that hangs on this vault, end it, and try again`;
  return new DockError('lock.held', message, { retry: 'later' });
}

/**
 * Locks a vault's folder for this process; makes the folder where only its last part is missing.
 * Errors: "vault.in-use" where another receiver of this machine holds it (exit code 75); "vault.unusable" where it cannot be made; the system's.
 */
export async function lockVault(path: string, files: Files): Promise<KernelLock> {
  await ensureFolder(files, path).catch((error: unknown) => {
    throw notMakable('vault.unusable', 'vault.path', path, error);
  });
  const lock = await takeKernelLock(await folderLockName('vault', path));
  if (lock !== undefined) return lock; // until this process ends
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
