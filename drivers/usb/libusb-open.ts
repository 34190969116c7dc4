// Opens a device through the npm package "usb" 2 (libusb) and claims one of its interfaces. The package loads native code: it is imported with
// the first device that is opened.
//
// Why 2.18 and not 3, which is another program (Rust, WebUSB's interface): measured with test/rig/usb-libraries.ts, 2.18.0 as used here
// against 3.1.0, QEMU's responder in an emulated guest on a busy machine, 8 MiB, three rounds in turn, medians (lowest to highest):
//
//              64 KiB       256 KiB      1 MiB a transfer     CPU s/GB, emulated
//     2.18.0   2 (2-3)      4 (2-10)     20 (19-40) MB/s      351 (231-420)
//     3.1.0    3 (1-9)      5 (4-25)     14 (5-15) MB/s       233 (229-386)
//
// At the size that is used here, 1 MiB, no round of 3 reached one of 2; the rest is within the spread. What decides is what happens when
// something goes wrong. In 3.1, what comes after a length that is no multiple of a packet is dropped without a word (asked for 13 bytes of a
// dataset, got 13, and then the response); an error has no number, only a text that is the same for a pipe that is busy and a device that left;
// asking for a device's texts opens it. 2.18 tells a stall, a departure and a refusal apart by libusb's numbers (libusb-errors.ts). Its faults
// are its own time-outs and buffers that a callback keeps, both stood by transport-usb.ts: a transfer without an answer that was to end after
// 700 ms ended after 882 (3.1: 711).
import type { Device, Endpoint, InEndpoint, OutEndpoint } from 'usb';
import type { OpenUsb, OpenUsbControl, UsbDeviceFacts } from './device.ts';
import { detached, refusalOf } from './libusb-errors.ts';
import { type Claimed, LibusbTransport, type UsbTransportOptions } from './transport-usb.ts';
import { isBulkPair, noBulkPipes, pipesOf } from './transport.ts';

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
