// Opens a device through the npm package "usb" 2 (libusb) and claims one of its interfaces. The package loads native code: it is imported with
// the first device that is opened.
import type { Device, Endpoint, InEndpoint, OutEndpoint } from 'usb';
import type { UsbDeviceFacts } from './device.ts';
import { detached, refusalOf } from './libusb-errors.ts';
import type { OpenUsb, OpenUsbControl } from './open-usb.ts';
import { isBulkPair, noBulkPipes, pipesOf } from './pipes.ts';
import { LibusbTransport, type Claimed, type UsbTransportOptions } from './transport-usb.ts';

/** Opens transports through libusb. The package loads native code: it is imported with the first device. */
export function libusbTransports(options: UsbTransportOptions): OpenUsb {
  return (facts, interfaceNumber, signal) => open(options, facts, interfaceNumber, true, signal);
}

/** The same for devices that may do without bulk pipes. */
export function libusbControls(options: UsbTransportOptions): OpenUsbControl {
  return async (facts, interfaceNumber, signal) => {
    const transport = await open(options, facts, interfaceNumber, false, signal);
    return { control: transport, bulk: transport.hasBulk ? transport : undefined };
  };
}

async function open(
  options: UsbTransportOptions,
  facts: UsbDeviceFacts,
  interfaceNumber: number,
  needsBulk: boolean,
  signal: AbortSignal,
): Promise<LibusbTransport> {
  const { getDeviceList } = await import('usb');
  signal.throwIfAborted();
  const device = getDeviceList().find(
    ({ busNumber, deviceAddress }) => busNumber === facts.bus && deviceAddress === facts.address,
  );
  if (device === undefined) throw detached(`the device on USB port ${facts.portPath} left`);
  const opened = { ...claim(device, facts, interfaceNumber, needsBulk), facts, device };
  const transport = new LibusbTransport(options, opened);
  transport.start();
  return transport;
}

/** Errors: as OpenUsb; nothing stays open then. */
function claim(device: Device, facts: UsbDeviceFacts, interfaceNumber: number, needsBulk: boolean): Claimed {
  try {
    device.open();
  } catch (error) {
    throw refusalOf(error, facts.portPath);
  }
  try {
    const claimed = device.interface(interfaceNumber);
    claimed.claim();
    const pipes = pipesOf<Endpoint>(claimed.endpoints);
    if (needsBulk && !isBulkPair(pipes)) throw noBulkPipes(interfaceNumber);
    return {
      claimed,
      input: pipes.input as InEndpoint | undefined,
      output: pipes.output as OutEndpoint | undefined,
      events: pipes.events as InEndpoint | undefined,
    };
  } catch (error) {
    device.close();
    throw refusalOf(error, facts.portPath);
  }
}
