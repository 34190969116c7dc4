// A camera that nobody here wrote: umtp-responder behind a gadget of the guest's own kernel.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** One camera that serves a folder, plugged in. */
export class MtpGadget {
  readonly #tools: string;
  readonly #name: string;

  private constructor(tools: string, name: string) {
    this.#tools = tools;
    this.#name = name;
  }

  static async plugIn(tools: string, serial: string, folder: string): Promise<MtpGadget> {
    const gadget = new MtpGadget(tools, 'mtp');
    await gadget.#call('load', '1');
    await gadget.#call('up', gadget.#name, '-u', 'dummy_udc.0', '-s', serial, '-m', folder);
    return gadget;
  }

  /** At once, whatever is under way. */
  async pull(): Promise<void> {
    await this.#call('unplug', this.#name);
  }

  async putBack(): Promise<void> {
    await this.#call('replug', this.#name);
  }

  /** The camera's program stands still: it stays plugged in and answers nothing. */
  async hang(): Promise<void> {
    const pid = await readFile(`/run/gadgets/${this.#name}/umtprd.pid`, 'utf8');
    process.kill(Number(pid), 'SIGSTOP');
  }

  async remove(): Promise<void> {
    await this.#call('down', this.#name);
  }

  async #call(...words: readonly string[]): Promise<void> {
    await promisify(execFile)(join(this.#tools, 'gadget.sh'), words);
  }
}
