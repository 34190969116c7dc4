// Mass-storage driver: a mounted card, any plain folder, or a disk on a USB port, as a camera. It reads files and erases single ones and
// writes nothing else. A folder says nothing of who the camera is: the bay that it is plugged into names it. A disk is mounted by a helper that
// runs as root, see volumes.ts.
import { DockError, systemCode } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import type { Driver, Place } from '../driver.ts';
import type { UsbDevices } from '../usb/device.ts';
import type { BlockDevices } from './block-devices.ts';
import { BoundedCalls } from './bounded-calls.ts';
import { nodeFolderFiles } from './folder-files-node.ts';
import type { EntryStat, FolderFiles } from './folder-files.ts';
import { openFolderSession, type FolderWorld } from './folder-session.ts';
import { MASS_STORAGE_TIMES, type MassStorageTimes } from './medium.ts';
import { mountTable as systemMountTable, type MountTable } from './mount-table.ts';
import { isDisk, openVolume } from './open-volume.ts';
import type { Volumes } from './volumes.ts';

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
