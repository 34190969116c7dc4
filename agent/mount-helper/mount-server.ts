// The helper's socket: one line in, one line out, and the end.
import { chmod, chown } from 'node:fs/promises';
import {
  encodeMountAnswer,
  MOUNT_REQUEST_BYTES_MAX,
  parseMountRequest,
  type MountAnswer,
  type MountRequest,
} from '../../drivers/mass-storage/mount-request.ts';
import type { Clock, Log } from '../../protocol/ports.ts';
import { claimSocketPath, listenForLines, type LineSocket } from '../line-socket.ts';

const CLIENTS_MAX = 32;
const SAYING_MS = 2000;

export interface MountServerDeps {
  readonly socket: string;
  /** Group whose members may ask. */
  readonly gid: number;
  /** Never rejects. */
  readonly answer: (request: MountRequest) => Promise<MountAnswer>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * Listens with mode 0660, owner root, once `prepare` is done, which runs only where no other helper listens. Resolves with what ends it.
 * Errors: "mount.taken" where another helper listens there, or something that is no socket lies there; the system's.
 */
export async function listen(
  { socket, gid, answer, clock, log }: MountServerDeps,
  prepare: () => Promise<void>,
): Promise<LineSocket> {
  await claimSocketPath(socket, { who: 'another mount helper', code: 'mount.taken' }, clock);
  await prepare();
  const before = process.umask(0o177); // never open to others, not even for a moment
  let server: LineSocket;
  try {
    server = await listenForLines({
      path: socket,
      clientsMax: CLIENTS_MAX,
      requestBytesMax: MOUNT_REQUEST_BYTES_MAX,
      askingMs: SAYING_MS,
      takingMs: SAYING_MS, // mounting has deadlines of its own
      answer: (line) => {
        const request = parseMountRequest(line);
        return request && answer(request).then(encodeMountAnswer);
      },
      clock,
      onError: (error) => log.warn('socket of the mount helper failed', { error }),
    });
  } finally {
    process.umask(before);
  }
  await chown(socket, process.getuid?.() ?? 0, gid);
  await chmod(socket, 0o660);
  return server;
}
