// What is at the USB and serial ports of this machine, and what a bay there would make of it. Reads the kernel's tables and the names that
// udev gives; opens no device.
import { readdir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { printable } from '../../config/problems.ts';
import type { BayConfig } from '../../config/station-config.ts';
import { type Say, texts } from '../../config/texts.ts';
import { BAYS_DE } from '../../config/texts/de/bays.ts';
import { BAYS_EN } from '../../config/texts/en/bays.ts';
import { ptpInterfaceOf } from '../../drivers/ptp/codes.ts';
import {
  assertCameraLike,
  hasDisk,
  type UsbDeviceFacts,
  type UsbDevices,
  usbIdText,
} from '../../drivers/usb/device.ts';
import { isDockError } from '../../protocol/format/errors.ts';

const SERIAL_FOLDER = '/dev/serial/by-path';
const SERIAL_PORTS_MAX = 256;
/** As drivers/ambarella knows them. */
const RECORDER = { vendorId: 0x4255, productId: 0x0001 };

/** Which driver a bay would open it with, or why it would not. */
export type UsbVerdict =
  | { readonly kind: 'camera'; readonly driver: string }
  /** An interface that no camera needs; `interfaceClass` such as "0x03", null where it shows none at all. */
  | { readonly kind: 'odd'; readonly interfaceClass: string | null }
  | { readonly kind: 'no-driver' };

/** One USB socket that has a device or a bay. */
export interface UsbPortSeen {
  /** As the bay names it, else where the device is. */
  readonly port: string;
  /** The other port of the same socket, or null. */
  readonly otherPort: string | null;
  /** Its name that stays (config/usb-buses.ts), or null. */
  readonly steady: string | null;
  readonly device: UsbDeviceFacts | null;
  readonly verdict: UsbVerdict | null;
  readonly bay: BayConfig | null;
}

/** One serial port that has a name by its socket, or a bay. */
export interface SerialPortSeen {
  readonly path: string;
  /** Such as ttyACM0; null where nothing is there. */
  readonly node: string | null;
  readonly bay: BayConfig | null;
}

/** Serial ports of the machine by the name that follows the socket. */
export type SerialPorts = () => Promise<readonly { readonly path: string; readonly node: string }[]>;

/** In the order in which the agent asks its drivers; test/unit/cli/bays.test.ts holds it against theirs. */
export function usbVerdict(device: UsbDeviceFacts): UsbVerdict {
  try {
    assertCameraLike(device);
  } catch (error) {
    if (!isDockError(error, 'driver.refused')) throw error;
    const { class: interfaceClass = null } = error.facts;
    return { kind: 'odd', interfaceClass: interfaceClass === null ? null : String(interfaceClass) };
  }
  const isRecorder = device.vendorId === RECORDER.vendorId && device.productId === RECORDER.productId;
  if (isRecorder && !hasDisk(device)) return { kind: 'camera', driver: 'ambarella' };
  if (ptpInterfaceOf(device) !== undefined) return { kind: 'camera', driver: 'ptp' };
  return hasDisk(device) ? { kind: 'camera', driver: 'mass-storage' } : { kind: 'no-driver' };
}

/** All sockets with a device or a bay, by the names of their ports. Errors: the system's. */
export async function usbPorts(
  devices: UsbDevices,
  bays: readonly BayConfig[],
  signal: AbortSignal,
  steady: (port: string) => string | null = () => null,
): Promise<UsbPortSeen[]> {
  const found = new Map((await devices.list(signal)).map((device) => [device.portPath, device]));
  const seen: UsbPortSeen[] = [];
  const add = async (port: string, bay: BayConfig | null): Promise<void> => {
    const [, otherPort = null] = await devices.portsOf(port);
    const at = [port, otherPort].find((each) => each !== null && found.has(each)) ?? port;
    const device = found.get(at) ?? null;
    found.delete(at);
    seen.push({ port, otherPort, steady: steady(port), device, verdict: device && usbVerdict(device), bay });
  };
  for (const bay of bays) if (bay.usbPort !== null) await add(bay.usbPort, bay);
  for (const port of found.keys()) await add(port, null);
  return seen.sort((one, other) => byName(one.port, other.port));
}

/** All serial ports with a name by their socket, and those of bays. */
export async function serialPortsSeen(
  list: SerialPorts,
  bays: readonly BayConfig[],
): Promise<SerialPortSeen[]> {
  const found = new Map((await list()).map(({ path, node }) => [path, node]));
  const names = new Set([...found.keys(), ...bays.flatMap(({ serial }) => serial?.path ?? [])]);
  return [...names].sort(byName).map((path) => ({
    path,
    node: found.get(path) ?? null,
    bay: bays.find(({ serial }) => serial?.path === path) ?? null,
  }));
}

/** The links that udev makes; none where there is no such folder. */
export const systemSerialPorts: SerialPorts = async () => {
  const names = await readdir(SERIAL_FOLDER).catch((): string[] => []);
  const ports = await Promise.all(
    names.slice(0, SERIAL_PORTS_MAX).map(async (name) => {
      const path = join(SERIAL_FOLDER, name);
      const target = await readlink(path).catch(() => undefined);
      return target === undefined ? [] : [{ path, node: basename(target) }];
    }),
  );
  return ports.flat();
};

/** "1-1.10" behind "1-1.9". */
function byName(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}

// The ports of a machine as lines for people and as one document. Texts of devices are data: made printable, cut by the reader's adapter.

/** What the commands on bays say. */
export const BAYS = texts(BAYS_EN, BAYS_DE);
export type BaysWords = Say<typeof BAYS_EN>;

/** Lines with LF. */
export function portsText(
  usb: readonly UsbPortSeen[],
  serial: readonly SerialPortSeen[],
  words: BaysWords,
): string {
  const lines = [
    `${words('usb')}:`,
    ...usbLines(usb, words),
    '',
    `${words('serial')}:`,
    ...serialLines(serial, words),
  ];
  const hints = usb.some(({ otherPort }) => otherPort !== null)
    ? [words('socket'), words('hint')]
    : [words('hint')];
  return `${[...lines, '', ...hints].join('\n')}\n`;
}

function usbLines(ports: readonly UsbPortSeen[], words: BaysWords): string[] {
  if (ports.length === 0) return [`  ${words('nothing')}`];
  const width = Math.max(...ports.map((seen) => socketText(seen).length));
  return ports.flatMap(({ port, otherPort, steady, device, verdict, bay }) => {
    const head = `  ${socketText({ port, otherPort }).padEnd(width)}  ${bay?.id ?? words('noBay')}`;
    const below = `  ${' '.repeat(width)}  `;
    const name = steady === null ? [] : [printable(`${below}usb_port: ${steady}`)];
    if (device === null || verdict === null) return [`${head}  ${words('empty')}`, ...name];
    const beside = isReadInPart(device, verdict) ? `; ${words('diskBeside')}` : '';
    return [
      `${head}  ${deviceText(device, words)}`,
      `${below}${verdictText(verdict, words)}${beside}`,
      ...name,
    ];
  });
}

function serialLines(ports: readonly SerialPortSeen[], words: BaysWords): string[] {
  if (ports.length === 0) return [`  ${words('nothing')}`];
  return ports.map(({ path, node, bay }) =>
    printable(`  ${path}  ${bay?.id ?? words('noBay')}  ${node ?? words('empty')}`),
  );
}

/** The ports of one socket, such as "2-3 + 3-3". */
export function socketText({ port, otherPort }: Pick<UsbPortSeen, 'port' | 'otherPort'>): string {
  return otherPort === null ? port : `${port} + ${otherPort}`;
}

/** Id, strings and serial number in one line. */
export function deviceText(device: UsbDeviceFacts, words: BaysWords): string {
  const serial = device.serial === null ? null : `${words('serialNumber')} ${device.serial}`;
  const parts = [usbIdText(device), device.vendor, device.product, serial];
  return printable(parts.filter((part) => part !== null).join('  '));
}

/** A camera that speaks PTP is read by that alone. */
function isReadInPart(device: UsbDeviceFacts, verdict: UsbVerdict): boolean {
  return verdict.kind === 'camera' && verdict.driver === 'ptp' && hasDisk(device);
}

/** What a bay would make of it. */
export function verdictText(verdict: UsbVerdict, words: BaysWords): string {
  if (verdict.kind === 'camera') return words('opened', { driver: verdict.driver });
  if (verdict.kind === 'no-driver') return words('noDriver');
  return verdict.interfaceClass === null
    ? words('noInterface')
    : words('odd', { class: verdict.interfaceClass });
}

/** Shape: `{usb_ports, serial_ports}`; the ports in the order of their names. */
export function portsDocument(usb: readonly UsbPortSeen[], serial: readonly SerialPortSeen[]): object {
  return {
    usb_ports: usb.map(({ port, otherPort, steady, device, verdict, bay }) => ({
      port,
      other_port: otherPort,
      usb_port: steady ?? port,
      bay: bay?.id ?? null,
      device: device && deviceDocument(device),
      driver: verdict?.kind === 'camera' ? verdict.driver : null,
      refused: verdict === null || verdict.kind === 'camera' ? null : verdict.kind,
    })),
    serial_ports: serial.map(({ path, node, bay }) => ({ path, node, bay: bay?.id ?? null })),
  };
}

function deviceDocument(device: UsbDeviceFacts): object {
  const { vendor, product, serial, interfaces } = device;
  return {
    usb_id: usbIdText(device),
    vendor,
    product,
    serial,
    interfaces: interfaces.map(({ classCode, subclassCode, protocolCode, name }) => ({
      class: classCode,
      subclass: subclassCode,
      protocol: protocolCode,
      name,
    })),
  };
}
