// A bay on a USB port: what is plugged in there is looked at in the kernel's tables before anything opens it.
import type { CameraSession, Driver } from '../../drivers/driver.ts';
import type { UsbDevices } from '../../drivers/usb/device.ts';
import { assertCameraLike } from '../../drivers/usb/guard.ts';
import type { Clock } from '../../protocol/ports.ts';
import { SinglePlace, type BayPlace } from './bay-place.ts';
import { departed, type PlaceIdentity } from './place-watch.ts';
import { PortWatch } from './port-watch.ts';

export interface UsbPlaceDeps {
  readonly devices: UsbDevices;
  readonly drivers: readonly Driver[];
  readonly clock: Clock;
}

export class UsbPlace implements BayPlace {
  readonly watch: PortWatch;
  readonly #devices: UsbDevices;
  readonly #inner: SinglePlace;

  constructor(portPath: string, { devices, drivers, clock }: UsbPlaceDeps) {
    this.watch = new PortWatch(portPath, { identity: identityBy(devices), clock });
    this.#devices = devices;
    this.#inner = new SinglePlace({ kind: 'usb', path: portPath }, this.watch, drivers);
  }

  /** Errors: as BayPlace; "driver.refused" for a device that has an interface which no camera needs. */
  async open(signal: AbortSignal): Promise<CameraSession> {
    const device = await this.#devices.at(this.watch.path, signal);
    if (device === undefined) throw departed('nothing is on the USB port of this bay');
    assertCameraLike(device);
    return this.#inner.open(signal);
  }
}

/** The kernel gives each device a new address; its interfaces come a little after it. */
function identityBy(devices: UsbDevices): PlaceIdentity {
  const { signal } = new AbortController();
  return async (portPath) => {
    const device = await devices.at(portPath, signal);
    return device && `${device.bus}.${device.address}.${device.interfaces.length}`;
  };
}
