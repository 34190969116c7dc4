// What libusb's numbers mean for us. Source: libusb 1.0, enum libusb_error and enum libusb_transfer_status.
import { DockError, isDockError } from '../../protocol/format/errors.ts';

/** Negative for calls, positive for transfers. */
const ERROR_ACCESS = -3;
const ERROR_NO_DEVICE = -4;
const ERROR_NOT_FOUND = -5;
const ERROR_BUSY = -6;
const STATUS_STALL = 4;
const STATUS_NO_DEVICE = 5;

/** True where the device is not there any more. Never throws. */
export function isGone(error: unknown): boolean {
  const number = errnoOf(error);
  return number === STATUS_NO_DEVICE || number === ERROR_NO_DEVICE || number === ERROR_NOT_FOUND;
}

/** The error of a transfer or a call on an open device that is still there. */
export function failureOf(error: unknown): DockError {
  if (isDockError(error)) return error;
  if (errnoOf(error) === STATUS_STALL)
    return new DockError('usb.stall', 'the pipe is halted', { retry: 'later', cause: error });
  return failed(said(error), error);
}

/** The error of opening a device or claiming its interface, with what to do. */
export function refusalOf(error: unknown, portPath: string): DockError {
  if (isDockError(error)) return error;
  if (isGone(error)) return detached(`the device on USB port ${portPath} left`, error);
  const number = errnoOf(error);
  const why =
    number === ERROR_ACCESS
      ? 'the agent has no right to it: install the udev rules, or give its group the right to write to the device'
      : number === ERROR_BUSY
        ? 'another program has it: end that program (gvfs, a photo importer)'
        : said(error);
  const words = `the device on USB port ${portPath} cannot be opened: ${why}`;
  return new DockError('driver.refused', words, {
    retry: 'person',
    cause: error,
    facts: { libusb: number ?? null },
  });
}

export function detached(message: string, cause?: unknown): DockError {
  return new DockError('driver.detached', message, { retry: 'later', cause });
}

export function failed(message: string, cause?: unknown): DockError {
  return new DockError('usb.failed', `a USB transfer failed: ${message}`, { retry: 'later', cause });
}

function said(error: unknown): string {
  return `libusb says ${errnoOf(error) ?? 'nothing'} (${error instanceof Error ? error.message : String(error)})`;
}

function errnoOf(error: unknown): number | undefined {
  const number = error instanceof Error && 'errno' in error ? error.errno : undefined;
  return typeof number === 'number' ? number : undefined;
}
