// Opens the disk at a USB port: waits, for a bounded time, until the kernel has made it and something on it is mounted.
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { CameraIdentity, CameraSession } from '../driver.ts';
import { hasDisk, type UsbDeviceFacts, type UsbDevices } from '../usb/device.ts';
import { detached } from './medium.ts';
import { VolumeSession, type VolumeWorld } from './volume-session.ts';
import type { VolumeReport } from './volumes.ts';

/** usb-storage waits a second before it looks; a card reader takes some more. */
const DISK_MS = 15_000;
/** A card that is there and has nothing to mount: its table of partitions may not be read yet. */
const KNOWN_MS = 3000;
const PAUSE_MS = 250;
const TEXT_CHARACTERS_MAX = 128;

/** What opening a disk stands on. */
export interface VolumeDriverWorld extends VolumeWorld {
  readonly devices: UsbDevices;
}

/** True where the device at the port has a mass-storage interface. */
export async function isDisk(portPath: string, devices: UsbDevices, signal: AbortSignal): Promise<boolean> {
  const device = await devices.at(portPath, signal);
  return device !== undefined && hasDisk(device);
}

/**
 * Errors: "driver.detached" where nothing is there, or it left; "driver.refused" where it is no disk, shows none in time, or the helper
 * cannot be asked (facts: reason); the signal's reason.
 */
export async function openVolume(
  portPath: string,
  world: VolumeDriverWorld,
  signal: AbortSignal,
): Promise<CameraSession> {
  const device = await world.devices.at(portPath, signal);
  if (device === undefined) throw detached(`nothing is plugged into USB port ${portPath}`);
  if (!hasDisk(device)) throw refused(`the device on USB port ${portPath} shows no disk`, 'no-disk');
  const session = new VolumeSession(portPath, identityOf(device), world);
  try {
    await untilMounted(portPath, device, session, world, signal);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function untilMounted(
  portPath: string,
  device: UsbDeviceFacts,
  session: VolumeSession,
  { clock, devices }: VolumeDriverWorld,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = clock.monotonicMs();
  for (;;) {
    const report = await startOnce(session, signal);
    if (report !== undefined && report.volume !== null) return;
    const waitedMs = clock.monotonicMs() - startedMs;
    const isSlot = report === undefined || report.others.includes('no-medium');
    if (waitedMs > (isSlot ? DISK_MS : KNOWN_MS)) {
      if (report !== undefined) return; // a docking whose inventory says why it is not complete
      throw refused(`the device on USB port ${portPath} shows no disk in ${DISK_MS} ms`, 'no-disk');
    }
    await clock.sleep(PAUSE_MS, signal);
    const now = await devices.at(portPath, signal);
    if (now?.address !== device.address || now.bus !== device.bus) throw detached('it was taken out');
  }
}

/** Undefined while the kernel has made no disk. */
async function startOnce(session: VolumeSession, signal: AbortSignal): Promise<VolumeReport | undefined> {
  try {
    return await session.start(signal);
  } catch (error) {
    if (isDockError(error, 'mount.no-device')) return undefined;
    if (isDockError(error, 'mount.refused'))
      throw new DockError('driver.refused', error.message, {
        cause: error,
        retry: 'person',
        facts: error.facts,
      });
    throw error;
  }
}

function identityOf({ vendor, product, serial }: UsbDeviceFacts): CameraIdentity {
  return { vendor: text(vendor), model: text(product), serial: text(serial), firmware: null };
}

function text(said: string | null): string | null {
  const kept = said?.slice(0, TEXT_CHARACTERS_MAX).toWellFormed().trim() ?? '';
  return kept === '' ? null : kept;
}

function refused(words: string, reason: string): DockError {
  return new DockError('driver.refused', words, { retry: 'later', facts: { reason } });
}
