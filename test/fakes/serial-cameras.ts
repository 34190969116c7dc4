// Simulated cameras at serial ports: `bodydock simulate serial` as a process for each, on a pseudo terminal whose link plays the part of a
// name in /dev/serial/by-path. Pulling one is killing its process: the device node is gone then.
import { lstat, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BODYDOCK, Program } from './program.ts';
import { until } from './until.ts';

/** Links must lie below /dev, as the configuration wants it; this folder is everybody's and in memory. */
const DEVICES = '/dev/shm/bodydock-ports-';
const GONE_MS = 5000;

export interface SerialCameraWish {
  /** Its files. */
  readonly folder: string;
  /** Bits per second that it answers with. */
  readonly baud?: number;
  readonly serial?: string;
  /** Further words of `bodydock simulate serial`. */
  readonly more?: readonly string[];
}

/** A folder of ports; `close` ends all cameras. */
export class SerialCameras {
  readonly folder: string;
  readonly #programs = new Map<number, Program>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<SerialCameras> {
    return new SerialCameras(await mkdtemp(DEVICES));
  }

  /** Where the port of the bay with this number is, whether or not a camera is there. */
  port(number: number): string {
    return join(this.folder, `usb-0:1.${number}:1.0`);
  }

  /** Plugs a camera in; resolves when it answers. */
  async plugIn(number: number, wish: SerialCameraWish): Promise<Program> {
    const words = ['simulate', 'serial', '--link', this.port(number), '--dir', wish.folder, '--erase'];
    if (wish.baud !== undefined) words.push('--baud', `${wish.baud}`);
    words.push('--serial', wish.serial ?? `SIM-${number}`, ...(wish.more ?? []));
    const logFile = join(this.folder, `camera-${number}.log`);
    const program = new Program({ file: BODYDOCK, args: words, logFile });
    await program.start();
    this.#programs.set(number, program);
    return program;
  }

  /** Pulls it out, whatever it does at this moment; resolves when its device node is gone. */
  async pull(number: number): Promise<void> {
    await this.#programs.get(number)?.kill();
    const isGone = (): Promise<boolean> =>
      lstat(this.port(number)).then(
        () => false,
        () => true,
      );
    await until(`port ${number} to vanish`, GONE_MS, isGone);
  }

  async close(): Promise<void> {
    for (const program of this.#programs.values()) await program.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
