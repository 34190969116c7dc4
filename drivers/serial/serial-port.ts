// The real serial ports of this machine. Imported only when a bay has a serial port: the library loads native code.
import { stat } from 'node:fs/promises';
import { SerialPort } from 'serialport';
import type { Clock } from '../../protocol/ports.ts';
import type { OpenLine } from './line.ts';
import { serialLines } from './line-serialport.ts';

/** Opens serial ports through serialport. */
export function systemLines(clock: Clock): OpenLine {
  return serialLines({
    clock,
    makePort: ({ path, baud }) => new SerialPort({ path, baudRate: baud, autoOpen: false, lock: true }),
    deviceAt,
  });
}

/** Device and file number of the node that the path leads to. */
async function deviceAt(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found?.isCharacterDevice() === true ? `${found.rdev}.${found.ino}` : undefined;
}
