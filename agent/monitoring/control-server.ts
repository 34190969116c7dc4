// The socket of a running agent, on which `bodydock status` and `bodydock doctor` ask. Anybody who may open it may read what monitoring sees,
// and nothing else: no line that comes in changes anything. However many ask, the answer is made once in ANSWER_MS.
import { chmod } from 'node:fs/promises';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import { claimSocketPath, listenForLines, type LineSocket } from '../platform/line-socket.ts';
import { CONTROL_REQUEST_BYTES_MAX, isStatusRequest } from './control-protocol.ts';

/** A technician and some scripts. */
const CLIENTS_MAX = 16;
const ASKING_MS = 2000;
const TAKING_MS = 5000;
/** Of one answer, before it is made again. */
const ANSWER_MS = 500;
/** The agent's group: technicians who belong to it may ask. */
const SOCKET_MODE = 0o660;

export interface ControlServerDeps {
  readonly path: string;
  /** Lines of the answer of this moment. */
  readonly answer: () => Promise<string>;
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'>;
  readonly log: Pick<Log, 'debug'>;
}

/**
 * Listens with mode 0660. The folder keeps others away while the mode is not set yet: a spool has 0750.
 * Errors: "control.taken" where somebody answers there or something else lies there; the system's.
 */
export async function openControlServer(deps: ControlServerDeps): Promise<LineSocket> {
  const { path, clock, log } = deps;
  await claimSocketPath(path, { who: 'another agent', code: 'control.taken' }, clock);
  const answers = new Answers(deps);
  const server = await listenForLines({
    path,
    clientsMax: CLIENTS_MAX,
    requestBytesMax: CONTROL_REQUEST_BYTES_MAX,
    askingMs: ASKING_MS,
    answeringMs: TAKING_MS,
    takingMs: TAKING_MS,
    answer: (line) => (isStatusRequest(line) ? answers.newest() : undefined),
    clock,
    onError: (error) => log.debug('status not sent', { error }),
  });
  await chmod(path, SOCKET_MODE).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  return server;
}

interface AnswersDeps extends Pick<ControlServerDeps, 'answer'> {
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** One answer for all who ask at about the same time. */
export class Answers {
  readonly #deps: AnswersDeps;
  #newest: Promise<Buffer> | undefined;
  #madeAtMs = 0;

  constructor(deps: AnswersDeps) {
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
