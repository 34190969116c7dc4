// What is plugged in, as the kernel tells it: nothing here opens a device.
import type { SocketPorts } from './socket.ts';

/** One interface of the active configuration. Numbers as in the descriptor (USB 2.0, 9.6.5). */
export interface UsbInterfaceFacts {
  readonly number: number;
  readonly classCode: number;
  readonly subclassCode: number;
  readonly protocolCode: number;
  /** The interface's own string, or null where it has none. */
  readonly name: string | null;
}

/** One device. Strings come from the device: data, at most 126 characters each, null where it has none. */
export interface UsbDeviceFacts {
  /**
   * Where it is plugged in, as the kernel names it: bus and ports, such as "1-1.4.2". One socket for USB 3 has two such names; a device that was
   * asked for by one of them has that one.
   */
  readonly portPath: string;
  /** Counts up with every device on the bus: two devices after each other on one port have different ones. */
  readonly bus: number;
  readonly address: number;
  readonly vendorId: number;
  readonly productId: number;
  readonly vendor: string | null;
  readonly product: string | null;
  readonly serial: string | null;
  readonly interfaces: readonly UsbInterfaceFacts[];
}

/** Every device that is plugged in; the consumer declares it, the adapter reads the kernel's tables. */
export interface UsbDevices {
  /** Root hubs and hubs left out, each by its own port. At most USB_DEVICES_MAX. Errors: the system's. */
  list(signal: AbortSignal): Promise<readonly UsbDeviceFacts[]>;
  /** The device at the socket of that port, at whichever of its ports it came up, or undefined. Errors: the system's. */
  at(portPath: string, signal: AbortSignal): Promise<UsbDeviceFacts | undefined>;
  /** Ports of one socket, as `at` looks at them. */
  readonly portsOf: SocketPorts;
}

/** USB allows 127 devices a bus; a station has a handful of buses. */
export const USB_DEVICES_MAX = 512;

/** Mass storage, whatever its command set. Source: USB-IF, Defined Class Codes. */
const CLASS_MASS_STORAGE = 0x08;

/** True for a device that shows a disk, whatever else it shows. */
export function hasDisk({ interfaces }: UsbDeviceFacts): boolean {
  return interfaces.some(({ classCode }) => classCode === CLASS_MASS_STORAGE);
}

/** "vvvv:pppp" in lower-case hex. */
export function usbIdText({ vendorId, productId }: UsbDeviceFacts): string {
  return `${hex4(vendorId)}:${hex4(productId)}`;
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, '0');
}
