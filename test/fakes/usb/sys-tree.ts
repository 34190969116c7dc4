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

  async unplug(port: string): Promise<void> {
    await rm(join(this.#links, port));
    await rm(join(this.root, 'tree', port), { recursive: true });
  }

  get #links(): string {
    return join(this.root, 'bus', 'usb', 'devices');
  }
}
