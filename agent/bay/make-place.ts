// Makes the place of a bay from its configuration: a folder, a serial port, or both as one.
import type { BayConfig } from '../../config/station-config.ts';
import type { Driver } from '../../drivers/driver.ts';
import type { Clock, Conditions, Log } from '../../protocol/ports.ts';
import { SinglePlace, type BayPlace } from './bay-place.ts';
import { FolderWatch } from './folder-watch.ts';
import { PairedPlace } from './paired-place.ts';
import type { PlaceIdentity } from './place-watch.ts';
import { PortWatch } from './port-watch.ts';

export interface BayPlacePorts {
  readonly drivers: readonly Driver[];
  readonly folderIdentity: PlaceIdentity;
  readonly portIdentity: PlaceIdentity;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** The place of a bay. A bay with neither folder nor port does not pass the rules of the configuration. */
export function bayPlace(bay: BayConfig, ports: BayPlacePorts): BayPlace {
  const files = bay.folder === null ? undefined : folderPlace(bay.folder, ports);
  const port = bay.serial === null ? undefined : portPlace(bay.serial, ports);
  if (files !== undefined && port !== undefined)
    return new PairedPlace({ ...ports, bay: bay.id, port, files });
  const only = files ?? port;
  if (only === undefined) throw new Error(`bay ${bay.id} has no place`);
  return only;
}

function folderPlace(path: string, { folderIdentity, clock, log, drivers }: BayPlacePorts): BayPlace {
  const watch = new FolderWatch(path, { identity: folderIdentity, clock, log });
  return new SinglePlace({ kind: 'folder', path }, watch, drivers);
}

function portPlace(
  serial: NonNullable<BayConfig['serial']>,
  { portIdentity, clock, drivers }: BayPlacePorts,
): BayPlace {
  const watch = new PortWatch(serial.path, { identity: portIdentity, clock });
  return new SinglePlace({ kind: 'serial', ...serial }, watch, drivers);
}
