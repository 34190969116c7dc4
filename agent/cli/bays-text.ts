// The ports of a machine as lines for people and as one document. Texts of devices are data: made printable, cut by the reader's adapter.
import { printable } from '../../config/problems.ts';
import { hasDisk, usbIdText, type UsbDeviceFacts } from '../../drivers/usb/device.ts';
import type { SerialPortSeen, UsbPortSeen, UsbVerdict } from './bays-ports.ts';
import { BAYS_DE } from '../../config/texts/de/bays.ts';
import { BAYS_EN } from '../../config/texts/en/bays.ts';
import { texts, type Say } from '../../config/texts.ts';

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
