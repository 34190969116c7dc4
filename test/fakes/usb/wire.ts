// A USB cable in memory: the host's end is the transport port, the device's end gets what the host sends and answers in packets.
import { concatBytes } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import {
  USB_TRANSFER_BYTES_MAX,
  type UsbRequest,
  type UsbTransport,
} from '../../../drivers/usb/transport.ts';

/** The device's side. Calls are made in order, one at a time. */
export interface WiredDevice {
  /** One OUT transfer. "stall": the pipe halts. */
  out(bytes: Uint8Array, wire: Wire): Promise<'taken' | 'stall'> | 'taken' | 'stall';
  /** A control request with its data, or the number of bytes that are asked for. "stall": it is refused. */
  control(
    request: UsbRequest,
    data: Uint8Array | number,
    wire: Wire,
  ): Promise<Uint8Array | 'stall'> | Uint8Array | 'stall';
  /** The host resets the device. */
  reset(wire: Wire): void;
}

interface Queued {
  readonly bytes: Uint8Array;
  readonly endsShort: boolean;
}

interface Waiting {
  readonly bytesMax: number;
  readonly resolve: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly reject: (error: Error) => void;
}

export interface WireOptions {
  readonly device: WiredDevice;
  readonly clock: Clock;
  readonly packetBytes?: number;
}

/** Shape: as UsbTransport. What the device sends beyond the bound is a mistake of the test. */
export class Wire implements UsbTransport {
  readonly packetBytes: number;
  readonly #device: WiredDevice;
  readonly #clock: Clock;
  #queue: Queued[] = [];
  #waiting: Waiting | undefined;
  #halted = { in: false, out: false };
  #gone: DockError | undefined;
  #isClosed = false;
  #onGone: (error: Error) => void = () => undefined;
  #onInterrupt: (bytes: Uint8Array) => void = () => undefined;
  /** Transfers that the host made, for tests that count. */
  transfers = 0;
  /** Resets of the device. */
  resets = 0;

  constructor({ device, clock, packetBytes = 512 }: WireOptions) {
    this.#device = device;
    this.#clock = clock;
    this.packetBytes = packetBytes;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  // The device's end.

  /** Packets as the bytes need; `zlp`: a zero-length packet after a full last one. `cut`: ends short although more will follow. */
  send(bytes: Uint8Array, { zlp = false, cut = false }: { zlp?: boolean; cut?: boolean } = {}): void {
    const endsShort = cut || zlp || bytes.length === 0 || bytes.length % this.packetBytes !== 0;
    this.#queue.push({ bytes, endsShort });
    this.#deliver();
  }

  interrupt(bytes: Uint8Array): void {
    this.#onInterrupt(bytes);
  }

  halt(pipe: 'in' | 'out'): void {
    this.#halted[pipe] = true;
    if (pipe === 'in') this.#fail(stall());
  }

  /** What was sent and not fetched is lost. */
  flush(): void {
    this.#queue = [];
  }

  /** The plug is pulled. */
  pull(): void {
    if (this.#gone !== undefined) return;
    this.#gone = new DockError('driver.detached', 'the camera left', { retry: 'later' });
    this.#fail(this.#gone);
    if (!this.#isClosed) this.#onGone(this.#gone);
  }

  // The host's end.

  async bulkOut(bytes: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<void> {
    this.#check(signal);
    this.transfers++;
    if (this.#halted.out) throw stall();
    const taken = await this.#within(timeoutMs, signal, Promise.resolve(this.#device.out(bytes, this)));
    if (taken !== 'stall') return;
    this.#halted.out = true;
    throw stall();
  }

  async bulkIn(bytesMax: number, timeoutMs: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    this.#check(signal);
    this.transfers++;
    if (bytesMax % this.packetBytes !== 0 || bytesMax > USB_TRANSFER_BYTES_MAX)
      throw new RangeError(`a transfer of ${bytesMax} bytes`);
    if (this.#waiting !== undefined) throw new Error('two transfers on one pipe');
    if (this.#halted.in) throw stall();
    const transfer = new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
      this.#waiting = { bytesMax, resolve, reject };
      this.#deliver();
    });
    try {
      return await this.#within(timeoutMs, signal, transfer);
    } finally {
      this.#waiting = undefined;
    }
  }

  async controlOut(
    request: UsbRequest,
    bytes: Uint8Array,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#control(request, bytes, timeoutMs, signal);
  }

  async controlIn(
    request: UsbRequest,
    bytesMax: number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#control(request, bytesMax, timeoutMs, signal);
    return new Uint8Array(bytes.subarray(0, bytesMax));
  }

  async clearHalt(pipe: 'in' | 'out', signal: AbortSignal): Promise<void> {
    this.#check(signal);
    this.#halted[pipe] = false;
  }

  async reset(signal: AbortSignal): Promise<void> {
    this.#check(signal);
    this.resets++;
    this.#queue = [];
    this.#halted = { in: false, out: false };
    this.#device.reset(this);
  }

  onInterrupt(handler: (bytes: Uint8Array) => void): void {
    this.#onInterrupt = handler;
  }

  onGone(handler: (error: Error) => void): void {
    this.#onGone = handler;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#fail(closed());
  }

  async #control(
    request: UsbRequest,
    data: Uint8Array | number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    this.#check(signal);
    this.transfers++;
    const answer = await this.#within(
      timeoutMs,
      signal,
      Promise.resolve(this.#device.control(request, data, this)),
    );
    if (answer === 'stall') throw stall();
    return answer;
  }

  #check(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.#isClosed) throw closed();
    if (this.#gone !== undefined) throw this.#gone;
  }

  /** A transfer ends with a short packet or when it is full. */
  #deliver(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    let held = 0;
    for (const [index, { bytes, endsShort }] of this.#queue.entries()) {
      held += bytes.length;
      if (held < waiting.bytesMax && !endsShort) continue;
      const whole = concatBytes(this.#queue.splice(0, index + 1).map((each) => each.bytes));
      const rest = whole.subarray(waiting.bytesMax);
      if (rest.length > 0 || (endsShort && whole.length === waiting.bytesMax && whole.length > 0))
        this.#queue.unshift({ bytes: rest, endsShort });
      this.#waiting = undefined;
      waiting.resolve(new Uint8Array(whole.subarray(0, waiting.bytesMax)));
      return;
    }
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  async #within<T>(timeoutMs: number, signal: AbortSignal, work: Promise<T>): Promise<T> {
    let cancel = (): void => undefined;
    const ended = new Promise<never>((_, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      const unarm = this.#clock.after(timeoutMs, () => reject(late(timeoutMs)));
      signal.addEventListener('abort', onAbort, { once: true });
      cancel = () => {
        unarm();
        signal.removeEventListener('abort', onAbort);
      };
    });
    try {
      return await Promise.race([work, ended]);
    } finally {
      cancel();
      work.catch(() => undefined);
    }
  }
}

function stall(): DockError {
  return new DockError('usb.stall', 'the pipe is halted', { retry: 'later' });
}

function late(ms: number): DockError {
  return new DockError('driver.timeout', `no transfer within ${ms} ms`, { retry: 'later' });
}

function closed(): DockError {
  return new DockError('driver.detached', 'the transport was closed', { retry: 'later' });
}
