// The real serial ports of this machine. Imported only when a bay has a serial port: the library loads native code.
import { SerialPort } from 'serialport';
import type { Clock } from '../../protocol/format/ports.ts';
import { serialLines } from './line-serialport.ts';
import { deviceAt, type OpenLine } from './line.ts';

/** Opens serial ports through serialport. */
export function systemLines(clock: Clock): OpenLine {
  return serialLines({
    clock,
    makePort: ({ path, baud }) => new SerialPort({ path, baudRate: baud, autoOpen: false, lock: true }),
    deviceAt,
  });
}
