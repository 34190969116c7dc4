// Locks of this machine that the kernel frees with the process, however it dies: no stale lock, and no process number that could be reused.
// A lock is a listening socket in the kernel's abstract namespace. Every process of the same network namespace sees it; processes in two
// containers do not see each other's.
import { stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { systemCode } from '../../protocol/format/errors.ts';

/** A held lock. */
export interface KernelLock {
  /** Idempotent; never rejects. */
  release(): Promise<void>;
}

/** The name of a lock on a folder: device and file number name it, whatever path leads there. Errors: the system's. */
export async function folderLockName(what: string, path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `\0bodydock-${what}-${dev}-${ino}`;
}

/**
 * Takes a lock; undefined where another process holds it, or this one.
 * Errors: the system's.
 * Source: Linux unix(7), abstract sockets.
 */
export async function takeKernelLock(name: string): Promise<KernelLock | undefined> {
  const server = createServer((connection) => connection.destroy());
  server.unref();
  try {
    await listen(server, name);
  } catch (error) {
    if (systemCode(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
  server.on('error', () => undefined); // a call that could not be taken: the lock is still held
  let released: Promise<void> | undefined;
  return { release: () => (released ??= new Promise((resolve) => server.close(() => resolve()))) };
}

/** Whether somebody holds that lock now; takes nothing. Never rejects. */
export function isKernelLocked(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(name);
    probe.on('connect', () => {
      probe.destroy();
      resolve(true);
    });
    // A process that has the name and does not take the call now, as it hangs, still has it.
    probe.on('error', (error) => resolve(systemCode(error) === 'EAGAIN'));
  });
}

function listen(server: Server, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(name, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
