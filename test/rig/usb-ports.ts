// Devices as the guest's kernel sees them, and the port that one of them is on.
import { sysfsDevices } from '../../drivers/usb/devices-sysfs.ts';
import { until } from '../fakes/until.ts';

/** The guest is emulated: work takes ten times as long, thirty times beside other suites, and clocks do not. */
export const WORK_MS = 600_000;

export const devices = sysfsDevices();

/** Port of the device with that serial number, once it is there. */
export function portOf(serial: string): Promise<string> {
  const { signal } = new AbortController();
  return until(`a device ${serial}`, WORK_MS, async () => {
    const found = (await devices.list(signal)).find((device) => device.serial === serial);
    return found?.portPath;
  });
}
