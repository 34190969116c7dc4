// The USB transport port: one claimed interface of one device, for one docking.
//
// Invariants:
// 1. A transport is opened once and closed once: nothing can reach the device that comes to the port next.
// 2. At most one transfer on each pipe at a time; a second one is a mistake of the caller.
// 3. Every wait has the caller's deadline, kept by the adapter's own timer: the packages' own ones come late or lose bytes.
import { DockError } from '../../protocol/format/errors.ts';

/** A control request; the direction is that of the call. Source: USB 2.0, 9.3. */
export interface UsbRequest {
  readonly type: 'standard' | 'class' | 'vendor';
  readonly recipient: 'device' | 'interface';
  /** bRequest, 8 bits. */
  readonly request: number;
  /** wValue, 16 bits. */
  readonly value: number;
  /** wIndex, 16 bits, for the device; for an interface the adapter puts the number of the claimed one. */
  readonly index: number;
}

/**
 * What an open device has even where it has no bulk pipes.
 * Errors of all calls: "driver.detached" when the device left or the transport was closed; "driver.timeout" at the deadline; "usb.stall" for a
 * refused request; "usb.failed" for anything else that the system says; the signal's reason.
 */
export interface UsbControl {
  controlOut(request: UsbRequest, bytes: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** At most `bytesMax`, fewer where the device gives fewer. */
  controlIn(
    request: UsbRequest,
    bytesMax: number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Called once, when the device leaves. */
  onGone(handler: (error: Error) => void): void;
  /** Ends all transfers, releases the interface. Idempotent, never rejects, resolves within USB_CLOSE_MS. */
  close(): Promise<void>;
}

/**
 * An open interface with one bulk pipe in each direction, and an interrupt IN pipe where the device has one.
 * Errors as of UsbControl; after "driver.timeout" and after the signal's reason a pipe is in no known state; "usb.stall" stands for a halted
 * pipe, too.
 */
export interface UsbTransport extends UsbControl {
  /** wMaxPacketSize of the bulk IN pipe: 64, 512 or 1024. */
  readonly packetBytes: number;
  /** All bytes, without a zero-length packet behind them. Empty: one zero-length packet. */
  bulkOut(bytes: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /**
   * One transfer: ends with a short packet or with `bytesMax`, a multiple of `packetBytes` and at most USB_TRANSFER_BYTES_MAX.
   * The caller owns what it gets, whole buffer included. Empty: a zero-length packet.
   */
  bulkIn(bytesMax: number, timeoutMs: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  clearHalt(pipe: 'in' | 'out', signal: AbortSignal): Promise<void>;
  /** Resets the device on its port; the interface is claimed again before it resolves. */
  reset(signal: AbortSignal): Promise<void>;
  /** One packet of the interrupt pipe each; short and synchronous. One handler. Without such a pipe it is never called. */
  onInterrupt(handler: (bytes: Uint8Array) => void): void;
}

/** All cameras share 16 MB of the kernel (usbfs_memory_mb); more than this at a time for one fails with many of them docked. */
export const USB_TRANSFER_BYTES_MAX = 1024 * 1024;
export const USB_CLOSE_MS = 5000;

// Which of an interface's endpoints are its pipes. Pure.

/** bmAttributes, bits 0 and 1. Source: USB 2.0, 9.6.6. */
const TYPE_BULK = 2;
const TYPE_INTERRUPT = 3;

/** What of an endpoint decides. */
export interface EndpointFacts {
  readonly transferType: number;
  readonly direction: 'in' | 'out';
}

/** The first endpoint of each kind; undefined where the interface has none. */
interface Pipes<Endpoint> {
  readonly input: Endpoint | undefined;
  readonly output: Endpoint | undefined;
  readonly events: Endpoint | undefined;
}

/** Never throws. */
export function pipesOf<Endpoint extends EndpointFacts>(endpoints: readonly Endpoint[]): Pipes<Endpoint> {
  const pick = (type: number, direction: 'in' | 'out'): Endpoint | undefined =>
    endpoints.find((each) => each.transferType === type && each.direction === direction);
  return {
    input: pick(TYPE_BULK, 'in'),
    output: pick(TYPE_BULK, 'out'),
    events: pick(TYPE_INTERRUPT, 'in'),
  };
}

/** True where data can go in both directions. Never throws. */
export function isBulkPair({ input, output }: Pipes<unknown>): boolean {
  return input !== undefined && output !== undefined;
}

/** The error of a driver that needs bulk pipes, at an interface without them. */
export function noBulkPipes(interfaceNumber: number): DockError {
  return new DockError('driver.refused', `interface ${interfaceNumber} has no pair of bulk pipes`, {
    retry: 'never',
  });
}
