// Names of serial ports in the guest, as udev makes them for the sockets.
import { readdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { until } from '../fakes/until.ts';

const BY_PATH = '/dev/serial/by-path';
const APPEAR_MS = 60_000;

/** The names that lead somewhere now, with what they lead to, such as "ttyUSB0". */
async function portsNow(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await readdir(BY_PATH).catch(() => [])) {
    const path = join(BY_PATH, name);
    const device = await realpath(path).catch(() => undefined);
    if (device !== undefined) found.set(path, basename(device));
  }
  return found;
}

/** Calls `plug` and resolves with the name of the port that appears, the shortest one where udev makes several. */
export async function portOf(plug: () => Promise<void>): Promise<string> {
  const before = await portsNow();
  await plug();
  return until('a serial port to appear', APPEAR_MS, async () => {
    const names = [...(await portsNow()).keys()].filter((path) => !before.has(path));
    return names.toSorted((a, b) => a.length - b.length || a.localeCompare(b))[0];
  });
}

/** Resolves with the device that the port leads to, once it leads anywhere. */
export function deviceOf(port: string): Promise<string> {
  return until(`a device at ${port}`, APPEAR_MS, async () => (await portsNow()).get(port));
}

/** Resolves when nothing is at the port any more. */
export async function untilGone(port: string): Promise<void> {
  await until(`${port} to vanish`, APPEAR_MS, async () => !(await portsNow()).has(port));
}
