// Lets one piece of work at a time change what a vault has once: the store's log, orders and deletions, witnesses. A command of the store may run
// beside the receiver, on its machine.
import { basename, dirname, join } from 'node:path';
import { ensureFolder } from '../../../protocol/format/durable.ts';
import type { Files } from '../../../protocol/format/ports.ts';

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
