// A recorder on the guest's own bus, as two devices that take turns on one port: the one that waits for a login, whose answers are given
// here, and the disk, which is the kernel's own mass storage.
import { mkdir, readdir, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeviceLook } from '../fakes/usb/dock.ts';
import { pause } from '../fakes/until.ts';
import { FfsDevice, type AnsweringDevice } from './ffs-device.ts';
import { callGadget, loadGadgets } from './gadget-tool.ts';

const GADGETS = '/sys/kernel/config/usb_gadget';
const UDC = 'dummy_udc.0';
const LOGIN = 'recorder';
const DISK = 'recorderdisk';
const CLASS_MASS_STORAGE = 8;
/** A camera answers before it leaves. */
const LEAVES_AFTER_MS = 300;

/** Shape: plug and unplug as of ports in memory; the port is the one that this gadget is on. */
export class RecorderGadget {
  readonly #tools: string;
  #login: FfsDevice | undefined;
  #bound: string | undefined;
  #work: Promise<void> = Promise.resolve();

  private constructor(tools: string) {
    this.#tools = tools;
  }

  /** Makes the disk, unplugged; `serial` stands in the descriptors of both. */
  static async make(tools: string, serial: string, image: string): Promise<RecorderGadget> {
    const made = new RecorderGadget(tools);
    await loadGadgets(tools);
    await callGadget(tools, 'up', DISK, '-u', UDC, '-s', serial, '-i', '4255:0002', '-d', image);
    made.#bound = DISK;
    return made;
  }

  /** Makes the device that waits for a login, in place of an earlier one. */
  async answerWith(device: AnsweringDevice, serial: string, hasBulk: boolean): Promise<void> {
    await this.settled();
    await this.#removeLogin();
    const gadget = join(GADGETS, LOGIN);
    await mkdir(join(gadget, 'strings/0x409'), { recursive: true });
    await mkdir(join(gadget, 'configs/c.1/strings/0x409'), { recursive: true });
    const facts = { idVendor: '0x4255', idProduct: '0x0001', bcdUSB: '0x0200' };
    for (const [name, value] of Object.entries(facts)) await writeFile(join(gadget, name), value);
    const texts = { serialnumber: serial, manufacturer: 'Ambarella', product: 'Amba Simple Class' };
    for (const [name, value] of Object.entries(texts))
      await writeFile(join(gadget, 'strings/0x409', name), value);
    const fn = join(gadget, 'functions', `ffs.${LOGIN}`);
    await mkdir(fn);
    await symlink(fn, join(gadget, `configs/c.1/ffs.${LOGIN}`));
    this.#login = await FfsDevice.open(LOGIN, hasBulk, device);
  }

  plug(_portPath: string, _device: unknown, { interfaces }: DeviceLook = {}): void {
    const isDisk = interfaces?.some(({ classCode }) => classCode === CLASS_MASS_STORAGE) === true;
    this.#then(async () => {
      await this.#unbind();
      await this.#bind(isDisk ? DISK : LOGIN);
    });
  }

  unplug(): void {
    this.#then(async () => {
      if (this.#bound === LOGIN) await pause(LEAVES_AFTER_MS);
      await this.#unbind();
    });
  }

  /** What was asked for so far has happened. Errors: those of it. */
  settled(): Promise<void> {
    return this.#work;
  }

  async remove(): Promise<void> {
    await this.settled();
    await this.#unbind();
    await this.#removeLogin();
    await callGadget(this.#tools, 'down', DISK);
  }

  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(work);
  }

  async #bind(name: string): Promise<void> {
    await writeFile(join(GADGETS, name, 'UDC'), UDC);
    this.#bound = name;
  }

  async #unbind(): Promise<void> {
    if (this.#bound !== undefined) await writeFile(join(GADGETS, this.#bound, 'UDC'), '\n');
    this.#bound = undefined;
  }

  async #removeLogin(): Promise<void> {
    if (this.#login === undefined) return;
    await this.#login.close();
    this.#login = undefined;
    const gadget = join(GADGETS, LOGIN);
    await rm(join(gadget, `configs/c.1/ffs.${LOGIN}`));
    for (const folder of ['functions', 'configs/c.1/strings', 'configs', 'strings'])
      for (const name of await readdir(join(gadget, folder)))
        await rmdir(join(gadget, folder, name)).catch(() => undefined);
    await rmdir(gadget);
  }
}
