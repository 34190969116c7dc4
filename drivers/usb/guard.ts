// What a device on a camera's port may be. A keyboard or a network card that looks like a camera is not opened, it is reported.
import { DockError } from '../../protocol/format/errors.ts';
import { usbIdText, type UsbDeviceFacts } from './device.ts';

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
