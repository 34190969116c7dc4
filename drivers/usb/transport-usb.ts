// The transport port over the npm package "usb" 2 (libusb). Its traps, measured and stood here (rig, USB transports):
// - its own time-outs come up to a minute late on a quiet bus: every wait has a timer of ours, which cancels the transfer;
// - a callback that keeps its Transfer alive leaks the buffer: the reference is dropped when it calls;
// - `close` throws while a transfer is pending: all are cancelled and awaited before.
import type { Device, InEndpoint, Interface, LibUSBException, OutEndpoint, Transfer } from 'usb';
import { bufferOf } from '../../protocol/format/bytes.ts';
import type { DockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { EventPace, type UsbBudget, within } from './transfer-limits.ts';
import type { UsbDeviceFacts, UsbDevices } from './device.ts';
import { detached, failed, failureOf, isGone } from './libusb-errors.ts';
import {
  isBulkPair,
  noBulkPipes,
  USB_CLOSE_MS,
  USB_TRANSFER_BYTES_MAX,
  type UsbRequest,
  type UsbTransport,
} from './transport.ts';

const RESET_MS = 10_000;
const CLEAR_MS = 2000;
/** A device that left while nothing is asked is noticed within this. */
const LOOK_MS = 1000;
const ENDPOINT_IN = 0x80;
const REQUEST_TYPE = { standard: 0, class: 0x20, vendor: 0x40 } as const;
const RECIPIENT = { device: 0, interface: 1 } as const;
const SETUP_BYTES = 8;

export interface UsbTransportOptions {
  readonly clock: Clock;
  readonly devices: UsbDevices;
  readonly budget: UsbBudget;
}

/** An interface and its pipes, where it has them. */
export interface Claimed {
  readonly claimed: Interface;
  readonly input: InEndpoint | undefined;
  readonly output: OutEndpoint | undefined;
  readonly events: InEndpoint | undefined;
}

/** The device with its claimed interface, as it was opened. */
export interface OpenedDevice extends Claimed {
  readonly facts: UsbDeviceFacts;
  readonly device: Device;
}

/** Shape: as UsbTransport; `start` is called once. */
export class LibusbTransport implements UsbTransport {
  readonly packetBytes: number;
  readonly #options: UsbTransportOptions;
  readonly #opened: OpenedDevice;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #ending = new AbortController();
  #gone: DockError | undefined;
  #closing: Promise<void> | undefined;
  #cancelLook: () => void = () => undefined;
  #stopEvents: () => Promise<void> = () => Promise.resolve();
  #onGone: (error: Error) => void = () => undefined;
  #onInterrupt: (bytes: Uint8Array) => void = () => undefined;

  constructor(options: UsbTransportOptions, opened: OpenedDevice) {
    this.packetBytes = opened.input?.descriptor.wMaxPacketSize ?? 0;
    this.#options = options;
    this.#opened = opened;
  }

  /** Without a pair of bulk pipes whatever needs them is "driver.refused". */
  get hasBulk(): boolean {
    return isBulkPair(this.#opened);
  }

  /** Called once. */
  start(): void {
    this.#look();
    this.#startEvents();
  }

  async bulkOut(bytes: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { bytes: written } = await this.#transfer(this.#pipe('out'), copyOf(bytes), timeoutMs, signal);
    if (written.length !== bytes.length)
      throw failed(`only ${written.length} of ${bytes.length} bytes were taken`);
  }

  async bulkIn(bytesMax: number, timeoutMs: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const input = this.#pipe('in');
    if (bytesMax % this.packetBytes !== 0 || bytesMax > USB_TRANSFER_BYTES_MAX)
      throw new RangeError(
        `a transfer of ${bytesMax} bytes, expected a multiple of ${this.packetBytes} up to ${USB_TRANSFER_BYTES_MAX}`,
      );
    const { bytes } = await this.#transfer(input, new Uint8Array(bytesMax), timeoutMs, signal);
    return bytes;
  }

  async controlOut(
    request: UsbRequest,
    bytes: Uint8Array,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#control(request, bytes, bytes.length, timeoutMs, signal);
  }

  controlIn(
    request: UsbRequest,
    bytesMax: number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#control(request, undefined, bytesMax, timeoutMs, signal);
  }

  async clearHalt(pipe: 'in' | 'out', signal: AbortSignal): Promise<void> {
    const endpoint = this.#pipe(pipe);
    await this.#call((done) => endpoint.clearHalt(done), CLEAR_MS, signal);
  }

  /** libusb claims again what was claimed. A transfer that is pending meanwhile ends as if the device had left: that of the events is ended before. */
  async reset(signal: AbortSignal): Promise<void> {
    await this.#stopEvents();
    try {
      await this.#call((done) => this.#opened.device.reset(done), RESET_MS, signal);
    } finally {
      this.#startEvents();
    }
  }

  onInterrupt(handler: (bytes: Uint8Array) => void): void {
    this.#onInterrupt = handler;
  }

  onGone(handler: (error: Error) => void): void {
    this.#onGone = handler;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#gone ??= detached('the transport was closed');
    this.#cancelLook();
    this.#ending.abort(this.#gone);
    const { clock } = this.#options;
    const ended = Promise.allSettled(this.#pending).then(() => this.#letGo());
    let unarm = (): void => undefined;
    const late = new Promise<void>((resolve) => (unarm = clock.after(USB_CLOSE_MS, resolve)));
    await Promise.race([ended, late]);
    unarm();
  }

  async #letGo(): Promise<void> {
    await new Promise<void>((resolve) => this.#opened.claimed.release(true, () => resolve())).catch(
      () => undefined,
    );
    try {
      this.#opened.device.close();
    } catch {
      // A device that left is closed by the kernel.
    }
  }

  #pipe(direction: 'in'): InEndpoint;
  #pipe(direction: 'out'): OutEndpoint;
  #pipe(direction: 'in' | 'out'): InEndpoint | OutEndpoint;
  #pipe(direction: 'in' | 'out'): InEndpoint | OutEndpoint {
    const { claimed, input, output } = this.#opened;
    const pipe = direction === 'in' ? input : output;
    if (pipe === undefined) throw noBulkPipes(claimed.interfaceNumber);
    return pipe;
  }

  #control(
    { type, recipient, request, value, index }: UsbRequest,
    out: Uint8Array | undefined,
    bytesMax: number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const buffer = Buffer.alloc(SETUP_BYTES + bytesMax);
    const direction = out === undefined ? ENDPOINT_IN : 0;
    buffer.writeUInt8(direction | REQUEST_TYPE[type] | RECIPIENT[recipient], 0);
    buffer.writeUInt8(request, 1);
    buffer.writeUInt16LE(value, 2);
    buffer.writeUInt16LE(recipient === 'interface' ? this.#opened.claimed.interfaceNumber : index, 4);
    buffer.writeUInt16LE(bytesMax, 6);
    buffer.set(out ?? [], SETUP_BYTES);
    return this.#submit(buffer, timeoutMs, signal, async (done) => {
      const { Transfer: ControlTransfer } = await import('usb');
      return new ControlTransfer(this.#opened.device, 0, 0, 0, done);
    }).then(({ actual }) => new Uint8Array(buffer.subarray(SETUP_BYTES, SETUP_BYTES + actual)));
  }

  async #transfer(
    endpoint: InEndpoint | OutEndpoint,
    bytes: Uint8Array<ArrayBuffer>,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: Uint8Array<ArrayBuffer> }> {
    const run = async (): Promise<{ readonly bytes: Uint8Array<ArrayBuffer> }> => {
      const { actual } = await this.#submit(bufferOf(bytes), timeoutMs, signal, async (done) =>
        endpoint.makeTransfer(0, done),
      );
      return { bytes: actual === bytes.length ? bytes : bytes.subarray(0, actual) };
    };
    return endpoint === this.#opened.input ? this.#options.budget.run(bytes.length, signal, run) : run();
  }

  /** Submits one transfer and waits for it, at most so long; a transfer that is given up is cancelled and awaited. */
  async #submit(
    buffer: Buffer,
    timeoutMs: number,
    signal: AbortSignal,
    make: (
      done: (error: LibUSBException | undefined, buffer: Buffer, actual: number) => void,
    ) => Promise<Transfer>,
  ): Promise<{ readonly actual: number }> {
    this.#check(signal);
    const { promise, resolve, reject } = withResolvers<number>();
    const made = await make((error, _buffer, actual) => {
      if (error === undefined) resolve(actual);
      else reject(error);
    });
    this.#check(signal); // again: making it takes a moment, in which nobody listens to the signals
    let transfer: Transfer | undefined = made;
    const settled = promise.finally(() => (transfer = undefined));
    settled.catch(() => undefined);
    this.#keep(settled);
    try {
      made.submit(buffer);
    } catch (error) {
      reject(error as Error);
    }
    const cancel = (): void => {
      try {
        transfer?.cancel();
      } catch {
        // It has come back in the meantime.
      }
    };
    return { actual: await this.#within(settled, cancel, timeoutMs, signal) };
  }

  async #within<T>(work: Promise<T>, cancel: () => void, timeoutMs: number, signal: AbortSignal): Promise<T> {
    const signals = [signal, this.#ending.signal];
    try {
      return await within(work, { clock: this.#options.clock, timeoutMs, signals, cancel });
    } catch (error) {
      throw this.#errorOf(error, signal);
    }
  }

  async #call(
    start: (done: (error: LibUSBException | undefined) => void) => void,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    this.#check(signal);
    const { promise, resolve, reject } = withResolvers<void>();
    this.#keep(promise);
    try {
      start((error) => (error === undefined ? resolve() : reject(error)));
    } catch (error) {
      reject(error as Error);
    }
    await this.#within(promise, () => undefined, timeoutMs, signal);
  }

  /** The device cannot be closed before that has ended. */
  #keep(work: Promise<unknown>): void {
    this.#pending.add(work);
    const end = (): void => void this.#pending.delete(work);
    work.then(end, end);
  }

  #check(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.#gone !== undefined) throw this.#gone;
  }

  #errorOf(error: unknown, signal: AbortSignal): unknown {
    if (this.#gone !== undefined) return this.#gone;
    if (signal.aborted && error === signal.reason) return error;
    if (!isGone(error)) return failureOf(error);
    this.#leave(error);
    return this.#gone;
  }

  #leave(cause: unknown): void {
    if (this.#gone !== undefined) return;
    this.#gone = detached('the camera left', cause);
    this.#cancelLook();
    this.#onGone(this.#gone);
  }

  /** Looks now and then whether the same device is still on its port. */
  #look(): void {
    const { clock, devices } = this.#options;
    this.#cancelLook = clock.after(LOOK_MS, () => {
      void devices
        .at(this.#opened.facts.portPath, this.#ending.signal)
        .then((now) => {
          const { bus, address } = this.#opened.facts;
          if (now?.bus !== bus || now.address !== address) this.#leave(undefined);
          else if (this.#gone === undefined) this.#look();
        })
        .catch(() => {
          if (this.#gone === undefined) this.#look(); // what the machine refuses says nothing of the camera
        });
    });
  }

  #startEvents(): void {
    const { events } = this.#opened;
    if (events === undefined || this.#gone !== undefined) return;
    const quiet = new AbortController();
    const listening = this.#listen(events, quiet.signal);
    this.#stopEvents = async () => {
      quiet.abort();
      await listening;
    };
  }

  /** Events come on a pipe of their own, one packet each, at a bounded pace, until the transport ends. */
  async #listen(events: InEndpoint, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const pace = new EventPace();
    const ending = AbortSignal.any([signal, this.#ending.signal]);
    while (this.#gone === undefined) {
      const bytes = new Uint8Array(events.descriptor.wMaxPacketSize);
      try {
        const { actual } = await this.#submit(bufferOf(bytes), 2 ** 30, signal, async (done) =>
          events.makeTransfer(0, done),
        );
        this.#onInterrupt(bytes.subarray(0, actual));
        const pauseMs = pace.pauseMs(clock.monotonicMs());
        if (pauseMs > 0) await clock.sleep(pauseMs, ending);
      } catch {
        return; // a device without working events is listed now and then anyway
      }
    }
  }
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
