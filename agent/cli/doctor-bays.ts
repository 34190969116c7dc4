// The ports of the bays: is the dock plugged in, is there a device that no driver opens, may the agent open it. Opens nothing.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isUnfoundPort } from '../../config/usb-buses.ts';
import { sysfsDevices } from '../../drivers/usb/devices-sysfs.ts';
import { usbPorts, type UsbPortSeen } from './bays-ports.ts';
import { socketText } from './bays-text.ts';
import type { DoctorContext } from './doctor-context.ts';
import { found, type Finding } from './doctor-finding.ts';
import { agentUser } from './doctor-user.ts';

const USB_FOLDER = '/sys/bus/usb/devices';
const DEVICE_FOLDER = '/dev/bus/usb';

/** Folders and serial ports are looked at with the other files of the configuration (doctor-config.ts). */
export async function checkBays(context: DoctorContext): Promise<Finding[]> {
  const { config, file, signal } = context;
  const bays = config.bays.filter(({ usbPort }) => usbPort !== null);
  const devices = sysfsDevices(USB_FOLDER, () => bays.flatMap(({ usbPort }) => usbPort ?? []));
  const ports = await usbPorts(devices, bays, signal);
  const findings: Finding[] = [];
  for (const port of ports) {
    if (port.bay === null) continue;
    const where = `${port.bay.id} (${socketText(port)})`;
    if (port.device === null) findings.push(...(await checkHub(port.port, where)));
    else if (port.verdict?.kind !== 'camera') findings.push(found('bay.refused', where, { config: file }));
    else findings.push(...(await checkDevice(context, port, where)));
  }
  return findings.length > 0 || bays.length === 0 ? findings : [found('bay.good')];
}

/** An empty port shows nothing; the hub that it belongs to does. */
async function checkHub(port: string, where: string): Promise<Finding[]> {
  if (isUnfoundPort(port)) return [found('bay.no-hub', where, { hub: port.split('/')[0] ?? port })];
  const dot = port.lastIndexOf('.');
  const hub = dot === -1 ? `usb${port.split('-')[0] ?? ''}` : port.slice(0, dot);
  const isThere = await stat(join(USB_FOLDER, hub)).catch(() => undefined);
  return isThere === undefined ? [found('bay.no-hub', where, { hub })] : [];
}

async function checkDevice(
  { asked }: DoctorContext,
  { device }: UsbPortSeen,
  where: string,
): Promise<Finding[]> {
  const user = await agentUser(asked);
  if (device === null || user === undefined || user.uid === 0) return [];
  const number = (value: number): string => String(value).padStart(3, '0');
  const node = join(DEVICE_FOLDER, number(device.bus), number(device.address));
  const entry = await stat(node).catch(() => undefined);
  if (entry === undefined) return [];
  const { mode, uid, gid } = entry;
  const may =
    (uid === user.uid && (mode & 0o600) === 0o600) ||
    (user.groups.includes(gid) && (mode & 0o060) === 0o060) ||
    (mode & 0o006) === 0o006;
  return may ? [] : [found('bay.device-denied', where, { node, user: user.uid })];
}
