// Typed calls into a worker, a thread or a process: a request with a number, an answer with the same number, buffers moved and not copied.
// Both ends, and errors on their way between them.
//
// Invariants:
// 1. Every call settles: with its answer, or with "worker.died" once the worker is gone.
// 2. A worker that died is started again by the next call, never by itself: what cannot start does not spin.
// 3. Calls reach the worker in the order in which they were made.
// 4. Answers settle in the order in which they come, a few in each turn of the event loop (AnswerTurns).
import { describeError, DockError, type Facts, type Retry } from '../../protocol/format/errors.ts';

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

// What threads answered is given out a little at a time. A port hands over up to a thousand messages in one turn of the event loop, those that come
// meanwhile included (Node's MessagePort::OnMessage); where each answer leads to the next call, nothing else of this thread comes to its turn for
// as long as the other one keeps up.

/** Given out in one turn of the loop. Each may be followed by the sending of a unit, which takes a millisecond or two. */
const IN_ONE_TURN = 4;

/** A queue in front of one thread's callers, first come, first served; a thread needs one. */
export class AnswerTurns {
  readonly #waiting: (() => void)[] = [];
  #left = IN_ONE_TURN;
  #armed = false;

  /** Runs `give` now, or in a later turn of the loop where this one has given enough. */
  give(give: () => void): void {
    this.#arm();
    this.#waiting.push(give);
    if (this.#waiting.length === 1) this.#giveSome();
  }

  /** Gives all that waits, now. */
  flush(): void {
    for (let give = this.#waiting.shift(); give !== undefined; give = this.#waiting.shift()) give();
  }

  #arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    setImmediate(() => {
      this.#armed = false;
      this.#left = IN_ONE_TURN;
      if (this.#waiting.length > 0) this.#arm();
      this.#giveSome();
    });
  }

  /** What one of them gives in its turn comes after all others; one that throws keeps none of the others back. */
  #giveSome(): void {
    while (this.#left > 0) {
      const give = this.#waiting.shift();
      if (give === undefined) return;
      this.#left--;
      give();
    }
  }
}

/** Of all workers of this thread: what one of them answers may be followed by a call to another. */
const turns = new AnswerTurns();

// Errors on their way between threads and processes: structured clone would keep the message of a DockError and lose code, retry and facts.

/** Causes that travel with an error; more would only be noise. */
const CAUSES_MAX = 4;
/** What Node puts on an error of the system, such as "ENOSPC", "write", -28. */
const SYSTEM_FACTS = ['code', 'syscall', 'errno', 'path', 'dest'];

/** An error as plain data. */
interface PackedError {
  readonly message: string;
  readonly stack: string | undefined;
  /** Present for a DockError. */
  readonly dock: { readonly code: string; readonly retry: Retry; readonly facts: Facts } | undefined;
  /** Of a system error: those of SYSTEM_FACTS that it has. */
  readonly system: Readonly<Record<string, unknown>>;
  readonly cause: PackedError | undefined;
}

/** Plain data of whatever was thrown. Never throws. */
export function packError(error: unknown, depth = 0): PackedError {
  if (!(error instanceof Error)) return { ...EMPTY, message: String(error) };
  const cause =
    error.cause === undefined || depth >= CAUSES_MAX ? undefined : packError(error.cause, depth + 1);
  const { message, stack } = error;
  if (error instanceof DockError) {
    const { code, retry, facts } = error;
    return { ...EMPTY, message, stack, dock: { code, retry, facts }, cause };
  }
  return { ...EMPTY, message, stack, system: systemFacts(error), cause };
}

/** The error again: a DockError with code, retry and facts, or an Error with the system's facts; the stack is that of the other thread. */
export function unpackError(packed: PackedError): Error {
  const cause = packed.cause === undefined ? undefined : unpackError(packed.cause);
  const error =
    packed.dock === undefined ? systemError(packed, cause) : dockError(packed.message, packed.dock, cause);
  if (packed.stack !== undefined) error.stack = packed.stack;
  return error;
}

const EMPTY: PackedError = {
  message: '',
  stack: undefined,
  dock: undefined,
  system: {},
  cause: undefined,
};

function dockError(
  message: string,
  dock: NonNullable<PackedError['dock']>,
  cause: Error | undefined,
): DockError {
  const { code, retry, facts } = dock;
  return new DockError(code, message, { retry, facts, ...(cause === undefined ? {} : { cause }) });
}

function systemError({ message, system }: PackedError, cause: Error | undefined): Error {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), systemFacts(system));
}

function systemFacts(from: object): Readonly<Record<string, unknown>> {
  const facts = SYSTEM_FACTS.map((name): [string, unknown] => [name, Reflect.get(from, name)]);
  return Object.fromEntries(facts.filter(([, value]) => ['string', 'number'].includes(typeof value)));
}

// The worker's end: runs a handler for each request and answers.

/** The way to the caller: a port of Node, or what stands before the channel of a process. */
interface CallPort {
  postMessage(answer: CallAnswer, moved: ArrayBuffer[]): void;
  on(event: 'message', listener: (request: CallRequest) => void): unknown;
}

/** A result whose buffers leave the worker. */
export class Moved<T> {
  readonly value: T;
  readonly buffers: readonly ArrayBuffer[];

  constructor(value: T, buffers: readonly ArrayBuffer[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

/** One handler for each call. Each request runs at once, beside those before it: what needs an order keeps it itself. */
type CallHandlers<Shapes extends CallShapes> = {
  readonly [Name in keyof Shapes]: (
    args: Shapes[Name]['args'],
  ) => Promise<Shapes[Name]['result'] | Moved<Shapes[Name]['result']>>;
};

/** Serves until the thread or process ends. What a handler throws goes back to the caller; nothing ends the worker. */
export function serveCalls<Shapes extends CallShapes>(port: CallPort, handlers: CallHandlers<Shapes>): void {
  const answer = (message: CallAnswer, buffers: readonly ArrayBuffer[]): void =>
    port.postMessage(message, [...buffers]);
  const run = async ({ name, args }: CallRequest): Promise<unknown> => {
    const handler = handlers[name];
    if (handler === undefined) throw new Error(`no handler for ${name}`);
    return handler(args);
  };
  port.on('message', (request: CallRequest) => {
    const refuse = (error: unknown): void => answer({ id: request.id, error: packError(error) }, []);
    run(request)
      .then((result) => {
        if (result instanceof Moved) answer({ id: request.id, value: result.value }, result.buffers);
        else answer({ id: request.id, value: result }, []);
      })
      .catch(refuse); // also where the result itself cannot travel
  });
}
