// USB ports in memory: what is plugged into which, as the kernel would tell it, and wires to it.
import type {
  OpenUsb,
  OpenUsbControl,
  UsbDeviceFacts,
  UsbDevices,
  UsbInterfaceFacts,
} from '../../../drivers/usb/device.ts';
import { noBulkPipes } from '../../../drivers/usb/transport.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import { Wire, type WiredDevice } from './wire.ts';

export const STILL_IMAGE: UsbInterfaceFacts = {
  number: 0,
  classCode: 6,
  subclassCode: 1,
  protocolCode: 1,
  name: null,
};
export const KEYBOARD: UsbInterfaceFacts = {
  number: 1,
  classCode: 3,
  subclassCode: 1,
  protocolCode: 1,
  name: null,
};

/** What the descriptors say; a camera of no known family, with bulk pipes, unless told. */
export type DeviceLook = Partial<Omit<UsbDeviceFacts, 'portPath' | 'bus' | 'address'>> & {
  readonly hasBulk?: boolean;
};

interface Plugged {
  readonly device: WiredDevice;
  readonly facts: UsbDeviceFacts;
  readonly wires: Wire[];
  readonly hasBulk: boolean;
}

export class UsbDock {
  readonly #clock: Clock;
  readonly #packetBytes: number;
  readonly #ports = new Map<string, Plugged>();
  readonly #otherPorts = new Map<string, string>();
  #addresses = 1;
  /** Every wire that was ever opened. */
  readonly wires: Wire[] = [];

  constructor(clock: Clock, packetBytes = 512) {
    this.#clock = clock;
    this.#packetBytes = packetBytes;
  }

  plug(portPath: string, device: WiredDevice, { hasBulk = true, ...look }: DeviceLook = {}): void {
    this.unplug(portPath);
    const facts: UsbDeviceFacts = {
      vendorId: 0x1234,
      productId: 1,
      vendor: 'Usb Vendor',
      product: 'Usb Product',
      serial: 'USB0001',
      interfaces: [STILL_IMAGE],
      ...look,
      portPath,
      bus: 1,
      address: ++this.#addresses,
    };
    this.#ports.set(portPath, { device, facts, wires: [], hasBulk });
  }

  unplug(portPath: string): void {
    const plugged = this.#ports.get(portPath);
    this.#ports.delete(portPath);
    for (const wire of plugged?.wires ?? []) wire.pull();
  }

  /** The newest wire to what is on the port. */
  wire(portPath: string): Wire | undefined {
    return this.#ports.get(portPath)?.wires.at(-1);
  }

  readonly devices: UsbDevices = {
    list: async (signal) => {
      signal.throwIfAborted();
      return [...this.#ports.values()].map(({ facts }) => facts);
    },
    at: async (portPath, signal) => {
      signal.throwIfAborted();
      const facts = this.#at(portPath)?.facts;
      return facts && { ...facts, portPath };
    },
    portsOf: async (portPath) => this.#portsOf(portPath),
  };

  /** From now on the two ports are one socket. */
  join(one: string, other: string): void {
    this.#otherPorts.set(one, other).set(other, one);
  }

  #portsOf(portPath: string): string[] {
    const other = this.#otherPorts.get(portPath);
    return other === undefined ? [portPath] : [portPath, other];
  }

  #at(portPath: string): Plugged | undefined {
    return this.#portsOf(portPath).flatMap((port) => this.#ports.get(port) ?? [])[0];
  }

  readonly openUsb: OpenUsb = async (device, interfaceNumber, signal) => {
    const { control, bulk } = await this.openControl(device, interfaceNumber, signal);
    if (bulk !== undefined) return bulk;
    await control.close();
    throw noBulkPipes(interfaceNumber);
  };

  readonly openControl: OpenUsbControl = async ({ portPath, address }, _interfaceNumber, signal) => {
    signal.throwIfAborted();
    const plugged = this.#at(portPath);
    if (plugged === undefined || plugged.facts.address !== address)
      throw new DockError('driver.detached', 'nothing is there', { retry: 'later' });
    const wire = new Wire({ device: plugged.device, clock: this.#clock, packetBytes: this.#packetBytes });
    plugged.wires.push(wire);
    this.wires.push(wire);
    return { control: wire, bulk: plugged.hasBulk ? wire : undefined };
  };
}
