// Waits for the disk of a camera that was told to show it: the camera leaves the bus and comes back on the same port as another device.
//
// Invariants:
// 1. What comes back counts as that camera only if it is a disk and nothing else, and no serial number in its descriptors contradicts.
// 2. The disk that was opened is the device that was judged: looked at again behind the opening.
//
// Limit: a camera that is taken out in these seconds while another one that already shows its disk is put in cannot be told from the
// first, where the descriptors of one of them have no serial number. Nothing else that is known before and after the switch names a camera.
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import type { CameraSession, Driver } from '../driver.ts';
import { assertCameraLike, type UsbDeviceFacts, type UsbDevices, usbIdText } from '../usb/device.ts';

/** The cameras take 2 to 5 s; the system finds and mounts the disk after that. */
export const DISK_MS = 60_000;
/** How often the port is looked at. A device counts when two looks show the same. */
export const LOOK_MS = 250;
const CLASS_MASS_STORAGE = 0x08;

export interface DiskWaitParts {
  readonly devices: UsbDevices;
  readonly clock: Clock;
  /** Opens a disk on a USB port. */
  readonly disk: Driver;
  readonly lookMs: number;
}

/** A camera's disk, open, and the device that it is. */
export interface ShownDisk {
  readonly session: CameraSession;
  readonly device: UsbDeviceFacts;
}

/** True where it shows a disk, alone or beside what else it has. */
export function showsDisk({ interfaces }: UsbDeviceFacts): boolean {
  return interfaces.some(({ classCode }) => classCode === CLASS_MASS_STORAGE);
}

/** The same text for one device as long as it stays on its port. */
export function stayText({ bus, address }: UsbDeviceFacts): string {
  return `${bus}.${address}`;
}

/**
 * Opens the disk as which the camera comes back; `left` is the device that it was.
 * Errors: "driver.no-files" where it did not leave, or no disk could be opened in time; "driver.detached" where the port stayed empty;
 * "driver.other-camera" where something else came; "driver.two-cameras" where two serial numbers contradict; "driver.refused" for an
 * interface that no camera needs; those of the disk's driver; the signal's reason.
 */
export async function openShownDisk(
  left: UsbDeviceFacts,
  parts: DiskWaitParts,
  signal: AbortSignal,
): Promise<ShownDisk> {
  const { devices, clock, lookMs } = parts;
  const endMs = clock.monotonicMs() + DISK_MS;
  let seen: string | undefined;
  for (;;) {
    const now = await devices.at(left.portPath, signal);
    const shows = now === undefined ? undefined : `${stayText(now)}.${now.interfaces.length}`;
    if (now !== undefined && isBack(now, left) && shows === seen) {
      judge(now, left);
      const session = await tryOpen(now, parts, endMs, signal);
      if (session !== undefined) return { session, device: now };
    }
    seen = shows;
    if (clock.monotonicMs() >= endMs) throw tooLate(now, left);
    await clock.sleep(lookMs, signal);
  }
}

/** Another device than the one that left; its interfaces come a little after it. */
function isBack(now: UsbDeviceFacts, left: UsbDeviceFacts): boolean {
  return stayText(now) !== stayText(left) && now.interfaces.length > 0;
}

function judge(now: UsbDeviceFacts, left: UsbDeviceFacts): void {
  assertCameraLike(now);
  if (!showsDisk(now)) {
    const words = `the camera on USB port ${now.portPath} was told to show its disk, and ${usbIdText(now)} without a disk came: another device was put in, or the camera did not do it; take it out and put it in again`;
    throw new DockError('driver.other-camera', words, {
      retry: 'person',
      facts: { usb_port: now.portPath, usb_id: usbIdText(now) },
    });
  }
  if (left.serial === null || now.serial === null || left.serial.trim() === now.serial.trim()) return;
  const words = `the disk on USB port ${now.portPath} has another serial number than the camera that was there before: another camera was put in meanwhile; take it out and put it in again`;
  throw new DockError('driver.two-cameras', words, { retry: 'person', facts: { usb_port: now.portPath } });
}

/** Undefined where it cannot be opened yet, or the device changed meanwhile. */
async function tryOpen(
  device: UsbDeviceFacts,
  { devices, clock, disk }: DiskWaitParts,
  endMs: number,
  signal: AbortSignal,
): Promise<CameraSession | undefined> {
  const place = { kind: 'usb', path: device.portPath } as const;
  const late = new AbortController();
  const cancel = clock.after(Math.max(0, endMs - clock.monotonicMs()), () =>
    late.abort(tooLate(device, device)),
  );
  const ending = AbortSignal.any([signal, late.signal]);
  let session: CameraSession | undefined;
  try {
    if (!(await disk.probe(place, ending))) return undefined;
    session = await disk.open(place, ending);
    const now = await devices.at(device.portPath, ending);
    if (now !== undefined && stayText(now) === stayText(device)) return session;
    await session.close();
    return undefined;
  } catch (error) {
    await session?.close();
    if (ending.aborted || !isDockError(error) || !NOT_YET.has(error.code)) throw error;
    return undefined;
  } finally {
    cancel();
  }
}

/** What a disk's driver says while the system has not made the disk ready. */
const NOT_YET: ReadonlySet<string> = new Set(['driver.detached', 'driver.silent', 'driver.no-files']);

function tooLate(now: UsbDeviceFacts | undefined, left: UsbDeviceFacts): DockError {
  if (now === undefined)
    return new DockError('driver.detached', 'the camera left and did not come back', { retry: 'later' });
  const what =
    stayText(now) === stayText(left) ? 'did not show its disk' : 'shows a disk that cannot be opened';
  const words = `the camera on USB port ${now.portPath} ${what} within ${DISK_MS / 1000} s: take it out and put it in again`;
  return new DockError('driver.no-files', words, { retry: 'person' });
}
