// A bay on a USB port: what is plugged in there is looked at before anything opens it.
import type { CameraSession, Driver } from '../../drivers/driver.ts';
import type { UsbDevices } from '../../drivers/usb/device.ts';
import { assertCameraLike } from '../../drivers/usb/guard.ts';
import type { Clock } from '../../protocol/ports.ts';
import { SinglePlace, type BayPlace } from './bay-place.ts';
import { departed } from './place-watch.ts';
import { UsbWatch } from './usb-watch.ts';

export interface UsbPlaceDeps {
  readonly devices: UsbDevices;
  readonly drivers: readonly Driver[];
  readonly clock: Clock;
}

export class UsbPlace implements BayPlace {
  readonly watch: UsbWatch;
  readonly #devices: UsbDevices;
  readonly #inner: SinglePlace;

  constructor(portPath: string, { devices, drivers, clock }: UsbPlaceDeps) {
    this.watch = new UsbWatch(portPath, { devices, clock });
    this.#devices = devices;
    this.#inner = new SinglePlace({ kind: 'usb', path: portPath }, this.watch, drivers);
  }

  /** Errors: as BayPlace; "driver.refused" for a device that has an interface which no camera needs. */
  async open(signal: AbortSignal): Promise<CameraSession> {
    const device = await this.#devices.at(this.watch.portPath, signal);
    if (device === undefined) throw departed('nothing is on the USB port of this bay');
    assertCameraLike(device);
    return this.#inner.open(signal);
  }
}
