// The socket of a helper that runs as root: one line in, one line out, and the end, for the members of one group.
import { chmod, chown } from 'node:fs/promises';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import {
  claimSocketPath,
  listenForLines,
  type LineSocket,
  type OtherListener,
} from '../platform/line-socket.ts';

const CLIENTS_MAX = 32;
/** For a question to come and for its answer to be taken. A busy small machine needs some seconds between connecting and sending. */
export const SAYING_MS = 15_000;

export interface HelperSocketDeps {
  readonly socket: string;
  /** Group whose members may ask. */
  readonly gid: number;
  /** Of a request with its LF. */
  readonly requestBytesMax: number;
  /** The answer to a line without its LF, which has deadlines of its own; undefined for nonsense, whose client is let go. */
  readonly answer: (line: string) => Promise<string> | undefined;
  /** Another one of the kind, for the refusal. */
  readonly other: OtherListener;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * Listens with mode 0660, owner root, once `prepare` is done, which runs only where no other helper listens. Resolves with what ends it.
 * Errors: the code of `other` where another helper listens there, or something that is no socket lies there; the system's.
 */
export async function listenAsHelper(
  { socket, gid, requestBytesMax, answer, other, clock, log }: HelperSocketDeps,
  prepare: () => Promise<void>,
): Promise<LineSocket> {
  await claimSocketPath(socket, other, clock);
  await prepare();
  const before = process.umask(0o177); // never open to others, not even for a moment
  let server: LineSocket;
  try {
    server = await listenForLines({
      path: socket,
      clientsMax: CLIENTS_MAX,
      requestBytesMax,
      askingMs: SAYING_MS,
      takingMs: SAYING_MS,
      answer,
      clock,
      onSilent: () => log.warn('client sent no whole question in time and was let go', { ms: SAYING_MS }),
      onError: (error) => log.warn('socket of the helper failed', { error }),
    });
  } finally {
    process.umask(before);
  }
  // One that runs in the group already needs no right to give anything away.
  if (gid !== process.getgid?.()) await chown(socket, process.getuid?.() ?? 0, gid);
  await chmod(socket, 0o660);
  return server;
}
