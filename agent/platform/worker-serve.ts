// The worker's end of worker-calls.ts: runs a handler for each request and answers.
import type { CallAnswer, CallRequest, CallShapes } from './worker-calls.ts';
import { packError } from './worker-errors.ts';

/** The way to the caller: a port of Node, or what stands before the channel of a process. */
export interface CallPort {
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
export type CallHandlers<Shapes extends CallShapes> = {
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
