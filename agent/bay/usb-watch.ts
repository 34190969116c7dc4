// Watches the USB port of a bay by what the kernel says is plugged in there. Nothing is opened for it.
import type { UsbDeviceFacts, UsbDevices } from '../../drivers/usb/device.ts';
import type { Clock } from '../../protocol/ports.ts';
import { departed, PRESENCE_MS, untilThere, type PlaceWatch } from './place-watch.ts';

/** A device is named before all of its interfaces are there, and udev gives it to its group a little later. */
const SETTLE_MS = 500;

/** Watches one port. The kernel gives each device a new address: two after each other on one port are told apart. */
export class UsbWatch implements PlaceWatch {
  readonly portPath: string;
  readonly #devices: UsbDevices;
  readonly #clock: Clock;
  readonly #never = new AbortController().signal;

  constructor(portPath: string, deps: { devices: UsbDevices; clock: Clock }) {
    this.portPath = portPath;
    this.#devices = deps.devices;
    this.#clock = deps.clock;
  }

  async present(): Promise<string | undefined> {
    const device = await this.#devices.at(this.portPath, this.#never);
    return device === undefined ? undefined : identityOf(device);
  }

  /** A device that was there already is taken at once, a new one when it was the same for SETTLE_MS. */
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
    throw departed('the device on the USB port of this bay is gone or another one is there');
  }

  /** Cameras tell of new files rarely and late; they are listed anew by and by. */
  changes(): () => Promise<void> {
    return () => Promise.resolve();
  }
}

function identityOf({ bus, address, interfaces }: UsbDeviceFacts): string {
  return `${bus}.${address}.${interfaces.length}`;
}
