// The drivers of this station with the real devices behind them. Native code is loaded only where a bay needs it.
import { join } from 'node:path';
import type { StationConfig } from '../config/station-config.ts';
import type { Driver } from '../drivers/driver.ts';
import { sysfsBlockDevices } from '../drivers/mass-storage/block-devices-sysfs.ts';
import { massStorageDriver, type MassStorageUsb } from '../drivers/mass-storage/driver.ts';
import { MOUNT_FOLDER_DEFAULT, MOUNT_SOCKET_NAME } from '../drivers/mass-storage/mount-request.ts';
import { helperVolumes } from '../drivers/mass-storage/volumes-helper.ts';
import { deviceAt, isCameraPort } from '../drivers/serial/device-node.ts';
import type { UsbDevices } from '../drivers/usb/device.ts';
import type { Clock, Log } from '../protocol/ports.ts';

export interface StationDriverPorts {
  readonly usbDevices: UsbDevices;
  readonly clock: Clock;
  readonly log: Log;
}

/** Drivers in the order in which they are asked: a device that speaks PTP and shows a disk as well is asked by PTP. */
export async function stationDrivers({ bays }: StationConfig, ports: StationDriverPorts): Promise<Driver[]> {
  const { clock } = ports;
  const drivers: Driver[] = [];
  if (bays.some(({ usbPort }) => usbPort !== null)) drivers.push(await usbDriver(ports));
  drivers.push(massStorageDriver({ clock, usb: disks(bays, ports) }));
  if (bays.some(({ serial }) => serial !== null)) drivers.push(await serialDriver(clock));
  return drivers;
}

/** Disks on the USB ports of the bays, mounted by the helper, which knows bays only. */
function disks(
  bays: StationConfig['bays'],
  { usbDevices: devices, clock }: StationDriverPorts,
): MassStorageUsb {
  const bayAt = new Map(
    bays.flatMap(({ id, usbPort }) => (usbPort === null ? [] : [[usbPort, id] as const])),
  );
  const socket = join(MOUNT_FOLDER_DEFAULT, MOUNT_SOCKET_NAME);
  const volumes = helperVolumes({ socket, bayAt: (portPath) => bayAt.get(portPath), clock });
  return { devices, blockDevices: sysfsBlockDevices(), volumes };
}

async function serialDriver(clock: Clock): Promise<Driver> {
  const { smpDriver } = await import('../drivers/smp/driver.ts');
  const { systemLines } = await import('../drivers/serial/serial-port.ts');
  return smpDriver({ clock, isCameraPort, deviceAt, openLine: systemLines(clock) });
}

async function usbDriver({ usbDevices: devices, clock, log }: StationDriverPorts): Promise<Driver> {
  const { ptpDriver } = await import('../drivers/ptp/driver.ts');
  const { UsbBudget } = await import('../drivers/usb/budget.ts');
  const { libusbTransports } = await import('../drivers/usb/libusb-open.ts');
  const openUsb = libusbTransports({ clock, devices, budget: new UsbBudget() });
  return ptpDriver({
    devices,
    openUsb,
    clock,
    onRecovery: (portPath, step, error) =>
      log.warn('camera is brought back into step', { usb_port: portPath, step, error }),
  });
}
