// Makes the place of a bay from its configuration: a folder or a USB port, a serial port, or two of them as one.
import type { BayConfig } from '../../config/station-config.ts';
import type { CameraSession, Driver } from '../../drivers/driver.ts';
import {
  assertCameraLike,
  type UsbDeviceFacts,
  type UsbDevices,
  usbIdText,
} from '../../drivers/usb/device.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import type { WatchFolder, WatchTree } from '../platform/folder-changes.ts';
import {
  type BayPlace,
  departed,
  type PlaceIdentity,
  type PlaceWatch,
  PRESENCE_MS,
  SinglePlace,
  untilThere,
} from './bay-place.ts';
import type { WhoIs } from './camera-register.ts';
import { FolderWatch, type FolderWatchDeps } from './folder-watch.ts';
import { PairedPlace } from './paired-place.ts';
import { PortSwitches, usbIdentity } from './port-switches.ts';

const STRAY_CODE = 'bay.not-mounted';

export interface BayPlacePorts {
  readonly drivers: readonly Driver[];
  readonly folderIdentity: PlaceIdentity;
  readonly folderVacancy: FolderWatchDeps['vacancy'];
  readonly watchFolder: WatchFolder;
  readonly watchTree: WatchTree;
  readonly portIdentity: PlaceIdentity;
  readonly usbDevices: UsbDevices;
  /** Shared with the drivers whose cameras change over. */
  readonly portSwitches?: PortSwitches;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** The place of a bay. A bay without any does not pass the rules of the configuration. */
export function bayPlace(bay: BayConfig, ports: BayPlacePorts, whoIs: WhoIs): BayPlace {
  const files = filesPlace(bay, ports);
  const port = bay.serial === null ? undefined : portPlace(bay.serial, ports);
  if (files !== undefined && port !== undefined)
    return new PairedPlace({
      ...ports,
      bay: bay.id,
      port,
      files,
      whoIs,
      filesAs: bay.folder === null ? 'mtp' : 'storage',
    });
  const only = files ?? port;
  if (only === undefined) throw new Error(`bay ${bay.id} has no place`);
  return only;
}

function filesPlace(bay: BayConfig, ports: BayPlacePorts): BayPlace | undefined {
  if (bay.folder !== null) return folderPlace(bay.folder, bay.id, ports);
  if (bay.usbPort === null) return undefined;
  return new UsbPlace(bay.usbPort, { ...ports, devices: ports.usbDevices });
}

function folderPlace(
  path: string,
  bay: BayConfig['id'],
  { folderIdentity, folderVacancy, drivers, conditions, ...ports }: BayPlacePorts,
): BayPlace {
  const onStray = (isStray: boolean): void => {
    if (isStray) conditions.raise(STRAY_CODE, bay, {});
    else conditions.clear(STRAY_CODE, bay);
  };
  const watch = new FolderWatch(path, {
    ...ports,
    identity: folderIdentity,
    vacancy: folderVacancy,
    onStray,
  });
  return new SinglePlace({ kind: 'folder', path }, watch, drivers);
}

function portPlace(
  serial: NonNullable<BayConfig['serial']>,
  { portIdentity, clock, drivers }: BayPlacePorts,
): BayPlace {
  const watch = new PortWatch(serial.path, { identity: portIdentity, clock });
  return new SinglePlace({ kind: 'serial', ...serial }, watch, drivers);
}

// A bay on a USB port: what is plugged in there is looked at in the kernel's tables before anything opens it.

interface UsbPlaceDeps {
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

// Watches the port of a bay, serial or USB, by what the system says is there. The path follows the socket: a device that comes back as
// another ttyUSB is found again, and is another one.

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
