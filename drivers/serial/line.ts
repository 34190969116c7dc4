// The line port: bytes to and from one serial device, for one docking. Every adapter passes test/contracts/line-contract.ts.
//
// Invariants:
// 1. A line is opened once and closed once, and never opened again: no byte can reach the camera that comes next.
// 2. Every wait has a deadline; a device that went away is noticed within LINE_GONE_MS, also while it sends.
import { stat } from 'node:fs/promises';

/** How a line is run. Data bits 8, no parity, 1 stop bit, no flow control. */
export interface LineSettings {
  /** Such as /dev/serial/by-path/...: it follows the socket, not the adapter. */
  readonly path: string;
  /** Bits per second. */
  readonly baud: number;
}

/** An unplugged device is noticed within this time. */
export const LINE_GONE_MS = 3000;
/** A write that the device does not take for so long ends the line. */
export const LINE_WRITE_MS = 5000;

/** An open line. */
export interface Line {
  /**
   * Resolves when the system took the bytes. One at a time.
   * Errors: "driver.detached" when the line is closed or the device is gone; "driver.timeout" after LINE_WRITE_MS, and the line is closed then.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Bytes as they come, each piece valid only during the call; short and synchronous. One handler. */
  onBytes(handler: (bytes: Uint8Array) => void): void;
  /** Called once, when the line ends for whatever reason but `close`. */
  onGone(handler: (error: Error) => void): void;
  /** Idempotent, never rejects; resolves within LINE_WRITE_MS even when the device does not let go. */
  close(): Promise<void>;
}

/**
 * Opens a line.
 * Errors: "driver.detached" where no such device is there; "driver.refused" where it may not be opened or is in use, with what to do;
 * the signal's reason.
 */
export type OpenLine = (settings: LineSettings, signal: AbortSignal) => Promise<Line>;

// What lies at the path of a serial port. Loads nothing native: the agent looks here before any port is opened.

/** Major number of ttyACM: the device at the other end of the cable is itself the port. Source: Linux, Documentation/admin-guide/devices.txt. */
const MAJOR_ACM = 166n;

/** Device and file number of the node that the path leads to: another text once another device lies there; undefined where there is none. */
export async function deviceAt(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found?.isCharacterDevice() === true ? `${found.rdev}.${found.ino}` : undefined;
}

/**
 * True where the port is the camera's own and comes and goes with it (CDC-ACM). Any other port may be the dock's: it is there in an
 * empty bay, and that nobody answers on it says nothing.
 */
export async function isCameraPort(path: string): Promise<boolean> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found?.isCharacterDevice() === true && majorOf(found.rdev) === MAJOR_ACM;
}

/** Source: glibc, gnu_dev_major. */
function majorOf(device: bigint): bigint {
  return ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
}
