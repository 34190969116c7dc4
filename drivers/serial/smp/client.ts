// Talks SMP over a line: sends requests, gives answers or errors. Which requests make sense is the commands' and the driver's business.
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import type { Line } from '../line.ts';
import { type Match, SmpExchange, type SmpRequest } from './exchange.ts';
import type { SmpDeframer, SmpFraming } from './framing.ts';
import { errorOf, parseMap, RC_BUSY, type SmpMap } from './packet.ts';

/** Calls that may wait: one pull with its window, and a liveness check beside it. */
const CALLS_MAX = 64;

/** Of a device that does not tell its buffers: MCUmgr's largest usual one. */
const PACKET_BYTES_USUAL = 2475;
/** A byte with start and stop bit. */
const BITS_PER_BYTE = 10;
/** Base64 with its lines. */
const LINE_BYTES_PER_BYTE = 1.4;

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
  readonly #baud: number;
  #packetBytesMax = PACKET_BYTES_USUAL;
  #malformed = 0;
  #cancelTimer: () => void = () => undefined;
  #gone: Error | undefined;
  #onEnd: (error: Error) => void = () => undefined;
  #onStep: () => void = () => undefined;
  #writing: Promise<void> = Promise.resolve();

  /** `baud` in bits per second. */
  constructor(line: Line, framing: SmpFraming, clock: Clock, baud: number) {
    this.#baud = baud;
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
    return { noiseBytes, damaged: damaged + this.#malformed, strays: this.#exchange.strays };
  }

  /** SMP v1 (0) or v2 (1). */
  set version(version: 0 | 1) {
    this.#exchange.version = version;
  }

  /** What the device told of its buffers. Units: bytes of header and data; requests at a time. */
  set buffers({ packetBytes, count }: { readonly packetBytes: number; readonly count: number }) {
    this.#packetBytesMax = packetBytes;
    this.#exchange.places = count;
  }

  /**
   * One request and its answer's map. The line's own time for the largest packet each way comes on top of the request's.
   * Errors: "smp.error" with `rc` and `group` in its facts; "smp.oversize" where the device has no buffer for the request;
   * "driver.timeout" after all tries; "driver.detached"; the signal's reason.
   */
  call(request: SmpRequest, signal: AbortSignal): Promise<SmpMap> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(asError(signal.reason));
      if (this.#gone !== undefined) return reject(this.#gone);
      if (this.#calls.size >= CALLS_MAX) return reject(busy());
      const timeoutMs = request.timeoutMs + 2 * this.#packetMs();
      const { id, packetBytes } = this.#exchange.ask({ ...request, timeoutMs });
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
      if (packetBytes > this.#packetBytesMax)
        this.#settle(id)?.reject(oversize(packetBytes, this.#packetBytesMax));
      this.#advance();
    });
  }

  /** Called once when the line ends for whatever reason but `close`; at once where it has ended. One handler. */
  onEnd(handler: (error: Error) => void): void {
    this.#onEnd = handler;
    if (this.#gone !== undefined) handler(this.#gone);
  }

  /** See CameraSession.onStep. */
  onStep(handler: () => void): void {
    this.#onStep = handler;
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
    if (this.#gone !== undefined) return;
    for (const packet of this.#deframer.push(bytes, this.#clock.monotonicMs())) {
      const match = this.#exchange.match(packet);
      if (match !== undefined) this.#answer(match);
    }
    this.#advance();
  }

  /** What makes no sense, or answers something else, is dropped like a damaged packet: the right answer may still come, or it is asked again. */
  #answer({ id, request, data }: Match): void {
    const map = mapOrUndefined(data);
    if (map === undefined) {
      this.#malformed++;
      return;
    }
    const error = errorOf(map);
    if (error === undefined && request.isAnswer?.(map) === false) {
      this.#exchange.strays++;
      return;
    }
    if (error?.rc === RC_BUSY && error.group === undefined && request.tries > 1) return; // asked again when its time is over
    this.#exchange.answered(id, this.#clock.monotonicMs());
    const call = this.#settle(id);
    if (error === undefined) call?.resolve(map);
    else call?.reject(refusal(request, error));
  }

  #packetMs(): number {
    return (1000 * this.#packetBytesMax * LINE_BYTES_PER_BYTE * BITS_PER_BYTE) / this.#baud;
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
    const { group, command, tries } = call.request;
    const timeoutMs = Math.round(call.request.timeoutMs + 2 * this.#packetMs());
    const words = `no answer to SMP group ${group} command ${command} within ${timeoutMs} ms, ${tries} times`;
    call.reject(new DockError('driver.timeout', words, { retry: 'later', facts: { group, command } }));
  }

  #settle(id: number): Call | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    this.#exchange.forget(id, this.#clock.monotonicMs());
    this.#onStep();
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

function mapOrUndefined(data: Uint8Array): SmpMap | undefined {
  try {
    return parseMap(data);
  } catch (error) {
    if (isDockError(error, 'smp.malformed')) return undefined;
    throw error;
  }
}

function oversize(packetBytes: number, packetBytesMax: number): DockError {
  const words = `the camera takes packets of at most ${packetBytesMax} bytes, and this request has ${packetBytes}`;
  return new DockError('smp.oversize', words, { retry: 'never' });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function busy(): DockError {
  return new DockError('smp.busy', `more than ${CALLS_MAX} SMP calls at a time`, { retry: 'later' });
}
