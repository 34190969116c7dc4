// A driver for the disks of recorders in memory: what mass storage on a USB port is to the machine.
import type { Driver } from '../../../drivers/driver.ts';
import { simulatedDriver } from '../simulated-driver.ts';
import type { UsbDevices } from '../../../drivers/usb/device.ts';
import type { AmbarellaRecorder } from './recorder.ts';

/** Opens the disk that is on a port now: the recorder's that shows it there. */
export function diskDriver(devices: UsbDevices, recorders: () => Iterable<AmbarellaRecorder>): Driver {
  const inner = (path: string): Driver => {
    const shown = [...recorders()].find(({ wish, camera }) => wish.portPath === path && camera.isAttached);
    return simulatedDriver(new Map(shown === undefined ? [] : [[path, shown.camera]]));
  };
  return {
    name: 'disk',
    probe: async (place, signal) => {
      const device = place.kind === 'usb' ? await devices.at(place.path, signal) : undefined;
      const isDisk = device?.interfaces.some(({ classCode }) => classCode === 8) === true;
      return isDisk && inner(place.path).probe(place, signal);
    },
    open: (place, signal) => inner(place.path).open(place, signal),
  };
}
