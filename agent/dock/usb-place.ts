// A bay on a USB port: what is plugged in there is looked at in the kernel's tables before anything opens it.
import type { CameraSession, Driver } from '../../drivers/driver.ts';
import {
  assertCameraLike,
  type UsbDeviceFacts,
  type UsbDevices,
  usbIdText,
} from '../../drivers/usb/device.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { type BayPlace, SinglePlace } from './bay-place.ts';
import { departed, type PlaceIdentity } from './place-watch.ts';
import { PortSwitches, usbIdentity } from './port-switches.ts';
import { PortWatch } from './port-watch.ts';

export interface UsbPlaceDeps {
  readonly devices: UsbDevices;
  readonly drivers: readonly Driver[];
  readonly clock: Clock;
  /** Shared with the drivers whose cameras change over; without it there are none. */
  readonly portSwitches?: PortSwitches;
}

/** USB interface classes: still image (PTP, MTP) and mass storage. */
const FILE_CLASSES: ReadonlySet<number> = new Set([0x06, 0x08]);

export class UsbPlace implements BayPlace {
  readonly watch: PortWatch;
  readonly #devices: UsbDevices;
  readonly #inner: SinglePlace;

  constructor(
    portPath: string,
    { devices, drivers, clock, portSwitches = new PortSwitches() }: UsbPlaceDeps,
  ) {
    this.watch = new PortWatch(portPath, { identity: identityBy(devices, portSwitches), clock });
    this.#devices = devices;
    this.#inner = new SinglePlace({ kind: 'usb', path: portPath }, this.watch, drivers);
  }

  /** The kernel gives each device another address. One that shows no files yet may change over, and comes back as another device. */
  async plug(signal: AbortSignal): Promise<string | null> {
    const device = await this.#devices.at(this.watch.path, signal);
    const showsFiles = device?.interfaces.some(({ classCode }) => FILE_CLASSES.has(classCode)) === true;
    return device !== undefined && showsFiles ? `${device.bus}.${device.address}` : null;
  }

  /** Errors: as BayPlace; "driver.refused" for a device that has an interface which no camera needs, or that no driver speaks to. */
  async open(signal: AbortSignal): Promise<CameraSession> {
    const device = await this.#devices.at(this.watch.path, signal);
    if (device === undefined) throw departed('nothing is on the USB port of this bay');
    try {
      assertCameraLike(device);
      return await this.#inner.open(signal);
    } catch (error) {
      throw await this.#judged(error, device, signal);
    }
  }

  /** A camera that is pulled while it is being opened makes that fail in many ways: all of them are its departure, and nobody is called for it. */
  async #judged(error: unknown, device: UsbDeviceFacts, signal: AbortSignal): Promise<unknown> {
    if (signal.aborted || !isDockError(error) || error.code === 'driver.detached') return error;
    const now = await this.#devices.at(this.watch.path, signal);
    if (now?.bus !== device.bus || now.address !== device.address)
      return departed('the device on the USB port of this bay left while it was opened', error);
    return error.code === 'driver.refused' ? named(error, device) : error;
  }
}

/** The refusal with the device that it is about. */
function named(error: DockError, device: UsbDeviceFacts): DockError {
  const { retry, message } = error;
  const facts = { ...error.facts, usb_port: device.portPath, usb_id: usbIdText(device) };
  const words = `device ${usbIdText(device)} on USB port ${device.portPath}: ${message}`;
  return new DockError('driver.refused', words, { retry, cause: error, facts });
}

/** A camera that changes over is the same one while it does. */
function identityBy(devices: UsbDevices, portSwitches: PortSwitches): PlaceIdentity {
  const { signal } = new AbortController();
  return async (portPath) => {
    const device = await devices.at(portPath, signal);
    return portSwitches.seenAs(portPath, device && usbIdentity(device));
  };
}
