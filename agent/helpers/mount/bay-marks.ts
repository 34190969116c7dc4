// Marks for udev which USB ports are bays: what is plugged in there must be nothing but a camera, and 70-bodydock.rules shuts keyboards and network
// cards off at what is marked here. Everywhere else on the machine they are somebody's own.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SocketPorts } from '../../../drivers/usb/socket.ts';
import type { Clock, Log } from '../../../protocol/format/ports.ts';
import type { BayPorts } from '../helper.ts';
import type { RunCommand } from './system-calls.ts';

/** Read before 70-bodydock.rules. Gone with the next boot, and made again by the helper then. */
export const BAY_MARKS_DEFAULT = '/run/udev/rules.d/69-bodydock-bays.rules';
/** A bay is added once in a blue moon. */
const LOOK_MS = 60_000;
const UDEV_MS = 10_000;
/** As the kernel names it; a controller that is not there has no such name, and nothing else may get into a rule. */
const KERNEL_PORT = /^\d{1,4}-\d{1,3}(?:\.\d{1,3}){0,6}$/;

/**
 * One rule for each bay; sets BODYDOCK_BAY to the USB interface at or above the device. `sockets`: the port that a bay names, then others of the
 * same socket. What hangs at a hub at the named port counts as well. At another one it does not: there the kernel may show a hub of the board,
 * and all that hangs at it.
 */
export function bayMarks(sockets: Iterable<readonly string[]>): string {
  const rules = [...sockets].flatMap((ports) => {
    const [named, ...others] = ports.filter((port) => KERNEL_PORT.test(port));
    if (named === undefined) return [];
    const interfaces = [`${named}:*`, `${named}.*:*`, ...others.map((port) => `${port}:*`)].join('|');
    return `SUBSYSTEM=="usb|net|input", KERNELS=="${interfaces}", ENV{BODYDOCK_BAY}="$id"\n`;
  });
  return `# Ports of bays. Made by bodydock-mount.service.\n${rules.join('')}`;
}

export interface BayMarksOptions {
  readonly file: string;
  readonly bayPorts: () => Promise<BayPorts | undefined>;
  readonly portsOf: SocketPorts;
  readonly run: RunCommand;
  readonly clock: Clock;
  readonly log: Log;
}

export class BayMarks {
  readonly #options: BayMarksOptions;
  #written = '';
  #isReported = false;

  constructor(options: BayMarksOptions) {
    this.#options = options;
  }

  /** Keeps the marks as the station's file has its bays, until the signal is aborted. Never rejects. */
  async keep(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#look();
        this.#isReported = false;
      } catch (error) {
        if (!this.#isReported) log.warn('bays not marked for udev', { error });
        this.#isReported = true;
      }
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { file, bayPorts, portsOf, log } = this.#options;
    const ports = [...((await bayPorts())?.values() ?? [])];
    const text = bayMarks(await Promise.all(ports.map((port) => portsOf(port))));
    if (text === this.#written) return;
    // Where udev does not run there is no folder above.
    await mkdir(dirname(file), { mode: 0o755 }).catch(() => undefined);
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
    await this.#udevadm('control', '--reload');
    const subsystems = ['usb', 'net', 'input'].map((name) => `--subsystem-match=${name}`);
    await this.#udevadm('trigger', '--action=change', ...subsystems);
    this.#written = text;
    log.info('bays marked for udev', { bays: ports.length });
  }

  /** Errors: where it failed; all is done again at the next look. */
  async #udevadm(...words: readonly string[]): Promise<void> {
    const { code, said } = await this.#options.run('udevadm', words, UDEV_MS);
    if (code !== 0) throw new Error(`udevadm ${words.join(' ')} ended with ${code}: ${said}`);
  }
}
