// In the rig's guest: opens the camera on a USB port and reads its longest file again and again, until somebody kills it in the middle of a
// transaction. Says so once some of the file has come. Argument: the port's path.
import { ptpDriver } from '../../drivers/ptp/driver.ts';
import { UsbBudget } from '../../drivers/usb/transfer-limits.ts';
import { sysfsDevices } from '../../drivers/usb/devices-sysfs.ts';
import { libusbTransports } from '../../drivers/usb/libusb-open.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { live } from '../contracts/driver-subject.ts';

/** What it says; whoever started it waits for that. */
export const IN_THE_MIDDLE = 'in the middle';

async function readForEver(path: string): Promise<void> {
  const clock = nodeClock();
  const devices = sysfsDevices();
  const openUsb = libusbTransports({ clock, devices, budget: new UsbBudget() });
  const driver = ptpDriver({ devices, openUsb, clock, onRecovery: () => undefined });
  const session = await driver.open({ kind: 'usb', path }, live());
  const { entries } = await session.inventory(live());
  const [longest] = entries.toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  if (longest === undefined) throw new Error('nothing is listed');
  for (;;)
    for await (const { kind } of session.read(longest, 0, live()))
      if (kind === 'bytes') process.stdout.write(`${IN_THE_MIDDLE}\n`);
}

const [, , port] = process.argv;
if (port !== undefined && import.meta.filename === process.argv[1]) await readForEver(port);
