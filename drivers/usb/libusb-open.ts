// Opens a device through the npm package "usb" 2 (libusb) and claims one of its interfaces. The package loads native code: it is imported with
// the first device that is opened.
import type { Device, InEndpoint, OutEndpoint } from 'usb';
import { DockError } from '../../protocol/errors.ts';
import type { UsbDeviceFacts } from './device.ts';
import { detached, refusalOf } from './libusb-errors.ts';
import type { OpenUsb } from './open-usb.ts';
import { LibusbTransport, type Claimed, type UsbTransportOptions } from './transport-usb.ts';

const TYPE_BULK = 2;
const TYPE_INTERRUPT = 3;

/** Opens transports through libusb. The package loads native code: it is imported with the first device. */
export function libusbTransports(options: UsbTransportOptions): OpenUsb {
  return async (facts, interfaceNumber, signal) => {
    const { getDeviceList } = await import('usb');
    signal.throwIfAborted();
    const device = getDeviceList().find(
      ({ busNumber, deviceAddress }) => busNumber === facts.bus && deviceAddress === facts.address,
    );
    if (device === undefined) throw detached(`the device on USB port ${facts.portPath} left`);
    const opened = { ...claim(device, facts, interfaceNumber), facts, device };
    const transport = new LibusbTransport(options, opened);
    transport.start();
    return transport;
  };
}

/** Errors: as OpenUsb; nothing stays open then. */
function claim(device: Device, facts: UsbDeviceFacts, interfaceNumber: number): Claimed {
  try {
    device.open();
  } catch (error) {
    throw refusalOf(error, facts.portPath);
  }
  try {
    const claimed = device.interface(interfaceNumber);
    claimed.claim();
    const pick = (type: number, direction: 'in' | 'out') =>
      claimed.endpoints.find((each) => each.transferType === type && each.direction === direction);
    const input = pick(TYPE_BULK, 'in') as InEndpoint | undefined;
    const output = pick(TYPE_BULK, 'out') as OutEndpoint | undefined;
    if (input === undefined || output === undefined)
      throw new DockError('driver.refused', `interface ${interfaceNumber} has no pair of bulk pipes`, {
        retry: 'never',
      });
    return { claimed, input, output, events: pick(TYPE_INTERRUPT, 'in') as InEndpoint | undefined };
  } catch (error) {
    device.close();
    throw refusalOf(error, facts.portPath);
  }
}
