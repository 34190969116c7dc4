// Keeps a second agent off a spool. The lock is a listening socket in the kernel's abstract namespace: the kernel frees it when the
// process dies, however it dies, so there is no stale lock and no process number that could be reused.
// It is seen by every process of the same network namespace; agents in two containers do not see each other's.
import { stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { notMakable } from '../../config/disk-place.ts';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import { ensureFolder } from '../../protocol/format/durable.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import type { Files } from '../../protocol/format/ports.ts';

/** A held lock. */
export interface SpoolLock {
  /** Idempotent; never rejects. */
  release(): Promise<void>;
}

/** Device and file number name the folder, whatever path leads to it. */
async function socketName(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `\0bodydock-spool-${dev}-${ino}`;
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

/**
 * Locks a spool's folder for this process; makes the folder where only its last part is missing.
 * Errors: "spool.locked" where another agent holds it (exit code 75); "spool.unusable" where it cannot be made; the system's.
 * Source: Linux unix(7), abstract sockets.
 */
export async function lockSpool(
  path: string,
  files: Pick<Files, 'makeFolder'> = nodeFiles(),
): Promise<SpoolLock> {
  const server = createServer((connection) => connection.destroy());
  server.unref();
  try {
    await ensureFolder(files, path).catch((error: unknown) => {
      throw notMakable('spool.unusable', 'spool.path', path, error);
    });
    await listen(server, await socketName(path));
  } catch (error) {
    if (systemCode(error) !== 'EADDRINUSE') throw error;
    throw new DockError(
      'spool.locked',
      `another agent works on the spool ${path}: stop it first ("systemctl status bodydock"), or give this one another spool.path`,
      { cause: error, retry: 'person' },
    );
  }
  let released: Promise<void> | undefined;
  return {
    release: () => (released ??= new Promise((resolve) => server.close(() => resolve()))),
  };
}

/** Whether an agent holds the lock of that spool now; takes and makes nothing. Never rejects. */
export async function isSpoolLocked(path: string): Promise<boolean> {
  const name = await socketName(path).catch(() => undefined);
  if (name === undefined) return false;
  return new Promise((resolve) => {
    const probe = connect(name);
    probe.on('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
}
