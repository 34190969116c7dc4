// What lies at the path of a serial port. Loads nothing native: the agent looks here before any port is opened.
import { stat } from 'node:fs/promises';

/** Major number of ttyACM: the device at the other end of the cable is itself the port. Source: Linux, Documentation/admin-guide/devices.txt. */
const MAJOR_ACM = 166n;

/** Device and file number of the node that the path leads to: another text once another device lies there; undefined where there is none. */
export async function deviceAt(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found?.isCharacterDevice() === true ? `${found.rdev}.${found.ino}` : undefined;
}

/**
 * True where the port is the camera's own and comes and goes with it (CDC-ACM). Any other port may be the dock's: it is there in an
 * empty bay, and that nobody answers on it says nothing.
 */
export async function isCameraPort(path: string): Promise<boolean> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found?.isCharacterDevice() === true && majorOf(found.rdev) === MAJOR_ACM;
}

/** Source: glibc, gnu_dev_major. */
function majorOf(device: bigint): bigint {
  return ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
}
