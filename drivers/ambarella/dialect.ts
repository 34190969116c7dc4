// What the driver needs of a dialect, and what all of them share.
import { isDockError } from '../../protocol/format/errors.ts';
import type { UsbOpened } from '../usb/device.ts';

/** Each transfer, in either direction, has so long. The public tools wait as long for the slowest of the three dialects. */
export const TRANSFER_MS = 3000;

/** What a camera said of itself before it showed its disk; null where it does not tell. */
export interface Told {
  readonly serial: string | null;
  readonly batteryPercent: number | null;
}

/**
 * One way of speaking. Errors of all calls: "driver.detached"; the signal's reason. A camera that stalls, is silent or talks nonsense is
 * no error here: what it did is in the outcome.
 */
export interface Dialect {
  readonly name: 'a' | 'b' | 'c';
  /** What passwords it can carry, for messages. */
  readonly passwords: string;
  fits(password: string): boolean;
  /** False where the device lacks the pipes. */
  canSpeak(line: UsbOpened): boolean;
  /** Whether the camera speaks this dialect, asked without a password; undefined where it has no such question. */
  greet(line: UsbOpened, signal: AbortSignal): Promise<boolean | undefined>;
  /** "no-answer": nothing sane came. */
  logIn(
    line: UsbOpened,
    password: string,
    signal: AbortSignal,
  ): Promise<'accepted' | 'refused' | 'no-answer'>;
  /** Asked once, after the log-in. */
  tell(line: UsbOpened, password: string, signal: AbortSignal): Promise<Told>;
  /**
   * Sends the one command behind which the camera leaves. It may leave, or be silent, instead of answering: "sent", and what comes shows
   * whether it was taken. Never sent twice to one device: in dialect B a second one takes it back.
   */
  showDisk(line: UsbOpened, password: string, signal: AbortSignal): Promise<'sent' | 'refused'>;
}

/** What the call gives, or undefined where the camera did not do its part: refused, silent, or the transfer failed. */
export async function answered<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    signal.throwIfAborted();
    if (isDockError(error) && NO_ANSWER.has(error.code)) return undefined;
    throw error;
  }
}

const NO_ANSWER: ReadonlySet<string> = new Set(['usb.stall', 'usb.failed', 'driver.timeout']);

/** As `answered`, where the camera leaves for what it was asked: that it left is no error. */
export async function answeredOrLeft<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await answered(call, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (isDockError(error, 'driver.detached')) return undefined;
    throw error;
  }
}

// Texts in what these cameras send. Pure.

/** Printable ASCII up to the first zero, without blanks at its ends; null where it is empty or anything else. Never throws. */
export function zeroPaddedText(bytes: Uint8Array): string | null {
  const end = bytes.indexOf(0);
  return printableText(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Printable ASCII without blanks at its ends; null where it is empty or anything else. Never throws. */
export function printableText(bytes: Uint8Array): string | null {
  if (bytes.some((byte) => byte < 0x20 || byte > 0x7e)) return null;
  const text = Buffer.from(bytes).toString('latin1').trim();
  return text === '' ? null : text;
}

/** One byte for each character. The caller has made sure that there is nothing but ASCII in it. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
