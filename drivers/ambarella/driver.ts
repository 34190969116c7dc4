// Driver for "law enforcement recorders" with an Ambarella chip and USB id 4255:0001. Docked they show no disk: a host logs in, may ask who
// they are, and tells them to come back as mass storage. Three protocols are in the field under the one id (wire-a.ts, wire-b.ts, wire-c.ts).
//
// Nobody here has the hardware. Everything is from public tools that speak to such cameras, none of them from the maker; what they do not
// agree on or do not show is treated as unknown, every wait is bounded, and what the tools can do and a dock need not (passwords, radio,
// identity, clock, formatting) is not built.
import { DockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import type { CameraIdentity, CameraSession, Driver, Place } from '../driver.ts';
import { PairedSession } from '../serial/paired/session.ts';
import type { OpenUsbControl, UsbDeviceFacts, UsbDevices } from '../usb/device.ts';
import type { BeginSwitch } from '../usb/port-power.ts';
import { LOOK_MS, showsDisk, stayText } from './disk-wait.ts';
import type { LoginGuard } from './login-guard.ts';
import { logIn } from './login.ts';
import { AmbarellaSession, ToldHalf } from './session.ts';

const VENDOR_ID = 0x4255;
const PRODUCT_ID = 0x0001;

export interface AmbarellaDriverOptions {
  readonly devices: UsbDevices;
  readonly openControl: OpenUsbControl;
  readonly clock: Clock;
  /** Opens the disk on the USB port, once the camera shows it. */
  readonly disk: Driver;
  /**
   * The password of the camera on that port, as the configuration has it now; undefined where it has none. Printable ASCII.
   * Errors: those of reading it, with what to do.
   */
  readonly passwordOf: (portPath: string) => Promise<string | undefined>;
  readonly guard: LoginGuard;
  readonly beginSwitch: BeginSwitch;
  /** LOOK_MS unless given. */
  readonly lookMs?: number;
}

/** Shape: as Driver; takes places of kind "usb". Ask it before a driver that takes any disk. */
export function ambarellaDriver(options: AmbarellaDriverOptions): Driver {
  const shown = new ShownDisks();
  return {
    name: 'ambarella',
    probe: async (place, signal) => {
      if (place.kind !== 'usb') return false;
      const device = await options.devices.at(place.path, signal);
      return device !== undefined && (waitsForLogin(device) || shown.of(device) !== undefined);
    },
    open: async (place, signal) => {
      const device = await deviceAt(options.devices, place, signal);
      const identity = shown.of(device);
      if (identity !== undefined) return reopen(options, device, identity, signal);
      if (!waitsForLogin(device))
        throw new DockError(
          'driver.refused',
          `the device on USB port ${device.portPath} is no Ambarella recorder that waits for a login`,
          { retry: 'never' },
        );
      return open(options, device, shown, signal);
    },
  };
}

/** By its id; one that shows its disk already does not listen. */
function waitsForLogin(device: UsbDeviceFacts): boolean {
  const { vendorId, productId, interfaces } = device;
  return vendorId === VENDOR_ID && productId === PRODUCT_ID && interfaces.length > 0 && !showsDisk(device);
}

async function deviceAt(devices: UsbDevices, place: Place, signal: AbortSignal): Promise<UsbDeviceFacts> {
  if (place.kind !== 'usb') throw new DockError('driver.refused', 'not a USB port', { retry: 'never' });
  const device = await devices.at(place.path, signal);
  if (device !== undefined) return device;
  const words = `nothing is plugged into USB port ${place.path}`;
  throw new DockError('driver.detached', words, { retry: 'later' });
}

async function open(
  options: AmbarellaDriverOptions,
  device: UsbDeviceFacts,
  shown: ShownDisks,
  signal: AbortSignal,
): Promise<CameraSession> {
  const { portPath, interfaces } = device;
  const password = await options.passwordOf(portPath);
  if (password === undefined) throw noPassword(portPath);
  const attempt = options.guard.begin(device, password);
  const line = await options.openControl(device, interfaces[0]?.number ?? 0, signal);
  try {
    const loggedIn = await logIn({ portPath, line, password, attempt }, signal);
    return new AmbarellaSession({
      ...options,
      lookMs: options.lookMs ?? LOOK_MS,
      device,
      line,
      password,
      loggedIn,
      onShown: (disk, identity) => shown.add(disk, identity),
    });
  } catch (error) {
    await line.control.close();
    throw error;
  }
}

/**
 * A session that failed over the disk of a camera that is still there goes on with the disk: who it is stays known. The port is looked at again
 * behind the opening: whatever came meanwhile is somebody else.
 */
async function reopen(
  { disk, devices }: Pick<AmbarellaDriverOptions, 'disk' | 'devices'>,
  device: UsbDeviceFacts,
  identity: CameraIdentity,
  signal: AbortSignal,
): Promise<CameraSession> {
  const bytes = await disk.open({ kind: 'usb', path: device.portPath }, signal);
  try {
    const now = await devices.at(device.portPath, signal);
    if (now === undefined || stayText(now) !== stayText(device)) throw leftMeanwhile(device);
  } catch (error) {
    await bytes.close();
    throw error;
  }
  const control = new ToldHalf(
    { ...device, vendor: identity.vendor, product: identity.model, serial: null },
    { serial: identity.serial, batteryPercent: null },
  );
  return new PairedSession({ control, bytes, onTrouble: () => undefined });
}

/** Who showed which disk; one for each port, forgotten when another device is seen there. */
class ShownDisks {
  readonly #ports = new Map<string, { readonly stay: string; readonly identity: CameraIdentity }>();

  add(disk: UsbDeviceFacts, identity: CameraIdentity): void {
    this.#ports.set(disk.portPath, { stay: stayText(disk), identity });
  }

  of(device: UsbDeviceFacts): CameraIdentity | undefined {
    const found = this.#ports.get(device.portPath);
    if (found === undefined || found.stay === stayText(device)) return found?.identity;
    this.#ports.delete(device.portPath);
    return undefined;
  }
}

function leftMeanwhile({ portPath }: UsbDeviceFacts): DockError {
  const words = `the camera on USB port ${portPath} left while its disk was opened`;
  return new DockError('driver.detached', words, { retry: 'later' });
}

function noPassword(portPath: string): DockError {
  const words = `the camera on USB port ${portPath} needs a password to show its files: give its camera in station.yaml a password_file`;
  return new DockError('driver.no-password', words, { retry: 'person' });
}
