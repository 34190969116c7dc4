// The socket of a running agent, on which `bodydock status` and `bodydock doctor` ask. Whoever may open it may read what monitoring sees,
// and nothing else: no line that comes in changes anything.
//
// Invariants:
// 1. A client costs one line of memory and a few seconds: what sends too much, too slowly or nonsense, or does not take its answer, is let go.
// 2. However many ask, the answer is made once in ANSWER_MS.
// 3. A socket that somebody answers at is never taken, nor anything that is no socket; one of a dead process is.
import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { DockError, systemCode } from '../../protocol/errors.ts';
import type { Clock, Log } from '../../protocol/ports.ts';
import { CONTROL_REQUEST_BYTES_MAX, isStatusRequest } from './control-protocol.ts';

/** A technician and some scripts. Further ones are turned away at once. */
const CLIENTS_MAX = 16;
const ASKING_MS = 2000;
const TAKING_MS = 5000;
/** Of one answer, before it is made anew. */
const ANSWER_MS = 500;
/** For somebody at a socket that is there already. */
const PROBE_MS = 1000;
/** The agent's group: technicians who belong to it may ask. */
const SOCKET_MODE = 0o660;

export interface ControlServerDeps {
  readonly path: string;
  /** Lines of the answer of this moment. */
  readonly answer: () => Promise<string>;
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'>;
  readonly log: Pick<Log, 'debug'>;
}

/** A socket that is listened at. */
export interface ControlServer {
  /** Idempotent; clients are let go and the socket's name goes. Never rejects. */
  close(): Promise<void>;
}

/**
 * Listens with mode 0660. The folder keeps others away while the mode is not set yet: a spool has 0750.
 * Errors: "control.taken" where somebody answers there or something else lies there; the system's.
 */
export async function openControlServer(deps: ControlServerDeps): Promise<ControlServer> {
  await clear(deps);
  const clients = new Set<Socket>();
  const answers = new Answers(deps);
  const server = createServer((socket) => {
    clients.add(socket);
    socket.on('close', () => clients.delete(socket));
    serve(socket, deps, () => answers.newest());
  });
  server.maxConnections = CLIENTS_MAX;
  await listening(server, deps.path);
  server.on('error', (error) => deps.log.debug('control socket failed', { error }));
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of clients) socket.destroy();
    }));
  await chmod(deps.path, SOCKET_MODE).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { close };
}

/** One answer for all who ask at about the same time. */
class Answers {
  readonly #deps: Pick<ControlServerDeps, 'answer' | 'clock'>;
  #newest: Promise<Buffer> | undefined;
  #madeAtMs = 0;

  constructor(deps: Pick<ControlServerDeps, 'answer' | 'clock'>) {
    this.#deps = deps;
  }

  newest(): Promise<Buffer> {
    const now = this.#deps.clock.monotonicMs();
    if (this.#newest === undefined || now - this.#madeAtMs >= ANSWER_MS) {
      this.#madeAtMs = now;
      this.#newest = this.#deps.answer().then((text) => Buffer.from(text));
      this.#newest.catch(() => (this.#newest = undefined));
    }
    return this.#newest;
  }
}

function serve(
  socket: Socket,
  { clock, log }: Pick<ControlServerDeps, 'clock' | 'log'>,
  answer: () => Promise<Buffer>,
): void {
  let said = '';
  let cancel = clock.after(ASKING_MS, () => socket.destroy());
  const destroyLater = (ms: number): void => {
    cancel();
    cancel = socket.destroyed ? () => undefined : clock.after(ms, () => socket.destroy());
  };
  socket.setEncoding('latin1');
  socket.on('error', () => undefined); // a client that left
  socket.on('close', () => cancel());
  socket.on('data', (piece: string) => {
    said += piece;
    const end = said.indexOf('\n');
    if (end === -1 && said.length < CONTROL_REQUEST_BYTES_MAX) return;
    socket.pause().removeAllListeners('data');
    if (end === -1 || end >= CONTROL_REQUEST_BYTES_MAX || !isStatusRequest(said.slice(0, end))) {
      socket.destroy();
      return;
    }
    destroyLater(TAKING_MS);
    answer().then(
      (bytes) => {
        if (socket.destroyed) return;
        destroyLater(TAKING_MS);
        socket.end(bytes);
      },
      (error: unknown) => {
        log.debug('status could not be told', { error });
        socket.destroy();
      },
    );
  });
}

/** Takes away the socket of an agent that is no more. */
async function clear({ path, clock }: ControlServerDeps): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  const taken = (what: string): never => {
    throw new DockError('control.taken', `${what} at ${path}`, { retry: 'person' });
  };
  if (!found.isSocket()) taken('something that is no socket lies');
  if (await isAnswered(path, clock)) taken('another agent listens');
  await unlink(path);
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
