// The helper's socket: one line in, one line out, and the end. A client that sends nothing, too much or nonsense, or does not take its answer,
// is let go after a short while and costs nobody anything.
import { chmod, chown, lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import {
  encodeMountAnswer,
  MOUNT_REQUEST_BYTES_MAX,
  parseMountRequest,
  type MountAnswer,
  type MountRequest,
} from '../../drivers/mass-storage/mount-request.ts';
import { DockError, systemCode } from '../../protocol/errors.ts';
import type { Clock } from '../../protocol/ports.ts';

const CLIENTS_MAX = 32;
const SAYING_MS = 2000;

export interface MountServerDeps {
  readonly socket: string;
  /** Group whose members may ask. */
  readonly gid: number;
  /** Never rejects. */
  readonly answer: (request: MountRequest) => Promise<MountAnswer>;
  readonly clock: Clock;
}

/**
 * Listens with mode 0660, owner root, once `prepare` is done, which runs only where no other helper listens. Resolves with what ends it.
 * Errors: "mount.taken" where another helper listens there; the system's.
 */
export async function listen(
  deps: MountServerDeps,
  prepare: () => Promise<void>,
): Promise<() => Promise<void>> {
  await clear(deps.socket);
  await prepare();
  const server = createServer((socket) => serve(socket, deps));
  server.maxConnections = CLIENTS_MAX;
  const before = process.umask(0o177); // never open to others, not even for a moment
  try {
    await listening(server, deps.socket);
  } finally {
    process.umask(before);
  }
  await chown(deps.socket, process.getuid?.() ?? 0, deps.gid);
  await chmod(deps.socket, 0o660);
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
    });
}

/** Takes away the socket of a helper that is no more. */
async function clear(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (found.isSocket() && (await isAnswered(path)))
    throw new DockError('mount.taken', `another mount helper listens at ${path}`, { retry: 'person' });
  await unlink(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.on('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', (error) => (systemCode(error) === 'ECONNREFUSED' ? resolve(false) : reject(error)));
  });
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(path, resolve);
  });
}

function serve(socket: Socket, { answer, clock }: MountServerDeps): void {
  let said = '';
  let cancel = clock.after(SAYING_MS, () => socket.destroy());
  socket.setEncoding('latin1');
  socket.on('error', () => undefined); // a client that left
  socket.on('close', () => cancel());
  socket.on('data', (piece: string) => {
    said += piece;
    const end = said.indexOf('\n');
    if (end === -1 && said.length < MOUNT_REQUEST_BYTES_MAX) return;
    socket.pause().removeAllListeners('data');
    cancel();
    const request = parseMountRequest(said.slice(0, Math.max(end, 0)));
    if (request === undefined || end >= MOUNT_REQUEST_BYTES_MAX) {
      socket.destroy();
      return;
    }
    void answer(request).then((told) => {
      cancel = clock.after(SAYING_MS, () => socket.destroy());
      socket.end(encodeMountAnswer(told));
      if (socket.destroyed) cancel();
    });
  });
}
