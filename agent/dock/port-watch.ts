// Watches the port of a bay, serial or USB, by what the system says is there. The path follows the socket: a device that comes back as
// another ttyUSB is found again, and is another one.
import type { Clock } from '../../protocol/format/ports.ts';
import { departed, type PlaceIdentity, type PlaceWatch, PRESENCE_MS, untilThere } from './bay-place.ts';

/** A new node is root's alone until udev gave it to its group. */
const SETTLE_MS = 500;

/** Watches one port: a device node, where a link that leads nowhere is a port without a device, or a place in the kernel's tables. */
export class PortWatch implements PlaceWatch {
  readonly path: string;
  readonly #identity: PlaceIdentity;
  readonly #clock: Clock;

  constructor(path: string, deps: { identity: PlaceIdentity; clock: Clock }) {
    this.path = path;
    this.#identity = deps.identity;
    this.#clock = deps.clock;
  }

  present(): Promise<string | undefined> {
    return this.#identity(this.path);
  }

  /** A node that was there already is taken at once, a new one when it was the same for SETTLE_MS. */
  async arrival(signal: AbortSignal): Promise<string> {
    let last = await this.present();
    if (last !== undefined) return last;
    for (;;) {
      last = await untilThere(() => this.present(), this.#clock, signal);
      await this.#clock.sleep(SETTLE_MS, signal);
      if ((await this.present()) === last) return last;
    }
  }

  async departure(identity: string, signal: AbortSignal): Promise<never> {
    do await this.#clock.sleep(PRESENCE_MS, signal);
    while ((await this.present()) === identity);
    throw departed('the device at the port of this bay is gone or another one is there');
  }

  /** Such a camera is listed anew by and by; nothing tells sooner that never fails to. */
  changes(): () => Promise<void> {
    return () => Promise.resolve();
  }
}
