// The line over the real serialport binding and a pseudo terminal. Its clock runs fast: the deadlines of the product are seconds.
import { afterEach, describe, test } from 'vitest';
import { systemLines } from '../../../../drivers/serial/serial-port.ts';
import { lineContract, type LineSubject } from '../../../contracts/line-contract.ts';
import { scaledClock } from '../../../fakes/clock-scaled.ts';
import { SerialPtyDevice } from '../../../fakes/serial-pty.ts';
import { lacksTools } from '../../../fakes/stock-tools.ts';
import { live } from '../../../contracts/driver-subject.ts';

/** Not more: on a busy machine a terminal was seen to hold bytes for more than a second. */
const FASTER = 2;
const devices: SerialPtyDevice[] = [];
afterEach(async () => {
  for (const device of devices.splice(0)) await device.unplug();
});

async function subject(): Promise<LineSubject> {
  const clock = scaledClock(FASTER);
  const device = await SerialPtyDevice.plugged();
  devices.push(device);
  return {
    openLine: systemLines(clock),
    settings: { path: device.path, baud: 115_200 },
    pass: (ms) => clock.sleep(ms, live()),
    send: (bytes) => device.send(bytes),
    received: () => device.received(),
    stall: () => device.stall(),
    unplug: () => device.unplug(),
    plugAgain: () => device.plug(),
  };
}

describe.skipIf(lacksTools('socat'))('a line to a pseudo terminal', () => lineContract({ test }, subject));
