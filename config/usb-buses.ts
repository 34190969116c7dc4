// USB sockets by names that stay. The kernel numbers its buses in the order in which it finds their controllers, and with several of them that may
// be another order at the next start: "1-1.3" is another socket then, and two bays would be exchanged. A controller keeps its name, and has one bus
// for each generation of USB at most. Reads the kernel's tables alone, and opens nothing.
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const SYSFS_DEVICES = '/sys/bus/usb/devices';
/** A bus, and the ports on the way, as the kernel names them. */
const KERNEL_PORT = /^([1-9]\d{0,2})-([1-9]\d{0,2}(?:\.[1-9]\d{0,2}){0,6})$/;
/** A controller such as xhci-hcd.0 or 0000:01:00.0, its generation of USB, and the ports on the way. */
const STEADY_PORT = /^([A-Za-z0-9][A-Za-z0-9:._-]{0,63})\/usb([1-3])-([1-9]\d{0,2}(?:\.[1-9]\d{0,2}){0,6})$/;
/** Either of them, for a schema. */
export const USB_PORT_PATTERN = new RegExp(`${KERNEL_PORT.source}|${STEADY_PORT.source}`);

/** One bus, as its root hub shows it. */
interface Bus {
  readonly number: string;
  readonly controller: string;
  /** 1, 2 or 3. */
  readonly generation: string;
}

/** The kernel's name of a socket at this moment; the name as it is where it has none, because no such controller is there. Never throws. */
export function kernelPort(port: string, root = SYSFS_DEVICES): string {
  const [, controller, generation, ports] = STEADY_PORT.exec(port) ?? [];
  if (controller === undefined) return port;
  const [bus, other] = busesIn(root).filter(
    (each) => each.controller === controller && each.generation === generation,
  );
  return bus === undefined || other !== undefined ? port : `${bus.number}-${ports}`;
}

/** The name that stays of a socket that the kernel names; undefined where its bus says none, or does not say it alone. Never throws. */
export function steadyPort(port: string, root = SYSFS_DEVICES): string | undefined {
  const [, number, ports] = KERNEL_PORT.exec(port) ?? [];
  const bus = busesIn(root).find((each) => each.number === number);
  if (bus === undefined) return undefined;
  const steady = `${bus.controller}/usb${bus.generation}-${ports}`;
  return kernelPort(steady, root) === port ? steady : undefined;
}

/** True for the name of a socket whose controller is not there. Never throws. */
export function isUnfoundPort(port: string, root = SYSFS_DEVICES): boolean {
  return STEADY_PORT.test(port) && kernelPort(port, root) === port;
}

function busesIn(root: string): Bus[] {
  try {
    return readdirSync(root).flatMap((name) => busOf(root, name) ?? []);
  } catch {
    return []; // a machine without USB
  }
}

/** Undefined for what is no root hub, or is about to go. */
function busOf(root: string, name: string): Bus | undefined {
  const [, number] = /^usb([1-9]\d{0,2})$/.exec(name) ?? [];
  if (number === undefined) return undefined;
  try {
    const version = readFileSync(join(root, name, 'version'), 'utf8').trim();
    const controller = basename(dirname(realpathSync(join(root, name))));
    return { number, controller, generation: version.split('.')[0] ?? '' };
  } catch {
    return undefined;
  }
}
