// A folder that looks like the kernel's /sys/bus/usb/devices: one value a file, links into a tree.
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Values of one interface, such as `bInterfaceClass`. */
export type SysValues = Readonly<Record<string, string>>;

export const SYS_PTP: SysValues = {
  bInterfaceNumber: '00',
  bInterfaceClass: '06',
  bInterfaceSubClass: '01',
  bInterfaceProtocol: '01',
};
export const SYS_KEYBOARD: SysValues = {
  bInterfaceNumber: '01',
  bInterfaceClass: '03',
  bInterfaceSubClass: '01',
  bInterfaceProtocol: '01',
};

export class SysTree {
  readonly root: string;
  #devices = 1;

  /** `root` stands for /sys. */
  constructor(root: string) {
    this.root = root;
  }

  async plug(port: string, values: SysValues, interfaces: readonly SysValues[] = [SYS_PTP]): Promise<void> {
    const folder = join(this.root, 'tree', port);
    await mkdir(folder, { recursive: true });
    await mkdir(this.#links, { recursive: true });
    const all = {
      busnum: port.split('-')[0] ?? '',
      devnum: String(++this.#devices),
      idVendor: '1234',
      idProduct: '0001',
      ...values,
    };
    for (const [name, value] of Object.entries(all)) await writeFile(join(folder, name), `${value}\n`);
    for (const [number, each] of interfaces.entries()) {
      const below = join(folder, `${port}:1.${number}`);
      await mkdir(below);
      for (const [name, value] of Object.entries(each)) await writeFile(join(below, name), `${value}\n`);
    }
    await symlink(folder, join(this.#links, port)); // the device is there from here on, whole
  }

  /** A bus of a controller, as its root hub shows it; `version` such as "2.00". */
  async bus(number: number, controller: string, version: string): Promise<void> {
    const folder = join(this.root, 'tree', controller, `usb${number}`);
    await mkdir(folder, { recursive: true });
    await mkdir(this.#links, { recursive: true });
    await writeFile(join(folder, 'version'), ` ${version}\n`);
    await symlink(folder, join(this.#links, `usb${number}`));
  }

  /** A hub's port, and the kernel's word that it is one socket with the port `other` in that folder. */
  async hubPort(hubInterface: string, name: string, other?: readonly [string, string]): Promise<void> {
    const folder = join(this.#links, hubInterface, name);
    await mkdir(folder, { recursive: true });
    if (other !== undefined) await symlink(join('../..', ...other), join(folder, 'peer'));
  }

  /** Ports of the same numbers at the two root hubs are one socket each. */
  async rootSockets(usb2: number, usb3: number, ports: number): Promise<void> {
    for (let port = 1; port <= ports; port++)
      for (const [bus, other] of [
        [usb2, usb3],
        [usb3, usb2],
      ] as const)
        await this.hubPort(`${bus}-0:1.0`, `usb${bus}-port${port}`, [
          `${other}-0:1.0`,
          `usb${other}-port${port}`,
        ]);
  }

  /** The controllers are found again, in another order. */
  async forgetBuses(...numbers: readonly number[]): Promise<void> {
    for (const number of numbers) await rm(join(this.#links, `usb${number}`));
  }

  async unplug(port: string): Promise<void> {
    await rm(join(this.#links, port));
    await rm(join(this.root, 'tree', port), { recursive: true });
  }

  get #links(): string {
    return join(this.root, 'bus', 'usb', 'devices');
  }
}
