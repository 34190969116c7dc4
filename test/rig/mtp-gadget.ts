// Cameras that nobody here wrote: umtp-responder behind gadgets of the guest's own kernel.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../protocol/format/errors.ts';
import { until } from '../fakes/until.ts';
import { callGadget, loadGadgets } from './gadget-tool.ts';

const GADGETS = '/sys/kernel/config/usb_gadget';
const ENDS_MS = 60_000;

/** One camera that serves a folder or several, each as a storage, plugged in; ":ro" behind a folder makes it one that may not be written. */
export class MtpGadget {
  readonly #tools: string;
  readonly #name: string;

  private constructor(tools: string, name: string) {
    this.#tools = tools;
    this.#name = name;
  }

  static async plugIn(tools: string, serial: string, ...folders: readonly string[]): Promise<MtpGadget> {
    return MtpGadget.#plugInAt(tools, 0, serial, folders);
  }

  /** One for each serial number, with its folder. */
  static async plugInAll(tools: string, folders: ReadonlyMap<string, string>): Promise<MtpGadget[]> {
    const gadgets: MtpGadget[] = [];
    for (const [serial, folder] of folders)
      gadgets.push(await MtpGadget.#plugInAt(tools, gadgets.length, serial, [folder]));
    return gadgets;
  }

  static async #plugInAt(
    tools: string,
    number: number,
    serial: string,
    folders: readonly string[],
  ): Promise<MtpGadget> {
    const gadget = new MtpGadget(tools, `mtp${number}`);
    await loadGadgets(tools);
    const served = folders.flatMap((folder) => ['-m', folder]);
    await callGadget(tools, 'up', gadget.#name, '-u', `dummy_udc.${number}`, '-s', serial, ...served);
    return gadget;
  }

  /** At once, whatever is under way: the cable first, then its program ends. One that died is out already. */
  async pull(): Promise<void> {
    await writeFile(join(GADGETS, this.#name, 'UDC'), '\n').catch((error: unknown) => {
      if (systemCode(error) !== 'ENODEV') throw error;
    });
    await this.die();
  }

  async putBack(): Promise<void> {
    await callGadget(this.#tools, 'replug', this.#name);
  }

  /** The camera's program stands still: it stays plugged in and answers nothing. */
  async hang(): Promise<void> {
    process.kill(await this.#pid(), 'SIGSTOP');
  }

  /** The camera's program ends in the middle of what it does, and the kernel takes the device away. Idempotent. */
  async die(): Promise<void> {
    const pid = await this.#pid();
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (systemCode(error) !== 'ESRCH') throw error;
    }
    const left = [`/proc/${pid}`, `/dev/ffs-${this.#name}/ep3`];
    await until('the responder ends', ENDS_MS, () => !left.some((path) => existsSync(path)));
  }

  async remove(): Promise<void> {
    await callGadget(this.#tools, 'down', this.#name);
  }

  async #pid(): Promise<number> {
    return Number(await readFile(`/run/gadgets/${this.#name}/umtprd.pid`, 'utf8'));
  }
}
