// How a driver gets a transport: the agent gives it the adapter.
import type { UsbDeviceFacts } from './device.ts';
import type { UsbTransport } from './transport.ts';

/**
 * Opens the device that was looked at, and claims one of its interfaces.
 * Errors: "driver.detached" where it is not that device any more (another address on the port); "driver.refused" where it may not be opened or
 * another program has it, with what to do; the signal's reason.
 */
export type OpenUsb = (
  device: UsbDeviceFacts,
  interfaceNumber: number,
  signal: AbortSignal,
) => Promise<UsbTransport>;
