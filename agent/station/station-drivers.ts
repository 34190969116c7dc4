// The drivers of this station with the real devices behind them. Native code is loaded only where a bay needs it.
import { join } from 'node:path';
import { readCameraPassword } from '../../config/broker-credentials.ts';
import type { BayConfig, StationConfig } from '../../config/station-config.ts';
import { type LockListener, type LoginCounts, LoginGuard } from '../../drivers/ambarella/login-guard.ts';
import type { Driver } from '../../drivers/driver.ts';
import { HELPER_SOCKET_NAME } from '../../drivers/helper.ts';
import type { BlockDevices } from '../../drivers/mass-storage/block-devices.ts';
import { massStorageDriver, type MassStorageUsb } from '../../drivers/mass-storage/driver.ts';
import { mediaAt } from '../../drivers/mass-storage/mount-table.ts';
import { helperVolumes, MOUNT_FOLDER_DEFAULT } from '../../drivers/mass-storage/volumes.ts';
import { deviceAt, isCameraPort } from '../../drivers/serial/line.ts';
import type { UsbDevices } from '../../drivers/usb/device.ts';
import { helperPower, POWER_FOLDER_DEFAULT } from '../../drivers/usb/port-power-helper.ts';
import type { CyclePower } from '../../drivers/usb/port-power.ts';
import type { BayId } from '../../protocol/format/ids.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import type { PortSwitches } from '../dock/port-switches.ts';

export interface StationDriverPorts {
  readonly usbDevices: UsbDevices;
  readonly blockDevices: BlockDevices;
  /** Shared with the places of the bays. */
  readonly portSwitches: PortSwitches;
  /** Of passwords that were refused, over all stations of this process. */
  readonly loginCounts: LoginCounts;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

/**
 * Drivers in the order in which they are asked: a recorder that was told to show its disk is asked by the driver that told it, and a device
 * that speaks PTP and shows a disk as well by PTP.
 */
export async function stationDrivers(config: StationConfig, ports: StationDriverPorts): Promise<Driver[]> {
  const { bays } = config;
  const { clock } = ports;
  const disk = massStorageDriver({ clock, usb: disks(bays, ports) });
  const drivers: Driver[] = [];
  if (bays.some(({ usbPort }) => usbPort !== null)) drivers.push(...(await usbDrivers(config, disk, ports)));
  drivers.push(disk);
  if (bays.some(({ serial }) => serial !== null)) drivers.push(await serialDriver(clock));
  return drivers;
}

/** Disks on the USB ports of the bays, mounted by the helper, which knows bays only. */
function disks(
  bays: StationConfig['bays'],
  { usbDevices: devices, blockDevices, clock }: StationDriverPorts,
): MassStorageUsb {
  const socket = join(MOUNT_FOLDER_DEFAULT, HELPER_SOCKET_NAME);
  const volumes = helperVolumes(socket, bayFinder(bays), clock);
  return { devices, blockDevices, volumes };
}

/** The power of the bays' ports, where its helper is turned on; it knows bays only. */
function portPower(
  bays: StationConfig['bays'],
  { clock, log }: Pick<StationDriverPorts, 'clock' | 'log'>,
): CyclePower {
  return helperPower({
    socket: join(POWER_FOLDER_DEFAULT, HELPER_SOCKET_NAME),
    bayAt: bayFinder(bays),
    clock,
    onRefused: (portPath, code, words) =>
      log.warn('port power not switched', { usb_port: portPath, code, reason: words }),
  });
}

/** Finds the bay at a USB port. */
function bayFinder(bays: StationConfig['bays']): (portPath: string) => BayId | undefined {
  const bayAt = new Map(
    bays.flatMap(({ id, usbPort }) => (usbPort === null ? [] : [[usbPort, id] as const])),
  );
  return (portPath) => bayAt.get(portPath);
}

async function serialDriver(clock: Clock): Promise<Driver> {
  const { smpDriver } = await import('../../drivers/serial/smp/driver.ts');
  const { systemLines } = await import('../../drivers/serial/serial-port.ts');
  return smpDriver({ clock, isCameraPort, deviceAt, openLine: systemLines(clock) });
}

/** All of them share the kernel's bytes for transfers. */
async function usbDrivers(
  config: StationConfig,
  disk: Driver,
  {
    usbDevices: devices,
    blockDevices,
    portSwitches,
    loginCounts,
    clock,
    log,
    conditions,
  }: StationDriverPorts,
): Promise<Driver[]> {
  const { ambarellaDriver } = await import('../../drivers/ambarella/driver.ts');
  const { ptpDriver } = await import('../../drivers/ptp/driver.ts');
  const { UsbBudget } = await import('../../drivers/usb/transfer-limits.ts');
  const { libusbControls, libusbTransports } = await import('../../drivers/usb/libusb-open.ts');
  const usb = { clock, devices, budget: new UsbBudget() };
  const ambarella = ambarellaDriver({
    devices,
    openControl: libusbControls(usb),
    clock,
    disk,
    passwordOf: passwordOf(config),
    guard: new LoginGuard(lockConditions(config.bays, conditions), loginCounts),
    beginSwitch: portSwitches.begin,
  });
  const ptp = ptpDriver({
    devices,
    openUsb: libusbTransports(usb),
    hasFilesBeside: mediaAt(blockDevices, clock),
    clock,
    onRecovery: (portPath, step, error) =>
      log.warn('camera protocol resynchronised', { usb_port: portPath, step, error }),
    cyclePower: portPower(config.bays, { clock, log }),
    onNotice: (portPath, notice) => log.warn('camera event received', { usb_port: portPath, notice }),
  });
  return [ambarella, ptp];
}

// Which password belongs to the camera on a USB port. Read anew each time, so that a corrected file counts with the next docking.

type Settings = Pick<StationConfig, 'bays' | 'cameras'>;

/**
 * Shape: gives the password of the camera on that port; undefined where the configuration has none for it. A bay that names no camera
 * knows who is in it only after the password: it takes the one password file of the configuration, and none where there are several.
 * Errors: those of readCameraPassword.
 */
export function passwordOf(settings: Settings): (portPath: string) => Promise<string | undefined> {
  const files = new Map(settings.bays.map((bay) => [bay.usbPort, passwordFileOf(bay, settings)]));
  return async (portPath) => {
    const file = files.get(portPath) ?? null;
    return file === null ? undefined : readCameraPassword(file);
  };
}

function passwordFileOf({ camera }: Settings['bays'][number], { cameras }: Settings): string | null {
  if (camera !== null) return cameras.find(({ id }) => id === camera)?.passwordFile ?? null;
  const files = new Set(cameras.flatMap(({ passwordFile }) => passwordFile ?? []));
  const [only = null] = files;
  return files.size === 1 ? only : null;
}

// Tells that no more passwords are tried at a bay: its cameras refused the configured one too often in a row.

const CONDITION = 'camera.locked-out';

/** Subject is the bay of the port; a port of no bay is none of ours. */
export function lockConditions(
  bays: readonly Pick<BayConfig, 'id' | 'usbPort'>[],
  conditions: Conditions,
): LockListener {
  const bayAt = (portPath: string): string | undefined =>
    bays.find(({ usbPort }) => usbPort === portPath)?.id;
  return {
    onLocked: (portPath, refusals) => {
      const bay = bayAt(portPath);
      if (bay !== undefined) conditions.raise(CONDITION, bay, { refusals });
    },
    onFree: (portPath) => {
      const bay = bayAt(portPath);
      if (bay !== undefined) conditions.clear(CONDITION, bay);
    },
  };
}
