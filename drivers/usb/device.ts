// What is plugged in, as the kernel tells it: nothing here opens a device.

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
  /** Where it is plugged in, as the kernel names it: bus and ports, such as "1-1.4.2". Stays the same for one socket. */
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
  /** Root hubs and hubs left out. At most USB_DEVICES_MAX. Errors: the system's. */
  list(signal: AbortSignal): Promise<readonly UsbDeviceFacts[]>;
  /** The device on that port, or undefined. Errors: the system's. */
  at(portPath: string, signal: AbortSignal): Promise<UsbDeviceFacts | undefined>;
}

/** USB allows 127 devices a bus; a station has a handful of buses. */
export const USB_DEVICES_MAX = 512;

/** "vvvv:pppp" in lower-case hex. */
export function usbIdText({ vendorId, productId }: UsbDeviceFacts): string {
  return `${hex4(vendorId)}:${hex4(productId)}`;
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, '0');
}
