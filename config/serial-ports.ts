// Looks at the serial ports that a configuration names on this machine. Opens none: opening a port can reset what hangs on it.
import { constants, type BigIntStats } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import type { FileFinds } from './file-finds.ts';
import type { BayPlaces } from './station-config.ts';

/** Names that follow the order of plugging, or the adapter, instead of the socket. */
const WANDERING = /^\/dev\/(?:tty(?:USB|ACM)\d+$|serial\/by-id\/)/;

/** Checks the serial ports of all bays. */
export async function checkSerialPorts(bays: readonly BayPlaces[], finds: FileFinds): Promise<void> {
  const seen = new Map<bigint, string>();
  for (const { serial } of bays) {
    if (serial === null) continue;
    const { path } = serial;
    if (WANDERING.test(path))
      finds.warning(
        'bay.wandering-port',
        path,
        'does not follow the socket: take the name that `ls -l /dev/serial/by-path` shows for it',
      );
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (found === undefined)
      finds.warning('bay.absent', path, 'is not there: the bay is empty until it appears');
    else await checkPort(path, found, seen, finds);
  }
}

async function checkPort(
  path: string,
  found: BigIntStats,
  seen: Map<bigint, string>,
  finds: FileFinds,
): Promise<void> {
  if (!found.isCharacterDevice()) {
    finds.problem(
      'bay.no-port',
      path,
      'is no serial port',
      'name a port that `ls /dev/serial/by-path` shows',
    );
    return;
  }
  const other = seen.get(found.rdev);
  // The same path twice is a mistake in the text, and told there.
  if (other !== undefined && other !== path)
    finds.problem('bay.same-port', path, `is the same port as ${other}`, 'give each bay a port of its own');
  seen.set(found.rdev, path);
  const may = await access(path, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!may)
    finds.warning(
      'bay.port-denied',
      path,
      'may not be opened by this user: the service user must be in the group that owns it (on Debian: dialout)',
    );
}
