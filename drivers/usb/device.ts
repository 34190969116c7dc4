// What is plugged in, as the kernel shows it, and what a driver needs to open it: nothing here opens a device.
import { DockError } from '../../protocol/format/errors.ts';
import type { SocketPorts } from './socket.ts';
import type { UsbControl, UsbTransport } from './transport.ts';

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

// What a device on a camera's port may be. A keyboard or a network card that looks like a camera is not opened, it is reported.

/** Classes that a camera may show. Source: USB-IF, Defined Class Codes. */
const CAMERA_CLASSES: ReadonlyMap<number, string> = new Map([
  [0x06, 'still image'],
  [0x08, 'mass storage'],
  [0x0a, 'serial data'],
  [0xff, 'vendor specific'],
]);
const CLASS_COMMUNICATION = 0x02;
/** Abstract control: the control half of a USB serial port. Other communication classes are network cards. */
const SUBCLASS_ABSTRACT_CONTROL = 0x02;
/** Remote NDIS and the like hide a network card in a class of their own. */
const CLASS_NAMES: ReadonlyMap<number, string> = new Map([
  [0x01, 'audio'],
  [0x02, 'network'],
  [0x03, 'keyboard or mouse'],
  [0x07, 'printer'],
  [0x09, 'hub'],
  [0x0b, 'smart card'],
  [0x0e, 'video'],
  [0xe0, 'wireless or network'],
  [0xef, 'miscellaneous'],
  [0xfe, 'application specific'],
]);

/** Errors: "driver.refused" for a device with an interface that no camera needs, or with none at all; its facts name id and class. */
export function assertCameraLike(device: UsbDeviceFacts): void {
  if (device.interfaces.length === 0) throw refused(device, 'shows no interface', null);
  for (const { classCode, subclassCode, number } of device.interfaces) {
    const isSerialControl = classCode === CLASS_COMMUNICATION && subclassCode === SUBCLASS_ABSTRACT_CONTROL;
    if (CAMERA_CLASSES.has(classCode) || isSerialControl) continue;
    const name = CLASS_NAMES.get(classCode) ?? 'unknown';
    throw refused(device, `has an interface (${number}) of class ${hex(classCode)}, ${name}`, classCode);
  }
}

function refused(device: UsbDeviceFacts, what: string, classCode: number | null): DockError {
  const words = `the device ${usbIdText(device)} on USB port ${device.portPath} ${what}: no camera has that, it is not opened; take it out`;
  const facts = {
    usb_port: device.portPath,
    usb_id: usbIdText(device),
    ...(classCode !== null && { class: hex(classCode) }),
  };
  return new DockError('driver.refused', words, { retry: 'person', facts });
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}

// How a driver gets a transport: the agent gives it the adapter.

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
