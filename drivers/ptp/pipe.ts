// Runs PTP transactions over a USB transport: one at a time, each with a deadline for progress. What they mean is the commands' business.
//
// Invariants:
// 1. After an error in a transaction, or one that was left in the middle, the pipe is lost until `recovered` is called: nothing is read on
//    from the middle of a data phase.
// 2. Data passes through: only `call` keeps any, and no more than it was told.
import { concatBytes } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { USB_TRANSFER_BYTES_MAX, type UsbTransport } from '../usb/transport.ts';
import { OPERATION, operationText } from './codes.ts';
import { encodeCommand, encodeData } from './container.ts';
import { type InboundEvent, InboundState } from './inbound-state.ts';

const COMMAND_MS = 5000;
const TRANSACTION_MAX = 0xfffffffe;
/** A camera may have more to tell than is wanted, such as handles beyond those that a listing takes; not without end. */
const SURPLUS_BYTES_MAX = 16 * 1024 * 1024;

export interface PtpRequest {
  readonly operation: number;
  readonly parameters?: readonly number[];
  /** Small data for the camera. */
  readonly dataOut?: Uint8Array;
  readonly progressMs: number;
  /** See InboundWish. */
  readonly payloadBytes?: number | undefined;
}

export interface PtpResponse {
  readonly code: number;
  readonly parameters: readonly number[];
  /** Bytes of data that came before it. */
  readonly sizeBytes: number;
}

/** A response with its data, the first `bytesMax` bytes of it. */
export interface PtpAnswer extends PtpResponse {
  readonly data: Uint8Array<ArrayBuffer>;
}

export class PtpPipe {
  readonly #transport: UsbTransport;
  readonly #clock: Clock;
  #transaction = 0;
  #isLost = false;
  #isBusy = false;
  readonly #wait: HurriedWait;
  #onStep: () => void = () => undefined;

  constructor(transport: UsbTransport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
    this.#wait = new HurriedWait(clock);
  }

  /** See CameraSession.onStep. */
  onStep(handler: () => void): void {
    this.#onStep = handler;
  }

  /** Number of the last transaction. */
  get transaction(): number {
    return this.#transaction;
  }

  /** True between a failed transaction and `recovered`. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Both ends are in step again. */
  recovered(): void {
    this.#isLost = false;
  }

  /**
   * The camera said, in these words, that the transaction under way comes to nothing: it is given up when nothing comes soon. Given a number,
   * only that one.
   */
  hurry(words: string, transaction: number = this.#transaction): void {
    if (this.#isBusy && transaction === this.#transaction) this.#wait.hurry(words);
  }

  /** The next transaction has the number after this one. */
  numberFrom(transaction: number): void {
    this.#transaction = transaction;
  }

  /**
   * One transaction with its data as it comes; the receiver owns each piece. Ends with the response, whatever its code.
   * Errors: those of the transport; "driver.protocol"; "driver.timeout" without progress; the signal's reason.
   */
  async *stream(
    request: PtpRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, PtpResponse, undefined> {
    this.#begin(request);
    let response: PtpResponse | undefined;
    try {
      await this.#send(request, signal);
      response = yield* this.#receive(request, signal);
      return response;
    } finally {
      this.#isBusy = false;
      this.#isLost ||= response === undefined;
    }
  }

  /**
   * One transaction with the first `bytesMax` bytes of its data. Errors: as `stream`; "driver.protocol" too where data comes that does not end:
   * each piece of it is progress.
   */
  async call(request: PtpRequest, bytesMax: number, signal: AbortSignal): Promise<PtpAnswer> {
    const kept: Uint8Array<ArrayBuffer>[] = [];
    let cameBytes = 0;
    const pieces = this.stream(request, signal);
    for (;;) {
      const next = await pieces.next();
      if (next.done === true) return { ...next.value, data: joined(kept) };
      const part = next.value.subarray(0, Math.max(0, bytesMax - cameBytes));
      if (part.length > 0) kept.push(part);
      cameBytes += next.value.length;
      if (cameBytes <= bytesMax + SURPLUS_BYTES_MAX) continue;
      await pieces.return({ code: 0, parameters: [], sizeBytes: 0 }); // leaves it in the middle
      throw endless(request.operation, bytesMax);
    }
  }

  #begin({ operation }: PtpRequest): void {
    if (this.#isBusy)
      throw new Error(`PTP operation ${operationText(operation)} while another one is under way`);
    if (this.#isLost)
      throw new DockError('driver.protocol', 'the conversation with the camera is out of step', {
        retry: 'later',
      });
    this.#isBusy = true;
    this.#wait.forget();
    // OpenSession is transaction 0, the first within the session is 1 (ISO 15740 clause 9.3.1).
    if (operation === OPERATION.openSession) this.#transaction = 0;
    else this.#transaction = this.#transaction >= TRANSACTION_MAX ? 1 : this.#transaction + 1;
  }

  async #send({ operation, parameters, dataOut }: PtpRequest, signal: AbortSignal): Promise<void> {
    const command = encodeCommand(operation, this.#transaction, parameters);
    await this.#transport.bulkOut(command, COMMAND_MS, signal);
    if (dataOut === undefined) return;
    const data = encodeData(operation, this.#transaction, dataOut);
    await this.#transport.bulkOut(data, COMMAND_MS, signal);
    if (data.length % this.#transport.packetBytes === 0)
      await this.#transport.bulkOut(new Uint8Array(0), COMMAND_MS, signal);
  }

  async *#receive(
    { operation, progressMs, payloadBytes }: PtpRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, PtpResponse, undefined> {
    const takesZero = operation === OPERATION.closeSession;
    const wish = { operation, transaction: this.#transaction, takesZero, payloadBytes };
    const inbound = new InboundState(wish);
    const progress = new Progress(this.#clock, progressMs);
    let sizeBytes = 0;
    for (;;) {
      const bytes = await this.#wait.run(signal, (hurried) =>
        this.#transport.bulkIn(USB_TRANSFER_BYTES_MAX, progress.leftMs(), hurried),
      );
      this.#onStep();
      progress.came(bytes.length);
      const events = inbound.push(bytes, bytes.length < USB_TRANSFER_BYTES_MAX);
      for (const data of events.filter(isData)) {
        sizeBytes += data.bytes.length;
        const since = this.#clock.monotonicMs();
        yield data.bytes as Uint8Array<ArrayBuffer>;
        progress.paused(this.#clock.monotonicMs() - since);
      }
      const response = events.find(isResponse);
      if (response !== undefined) return { code: response.code, parameters: response.parameters, sizeBytes };
    }
  }
}

function endless(operation: number, bytesMax: number): DockError {
  const words = `the camera's answer to operation ${operationText(operation)} does not end: more than ${SURPLUS_BYTES_MAX} bytes came behind the ${bytesMax} that may be of use`;
  return new DockError('driver.protocol', words, { retry: 'later', facts: { operation } });
}

/** In memory of its own: a piece of a file is handed on with its buffer. */
function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(concatBytes(parts));
}

function isData(event: InboundEvent): event is InboundEvent & { kind: 'data' } {
  return event.kind === 'data';
}

function isResponse(event: InboundEvent): event is InboundEvent & { kind: 'response' } {
  return event.kind === 'response';
}

// A deadline that moves with what comes: so many bytes in so much time, else a camera counts as silent (one byte a minute is no progress).

const PROGRESS_BYTES = 64 * 1024;

class Progress {
  readonly #clock: Clock;
  readonly #withinMs: number;
  #dueMs: number;
  #bytes = 0;

  constructor(clock: Clock, withinMs: number) {
    this.#clock = clock;
    this.#withinMs = withinMs;
    this.#dueMs = clock.monotonicMs() + withinMs;
  }

  came(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < PROGRESS_BYTES) return;
    this.#bytes = 0;
    this.#dueMs = this.#clock.monotonicMs() + this.#withinMs;
  }

  /** Time in which nobody asked for more is not the camera's. */
  paused(ms: number): void {
    this.#dueMs += ms;
  }

  /** Errors: "driver.timeout". */
  leftMs(): number {
    const left = this.#dueMs - this.#clock.monotonicMs();
    if (left > 0) return left;
    const words = `the camera sent less than ${PROGRESS_BYTES} bytes in ${this.#withinMs} ms`;
    throw new DockError('driver.timeout', words, { retry: 'later' });
  }
}

// A wait for bytes that is cut short once the camera said that they will not come: it may still be wrong, so it gets a moment to show it.

const HURRIED_MS = 1000;

class HurriedWait {
  readonly #clock: Pick<Clock, 'after'>;
  #stop: AbortController | undefined;
  #words: string | undefined;
  #disarm: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** What is waited for now, or next, is given up when it does not come within HURRIED_MS. Once is as good as often. */
  hurry(words: string): void {
    this.#words ??= words;
    this.#arm();
  }

  /** What was said is about nothing any more. */
  forget(): void {
    this.#words = undefined;
    this.#disarm?.();
    this.#disarm = undefined;
  }

  /** Runs the wait; bytes that come end the hurry. Errors: those of the wait, "driver.timeout"; the signal's reason. */
  async run<T>(signal: AbortSignal, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    this.#stop = stop;
    this.#arm();
    try {
      return await wait(stop.signal);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#stop = undefined;
      this.forget();
    }
  }

  #arm(): void {
    const [stop, words] = [this.#stop, this.#words];
    if (stop === undefined || words === undefined || this.#disarm !== undefined) return;
    this.#disarm = this.#clock.after(HURRIED_MS, () =>
      stop.abort(
        new DockError('driver.timeout', `${words}, and sent nothing for ${HURRIED_MS} ms`, {
          retry: 'later',
        }),
      ),
    );
  }
}
