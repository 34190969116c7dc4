// Makes the place of a bay from its configuration: a folder or a USB port, a serial port, or two of them as one.
import type { BayConfig } from '../../config/station-config.ts';
import type { Driver } from '../../drivers/driver.ts';
import type { UsbDevices } from '../../drivers/usb/device.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import type { WatchFolder, WatchTree } from '../platform/folder-changes.ts';
import { SinglePlace, type BayPlace } from './bay-place.ts';
import type { WhoIs } from './camera-register.ts';
import { FolderWatch, type FolderWatchDeps } from './folder-watch.ts';
import { PairedPlace } from './paired-place.ts';
import type { PlaceIdentity } from './place-watch.ts';
import type { PortSwitches } from './port-switches.ts';
import { PortWatch } from './port-watch.ts';
import { UsbPlace } from './usb-place.ts';

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
