// Mass-storage driver: a mounted card, any plain folder, or a disk on a USB port, as a camera. It reads files and erases single ones and
// writes nothing else. A folder says nothing of who the camera is: the bay that it is plugged into names it. A disk is mounted by a helper that
// runs as root, see volumes.ts.
import { DockError, isDockError, systemCode } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import type { CameraIdentity, CameraSession, Driver, Place } from '../driver.ts';
import { hasDisk, type UsbDeviceFacts, type UsbDevices } from '../usb/device.ts';
import type { BlockDevices } from './block-devices.ts';
import { nodeFolderFiles } from './folder-files-node.ts';
import type { EntryStat, FolderFiles } from './folder-files.ts';
import { type FolderWorld, openFolderSession } from './folder-session.ts';
import { BoundedCalls, detached, MASS_STORAGE_TIMES, type MassStorageTimes } from './medium.ts';
import { type MountTable, mountTable as systemMountTable } from './mount-table.ts';
import { VolumeSession, type VolumeWorld } from './volume-session.ts';
import type { VolumeReport, Volumes } from './volumes.ts';

/** What the driver stands on; `files` is the machine's and `times` are MASS_STORAGE_TIMES unless given. */
export interface MassStorageOptions {
  readonly clock: Clock;
  readonly files?: FolderFiles;
  readonly times?: Partial<MassStorageTimes>;
  /** For disks on USB ports; without it the driver takes folders only. */
  readonly usb?: MassStorageUsb;
}

/** `mountTable` is this process's own unless given. */
export interface MassStorageUsb {
  readonly devices: UsbDevices;
  readonly blockDevices: BlockDevices;
  readonly volumes: Volumes;
  readonly mountTable?: MountTable;
}

/**
 * The driver for places of kind "folder", and of kind "usb" where the device there has a mass-storage interface.
 * An open session keeps its root folder open, so a folder's file system cannot be unmounted: close it before. A disk's session mounts and
 * unmounts by itself.
 * Errors: as Driver and CameraSession; "driver.refused" where the place is no folder or may not be opened, and as openVolume.
 */
export function massStorageDriver(options: MassStorageOptions): Driver {
  const { clock, usb } = options;
  const world: FolderWorld = {
    clock,
    files: options.files ?? nodeFolderFiles(),
    times: { ...MASS_STORAGE_TIMES, ...options.times },
  };
  return {
    name: 'mass-storage',
    probe: async (place, signal) => {
      if (place.kind === 'folder') return isFolder(place.path, world, signal);
      return place.kind === 'usb' && usb !== undefined && isDisk(place.path, usb.devices, signal);
    },
    open: async (place, signal) => {
      if (place.kind === 'folder') return openFolderSession(place.path, world, signal);
      if (place.kind !== 'usb' || usb === undefined) throw notMine(place);
      return openVolume(place.path, { mountTable: systemMountTable, ...world, ...usb }, signal);
    },
  };
}

async function isFolder(
  path: string,
  { files, clock, times }: FolderWorld,
  signal: AbortSignal,
): Promise<boolean> {
  const calls = new BoundedCalls(clock, times.callMs, new AbortController().signal);
  try {
    const stat: EntryStat = await calls.run('looking at the folder', signal, () => files.stat(path));
    return stat.kind === 'folder';
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

function notMine({ kind }: Place): DockError {
  return new DockError('driver.refused', `a place of kind ${kind} is nothing that this driver opens`, {
    retry: 'never',
  });
}

// Opens the disk at a USB port: waits, for a bounded time, until the kernel has made it and something on it is mounted.

/** usb-storage waits a second before it looks; a card reader takes some more. */
const DISK_MS = 15_000;
/** A card that is there and has nothing to mount: its table of partitions may not be read yet. */
const KNOWN_MS = 3000;
const PAUSE_MS = 250;
const TEXT_CHARACTERS_MAX = 128;

/** What opening a disk stands on. */
interface VolumeDriverWorld extends VolumeWorld {
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
async function openVolume(
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
