// The drivers of this station with the real devices behind them. Native code is loaded only where a bay needs it.
import type { StationConfig } from '../config/station-config.ts';
import type { Driver } from '../drivers/driver.ts';
import { massStorageDriver } from '../drivers/mass-storage/driver.ts';
import { deviceAt, isCameraPort } from '../drivers/serial/device-node.ts';
import type { UsbDevices } from '../drivers/usb/device.ts';
import type { Clock, Log } from '../protocol/ports.ts';

export interface StationDriverPorts {
  readonly usbDevices: UsbDevices;
  readonly clock: Clock;
  readonly log: Log;
}

/** Drivers in the order in which they are asked. */
export async function stationDrivers({ bays }: StationConfig, ports: StationDriverPorts): Promise<Driver[]> {
  const { clock } = ports;
  const drivers = [massStorageDriver({ clock })];
  if (bays.some(({ usbPort }) => usbPort !== null)) drivers.push(await usbDriver(ports));
  if (bays.some(({ serial }) => serial !== null)) drivers.push(await serialDriver(clock));
  return drivers;
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
