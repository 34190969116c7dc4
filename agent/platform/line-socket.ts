// A Unix socket that takes one line from each client and gives one answer: what the running agent and the mount helper are asked through.
//
// Invariants:
// 1. A client costs one line of memory and a few seconds: what sends too much, too slowly or nonsense, or does not take its answer, is dropped.
// 2. A socket that somebody answers at is never taken, nor anything that is no socket; one of a dead process is.
import { lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';

/** For somebody at a socket that is there already. */
const PROBE_MS = 1000;

/** Who may be listening already, for the words and the code of the refusal. */
export interface OtherListener {
  /** Such as "another agent". */
  readonly who: string;
  /** Such as "control.taken". */
  readonly code: string;
}

export interface LineSocketDeps {
  readonly path: string;
  /** Further ones are turned away at once. */
  readonly clientsMax: number;
  /** Of a request with its LF. */
  readonly requestBytesMax: number;
  /** For the whole line to come. */
  readonly askingMs: number;
  /** For the answer to be made; undefined where anybody who makes it has deadlines of his own. */
  readonly answeringMs?: number;
  /** For the answer to be taken. */
  readonly takingMs: number;
  /** The answer to a line without its LF; undefined for nonsense, whose client is dropped. */
  readonly answer: (line: string) => Promise<string | Uint8Array> | undefined;
  readonly clock: Pick<Clock, 'after'>;
  /** A client did not send its line in time and is dropped. Must not throw. */
  readonly onSilent?: () => void;
  /** An answer could not be made, or the socket failed. Must not throw. */
  readonly onError: (error: unknown) => void;
}

/** A socket that is listened at. */
export interface LineSocket {
  /** Idempotent; clients are dropped and the socket's name goes. Never rejects. */
  close(): Promise<void>;
}

/**
 * Makes room for a socket of that name by taking away the one of a process that is no more.
 * Errors: the code of `other` where somebody answers there or something else lies there; the system's.
 */
export async function claimSocketPath(
  path: string,
  other: OtherListener,
  clock: Pick<Clock, 'after'>,
): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  const taken = (what: string): never => {
    throw new DockError(other.code, `${what} at ${path}`, { retry: 'person' });
  };
  if (!found.isSocket()) taken('something that is no socket lies');
  if (await isAnswered(path, clock)) taken(`${other.who} listens`);
  await unlink(path);
}

/** Listens at a path that was claimed. Errors: the system's. */
export async function listenForLines(deps: LineSocketDeps): Promise<LineSocket> {
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    clients.add(socket);
    socket.on('close', () => clients.delete(socket));
    serve(socket, deps);
  });
  server.maxConnections = deps.clientsMax;
  await listening(server, deps.path);
  server.on('error', deps.onError);
  const letGo = async (): Promise<void> => {
    // The server's close takes the name away in this thread. On a disk that hangs that would hold the whole process, its deadlines included.
    await unlink(deps.path).catch(() => undefined);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of clients) socket.destroy();
    });
  };
  let closing: Promise<void> | undefined;
  return { close: () => (closing ??= letGo()) };
}

function serve(socket: Socket, deps: LineSocketDeps): void {
  let said = '';
  let cancel: () => void = () => undefined;
  const letGoAfter = (ms: number | undefined): void => {
    cancel();
    cancel =
      socket.destroyed || ms === undefined ? () => undefined : deps.clock.after(ms, () => socket.destroy());
  };
  cancel = deps.clock.after(deps.askingMs, () => {
    deps.onSilent?.();
    socket.destroy();
  });
  socket.setEncoding('latin1');
  socket.on('error', () => undefined); // a client that left
  socket.on('close', () => cancel());
  socket.on('data', (piece: string) => {
    said += piece;
    const end = said.indexOf('\n');
    if (end === -1 && said.length < deps.requestBytesMax) return;
    socket.pause().removeAllListeners('data');
    const isWhole = end >= 0 && end < deps.requestBytesMax;
    const answer = isWhole ? deps.answer(said.slice(0, end)) : undefined;
    if (answer === undefined) {
      socket.destroy();
      return;
    }
    letGoAfter(deps.answeringMs);
    answer.then(
      (bytes) => {
        if (socket.destroyed) return;
        letGoAfter(deps.takingMs);
        socket.end(bytes);
      },
      (error: unknown) => {
        deps.onError(error);
        socket.destroy();
      },
    );
  });
}

/** Somebody listens; also where he cannot be asked, or does not answer in time. Never rejects. */
function isAnswered(path: string, clock: Pick<Clock, 'after'>): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const done = (answered: boolean): void => {
      cancel();
      probe.destroy();
      resolve(answered);
    };
    const cancel = clock.after(PROBE_MS, () => done(true));
    probe.on('connect', () => done(true));
    probe.on('error', (error) => done(!/^(?:ECONNREFUSED|ENOENT)$/.test(systemCode(error) ?? '')));
  });
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
