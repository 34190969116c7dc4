// Typed calls into a worker, a thread or a process: a request with a number, an answer with the same number, buffers moved and not copied.
// The worker's end is worker-serve.ts.
//
// Invariants:
// 1. Every call settles: with its answer, or with "worker.died" once the worker is gone.
// 2. A worker that died is started again by the next call, never by itself: what cannot start does not spin.
// 3. Calls reach the worker in the order in which they were made.
// 4. Answers settle in the order in which they come, a few in each turn of the event loop (answer-turns.ts).
import { describeError, DockError } from '../../protocol/format/errors.ts';
import { AnswerTurns } from './answer-turns.ts';
import { unpackError, type PackedError } from './worker-errors.ts';

/** Calls by name: what goes in and what comes out. A type alias, not an interface. */
export type CallShapes = Record<string, { readonly args: unknown; readonly result: unknown }>;

/** The worker as the caller sees it: a Worker of Node, or what stands before a process. */
export interface CallPeer {
  postMessage(request: CallRequest, moved: ArrayBuffer[]): void;
  on(event: 'message', listener: (answer: CallAnswer) => void): unknown;
  on(event: 'messageerror' | 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  terminate(): Promise<unknown>;
}

/** A request as it travels. */
export interface CallRequest {
  readonly id: number;
  readonly name: string;
  readonly args: unknown;
}

/** An answer as it travels. */
export type CallAnswer =
  { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: PackedError };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Of all workers of this thread: what one of them answers may be followed by a call to another. */
const turns = new AnswerTurns();

/** The caller's end of one worker at a time. */
export class WorkerCalls<Shapes extends CallShapes> {
  readonly #start: () => CallPeer;
  readonly #waiting = new Map<number, Waiting>();
  #worker: CallPeer | undefined;
  /** Resolves when those that are gone have ended: what cannot be used any more may still run. */
  #ended: Promise<unknown> = Promise.resolve();
  #lastId = 0;
  #closed = false;

  /** `start` starts the worker, at the first call and at the first one after its death. */
  constructor(start: () => CallPeer) {
    this.#start = start;
  }

  /** Calls that wait for an answer. */
  get pending(): number {
    return this.#waiting.size;
  }

  /**
   * Calls the worker.
   * Shape: `moved` lists buffers of `args` that leave this thread.
   * Errors: what the worker's handler threw, with code, retry and facts; "worker.died".
   */
  call<Name extends keyof Shapes & string>(
    name: Name,
    args: Shapes[Name]['args'],
    moved: readonly ArrayBuffer[] = [],
  ): Promise<Shapes[Name]['result']> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw died('it was closed', undefined);
      const id = ++this.#lastId;
      const request: CallRequest = { id, name, args };
      this.#started().postMessage(request, [...moved]);
      this.#waiting.set(id, { resolve, reject });
    });
  }

  /** Ends the worker; what waits rejects with "worker.died". Idempotent, never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#worker !== undefined) this.#lose(this.#worker, died('it was closed', undefined));
    await this.#ended;
  }

  #started(): CallPeer {
    if (this.#worker !== undefined) return this.#worker;
    const worker = this.#startOne();
    worker.on('message', (answer: CallAnswer) => turns.give(() => this.#settle(answer)));
    worker.on('messageerror', (error) => this.#lose(worker, died('its answer could not be read', error)));
    worker.on('error', (error) =>
      this.#lose(worker, died(error instanceof Error ? error.message : '', error)),
    );
    worker.on('exit', (code) => this.#lose(worker, died(`it ended with code ${code}`, undefined)));
    this.#worker = worker;
    return worker;
  }

  /** Node throws where the system has no thread left. */
  #startOne(): CallPeer {
    try {
      return this.#start();
    } catch (error) {
      throw died(`it does not start: ${describeError(error)}`, error);
    }
  }

  #settle(answer: CallAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('error' in answer) waiting?.reject(unpackError(answer.error));
    else waiting?.resolve(answer.value);
  }

  #lose(worker: CallPeer, error: DockError): void {
    if (this.#worker !== worker) return; // its successor's calls are not concerned
    turns.flush(); // what it did is done
    this.#worker = undefined;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiting of lost) waiting.reject(error);
    this.#ended = Promise.all([this.#ended, worker.terminate()]); // one that sent nonsense still runs; never rejects
  }
}

function died(why: string, cause: unknown): DockError {
  return new DockError('worker.died', `a worker is gone and its work with it: ${why}`, {
    cause,
    retry: 'later',
  });
}
