// One USB 3 socket has two ports in the kernel's tables: a camera is at the one on the bus for USB 2 or at the one on the bus for USB 3, whichever
// it and its cable can do. The kernel says which two are one socket. Source: Linux, drivers/usb/core/port.c, find_and_link_peer, and
// Documentation/ABI/testing/sysfs-bus-usb, `<hub>-port<N>/peer`.
import { realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemCode } from '../../protocol/format/errors.ts';

export const SYSFS_USB_DEVICES = '/sys/bus/usb/devices';
const PORT_PATH = /^(\d{1,4})-((?:\d{1,3}\.){0,6})(\d{1,3})$/;
const PORT_NAME = /^(?:usb(\d{1,4})|(\d{1,4}-\d{1,3}(?:\.\d{1,3}){0,5}))-port(\d{1,3})$/;

/** Where the kernel keeps what it says of one port of a hub. */
export interface PortFolder {
  /** The port itself, there or not. */
  readonly folder: string;
  /** The interface of its hub. */
  readonly hubFolder: string;
  /** Port of the hub, and the number there; undefined at a root hub. */
  readonly above: { readonly portPath: string; readonly number: string } | undefined;
}

/** Ports of the socket that a bay names, first the one that is named. At most two. Errors: the system's. */
export type SocketPorts = (portPath: string) => Promise<readonly string[]>;

/**
 * Sockets as the kernel tells them. `named`: ports that bays name. A port that another bay names is that bay's, whatever socket it is of: a
 * station whose file names both ports of one socket for two bays goes on with them.
 */
export function sysfsSocketPorts(root: string, named: () => Iterable<string>): SocketPorts {
  return async (portPath) => {
    const other = await otherPortOf(root, portPath);
    return other === undefined || new Set(named()).has(other) ? [portPath] : [portPath, other];
  };
}

/**
 * The other port of the same socket; undefined where there is none, or the kernel does not know it. Behind a hub that is not there on this bus, it is
 * the port of that number at the hub's other half. Errors: the system's.
 */
export async function otherPortOf(root: string, portPath: string): Promise<string | undefined> {
  const at = portFolder(root, portPath);
  if (at === undefined) return undefined;
  const peer = await realpath(join(at.folder, 'peer')).catch(absent);
  if (peer !== undefined) return portOf(basename(peer));
  if (at.above === undefined || (await stat(at.hubFolder).catch(absent)) !== undefined) return undefined;
  const hub = await otherPortOf(root, at.above.portPath);
  return hub && `${hub}.${at.above.number}`;
}

/** Undefined for what is no path of a port. Never throws. */
export function portFolder(root: string, portPath: string): PortFolder | undefined {
  const [, bus, hubs = '', number] = PORT_PATH.exec(portPath) ?? [];
  if (bus === undefined || number === undefined) return undefined;
  const hub = hubs === '' ? undefined : `${bus}-${hubs.slice(0, -1)}`;
  const hubFolder = join(root, hub === undefined ? `${bus}-0:1.0` : `${hub}:1.0`);
  const folder = join(hubFolder, `${hub ?? `usb${bus}`}-port${number}`);
  return { folder, hubFolder, above: hub === undefined ? undefined : { portPath: hub, number } };
}

/** Such as "1-1.4" for the folder "1-1-port4". */
function portOf(folderName: string): string | undefined {
  const [, bus, hub, number] = PORT_NAME.exec(folderName) ?? [];
  if (number === undefined) return undefined;
  return hub === undefined ? `${bus}-${number}` : `${hub}.${number}`;
}

function absent(error: unknown): undefined {
  if (/^(?:ENOENT|ENOTDIR|ENODEV|EIO)$/.test(systemCode(error) ?? '')) return undefined;
  throw error;
}
