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
      busnum: '1',
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

  /** The controllers are found anew, in another order. */
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
