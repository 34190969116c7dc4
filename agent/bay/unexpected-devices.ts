// Tells of cameras and phones at USB ports that are no bays (SPEC 12.6). Reads the kernel's tables now and then and opens nothing.
//
// Invariants:
// 1. One look at a time, LOOK_MS apart: how many devices come and go between two looks costs nothing.
// 2. At most PORTS_MAX ports are told of at a time.
import type { BayConfig } from '../../config/station-config.ts';
import { ptpInterfaceOf } from '../../drivers/ptp/ptp-interface.ts';
import { usbIdText, type UsbDeviceFacts, type UsbDevices } from '../../drivers/usb/device.ts';
import type { Clock, Conditions, Log } from '../../protocol/ports.ts';

/** Nobody waits for this: a bay's own port is looked at more often. */
const LOOK_MS = 5000;
/** More ports than any dock has, and few enough to be read. */
const PORTS_MAX = 16;
const UNEXPECTED_CODE = 'usb.unexpected-device';
/** udev's name of a serial port by its path: controller, then "usb", a 0, the ports on the way, configuration and interface. */
const SERIAL_BY_PATH = /-usb(?:v\d)?-\d+:([\d.]+):\d+\.\d+(?:-port\d+)?$/;

export interface UnexpectedDevicesDeps {
  readonly devices: UsbDevices;
  readonly bays: readonly Pick<BayConfig, 'usbPort' | 'serial'>[];
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

export class UnexpectedDevices {
  readonly #deps: UnexpectedDevicesDeps;
  /** Address of what was told of, by port. */
  readonly #told = new Map<string, string>();

  constructor(deps: UnexpectedDevicesDeps) {
    this.#deps = deps;
  }

  /** Looks until the signal is aborted; at once done where no bay has a USB port. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { bays, clock, log } = this.#deps;
    if (!bays.some(({ usbPort }) => usbPort !== null)) return;
    while (!signal.aborted) {
      try {
        await this.#look(signal);
      } catch (error) {
        if (!signal.aborted) log.debug('USB ports cannot be read', { error });
      }
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { devices, conditions } = this.#deps;
    const found = (await devices.list(signal)).filter((device) => this.#isUnexpected(device));
    const now = new Map(found.slice(0, PORTS_MAX).map((device) => [device.portPath, device]));
    for (const [port, address] of this.#told) {
      if (addressOf(now.get(port)) === address) continue;
      this.#told.delete(port);
      conditions.clear(UNEXPECTED_CODE, port);
    }
    for (const [port, device] of now) if (!this.#told.has(port)) this.#tell(port, device);
  }

  #tell(port: string, device: UsbDeviceFacts): void {
    const facts = { usb_id: usbIdText(device) };
    this.#told.set(port, addressOf(device) ?? '');
    this.#deps.log.warn('camera at a USB port that is no bay, it is not opened', {
      usb_port: port,
      ...facts,
    });
    this.#deps.conditions.raise(UNEXPECTED_CODE, port, facts);
  }

  #isUnexpected(device: UsbDeviceFacts): boolean {
    if (ptpInterfaceOf(device) === undefined) return false;
    return !this.#deps.bays.some(
      ({ usbPort, serial }) =>
        usbPort === device.portPath || (serial !== null && isBehind(serial.path, device.portPath)),
    );
  }
}

/** A camera with a serial bay of its own is at its place, whatever else it shows. The name does not hold the bus. */
function isBehind(serialPath: string, portPath: string): boolean {
  const ports = SERIAL_BY_PATH.exec(serialPath)?.[1];
  return ports !== undefined && portPath.slice(portPath.indexOf('-') + 1) === ports;
}

function addressOf(device: UsbDeviceFacts | undefined): string | undefined {
  return device && `${device.bus}.${device.address}`;
}
