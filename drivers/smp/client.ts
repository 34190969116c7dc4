// Talks SMP over a line: sends requests, gives answers or errors. Which requests make sense is the commands' and the driver's business.
import type { Clock } from '../../protocol/ports.ts';
import { DockError } from '../../protocol/errors.ts';
import type { Line } from '../serial/line.ts';
import { SmpExchange, type SmpRequest } from './exchange.ts';
import type { SmpDeframer, SmpFraming } from './framing.ts';
import { errorOf, parseMap, type SmpMap } from './packet.ts';

/** Calls that may wait: one pull with its window, and a liveness check beside it. */
const CALLS_MAX = 64;

interface Call {
  readonly resolve: (map: SmpMap) => void;
  readonly reject: (error: Error) => void;
  readonly request: SmpRequest;
}

/** An SMP conversation on one line. */
export class SmpClient {
  readonly #line: Line;
  readonly #framing: SmpFraming;
  readonly #deframer: SmpDeframer;
  readonly #clock: Clock;
  readonly #exchange = new SmpExchange();
  readonly #calls = new Map<number, Call>();
  #cancelTimer: () => void = () => undefined;
  #gone: Error | undefined;
  #onEnd: (error: Error) => void = () => undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(line: Line, framing: SmpFraming, clock: Clock) {
    this.#line = line;
    this.#framing = framing;
    this.#deframer = framing.deframer('answers');
    this.#clock = clock;
    line.onBytes((bytes) => this.#take(bytes));
    line.onGone((error) => this.#end(error));
  }

  /** Bytes that were noise, packets that were damaged, answers that nobody waited for. */
  get faults(): { readonly noiseBytes: number; readonly damaged: number; readonly strays: number } {
    const { noiseBytes, damaged } = this.#deframer;
    return { noiseBytes, damaged, strays: this.#exchange.strays };
  }

  /** SMP v1 (0) or v2 (1). */
  set version(version: 0 | 1) {
    this.#exchange.version = version;
  }

  /** How many requests the device takes at a time. */
  set places(count: number) {
    this.#exchange.places = count;
  }

  /**
   * One request and its answer's map.
   * Errors: "smp.error" with `rc` and `group` in its facts; "smp.malformed"; "driver.timeout" after all tries; "driver.detached"; the signal's reason.
   */
  call(request: SmpRequest, signal: AbortSignal): Promise<SmpMap> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      if (this.#gone !== undefined) return reject(this.#gone);
      if (this.#calls.size >= CALLS_MAX) return reject(busy());
      const id = this.#exchange.ask(request);
      const onAbort = (): void => this.#settle(id)?.reject(asError(signal.reason));
      const done = (): void => signal.removeEventListener('abort', onAbort);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#calls.set(id, {
        request,
        resolve: (map) => {
          done();
          resolve(map);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      });
      this.#advance();
    });
  }

  /** Called once when the line ends for whatever reason but `close`; at once where it has ended. One handler. */
  onEnd(handler: (error: Error) => void): void {
    this.#onEnd = handler;
    if (this.#gone !== undefined) handler(this.#gone);
  }

  /** The camera left without the line telling: every call ends with that error, and so do those to come. */
  left(error: Error): void {
    this.#end(error);
  }

  /** Ends every call. Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#onEnd = () => undefined;
    this.#end(
      new DockError('driver.detached', 'the conversation with the camera was closed', { retry: 'later' }),
    );
    await this.#line.close();
  }

  #take(bytes: Uint8Array): void {
    for (const packet of this.#deframer.push(bytes, this.#clock.monotonicMs())) {
      const answered = this.#exchange.take(packet);
      if (answered !== undefined) this.#answer(answered.id, answered.data);
    }
    this.#advance();
  }

  #answer(id: number, data: Uint8Array): void {
    const call = this.#settle(id);
    if (call === undefined) return;
    try {
      const map = parseMap(data);
      const error = errorOf(map);
      if (error === undefined) call.resolve(map);
      else call.reject(refusal(call.request, error));
    } catch (error) {
      call.reject(asError(error));
    }
  }

  #advance(): void {
    if (this.#gone !== undefined) return;
    for (const step of this.#exchange.steps(this.#clock.monotonicMs())) {
      if (step.kind === 'send') this.#send(step.packet);
      else this.#expire(step.id);
    }
    this.#cancelTimer();
    const due = this.#exchange.dueAtMs;
    if (due === undefined) return;
    this.#cancelTimer = this.#clock.after(Math.max(1, due - this.#clock.monotonicMs()), () =>
      this.#advance(),
    );
  }

  #send(packet: Uint8Array): void {
    this.#writing = this.#writing
      .then(() => (this.#gone === undefined ? this.#line.write(this.#framing.frame(packet)) : undefined))
      .catch((error: unknown) => this.#end(asError(error)));
  }

  #expire(id: number): void {
    const call = this.#settle(id);
    if (call === undefined) return;
    const { group, command, timeoutMs, tries } = call.request;
    const words = `no answer to SMP group ${group} command ${command} within ${timeoutMs} ms, ${tries} times`;
    call.reject(new DockError('driver.timeout', words, { retry: 'later', facts: { group, command } }));
  }

  #settle(id: number): Call | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    this.#exchange.forget(id);
    return call;
  }

  #end(error: Error): void {
    if (this.#gone === undefined) {
      this.#gone = error;
      this.#onEnd(error);
    }
    this.#cancelTimer();
    for (const id of this.#calls.keys()) this.#settle(id)?.reject(this.#gone);
  }
}

/** Names of SMP error codes. Source: Zephyr, SMP Protocol Specification, "Management error codes". */
const RC_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'unknown error'],
  [2, 'no memory'],
  [3, 'invalid'],
  [4, 'timeout'],
  [5, 'no entry'],
  [6, 'bad state'],
  [7, 'response too large'],
  [8, 'not supported'],
  [9, 'corrupt'],
  [10, 'busy'],
  [11, 'access denied'],
  [12, 'protocol too old'],
  [13, 'protocol too new'],
]);

function refusal(
  request: SmpRequest,
  error: { readonly group: number | undefined; readonly rc: number },
): DockError {
  const name =
    error.group === undefined ? (RC_NAMES.get(error.rc) ?? 'unknown code') : `of group ${error.group}`;
  const words = `the camera answers SMP group ${request.group} command ${request.command} with error ${error.rc} (${name})`;
  return new DockError('smp.error', words, {
    retry: 'later',
    facts: { rc: error.rc, group: error.group ?? -1 },
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function busy(): DockError {
  return new DockError('smp.busy', `more than ${CALLS_MAX} SMP calls at a time`, { retry: 'later' });
}
