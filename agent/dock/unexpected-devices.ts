// Tells of cameras, phones and disks at USB ports that are no bays (SPEC 12.6). Reads the kernel's tables now and then and opens nothing.
//
// Invariants:
// 1. One look at a time, LOOK_MS apart: how many devices come and go between two looks costs nothing.
// 2. At most PORTS_MAX ports are told of at a time.
import type { BayConfig } from '../../config/station-config.ts';
import { ptpInterfaceOf } from '../../drivers/ptp/codes.ts';
import { hasDisk, type UsbDeviceFacts, type UsbDevices, usbIdText } from '../../drivers/usb/device.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';

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
  /** Whether the disk at a port has a medium with which the station itself does nothing. Errors: the system's. */
  readonly isIdleDisk: (portPath: string) => Promise<boolean>;
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
    const now = await this.#unexpected(signal);
    for (const [port, address] of this.#told) {
      if (addressOf(now.get(port)) === address) continue;
      this.#told.delete(port);
      this.#deps.conditions.clear(UNEXPECTED_CODE, port);
    }
    for (const [port, device] of now) if (!this.#told.has(port)) this.#tell(port, device);
  }

  #tell(port: string, device: UsbDeviceFacts): void {
    const facts = { usb_id: usbIdText(device) };
    this.#told.set(port, addressOf(device) ?? '');
    this.#deps.log.warn('device on a USB port without a bay, not opened', {
      usb_port: port,
      ...facts,
    });
    this.#deps.conditions.raise(UNEXPECTED_CODE, port, facts);
  }

  /** By port. */
  async #unexpected(signal: AbortSignal): Promise<Map<string, UsbDeviceFacts>> {
    const all = new Map((await this.#deps.devices.list(signal)).map((device) => [device.portPath, device]));
    const expected = await this.#portsOfBays(all);
    const found = new Map<string, UsbDeviceFacts>();
    for (const [port, device] of all) {
      if (found.size === PORTS_MAX) break;
      if (!expected.has(port) && !this.#isAtSerialBay(port) && (await this.#isTold(device)))
        found.set(port, device);
    }
    return found;
  }

  /** Ports at which a device is the one in a bay: of the two ports of a socket the one at which the bay finds it. Errors: the system's. */
  async #portsOfBays(all: ReadonlyMap<string, UsbDeviceFacts>): Promise<Set<string>> {
    const { bays, devices } = this.#deps;
    const sockets = await Promise.all(
      bays.flatMap(({ usbPort }) => (usbPort === null ? [] : [devices.portsOf(usbPort)])),
    );
    return new Set(sockets.flatMap((ports) => ports.find((port) => all.has(port)) ?? []));
  }

  #isAtSerialBay(port: string): boolean {
    return this.#deps.bays.some(({ serial }) => serial !== null && isBehind(serial.path, port));
  }

  async #isTold(device: UsbDeviceFacts): Promise<boolean> {
    if (ptpInterfaceOf(device) !== undefined) return true;
    return hasDisk(device) && this.#deps.isIdleDisk(device.portPath);
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
