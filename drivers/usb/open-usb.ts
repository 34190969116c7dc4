// How a driver gets a transport: the agent gives it the adapter.
import type { UsbDeviceFacts } from './device.ts';
import type { UsbControl, UsbTransport } from './transport.ts';

/**
 * Opens the device that was looked at, and claims one of its interfaces.
 * Errors: "driver.detached" where it is not that device any more (another address on the port); "driver.refused" where it may not be opened,
 * another program has it, or the interface has no pair of bulk pipes, with what to do; the signal's reason.
 */
export type OpenUsb = (
  device: UsbDeviceFacts,
  interfaceNumber: number,
  signal: AbortSignal,
) => Promise<UsbTransport>;

/** An open device of a kind that needs no bulk pipes. Closing `control` closes all of it. */
export interface UsbOpened {
  readonly control: UsbControl;
  /** The same transport with its pipes; undefined where the interface has no pair of them. */
  readonly bulk: UsbTransport | undefined;
}

/** As OpenUsb, for devices that may do without bulk pipes. */
export type OpenUsbControl = (
  device: UsbDeviceFacts,
  interfaceNumber: number,
  signal: AbortSignal,
) => Promise<UsbOpened>;
