// What is plugged in, from the kernel's own tables in /sys. Nothing is opened for it, so a device that hangs, lies or may not be opened costs
// the others nothing, and one that has an interface that it should not have is known before it is touched.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemCode } from '../../protocol/format/errors.ts';
import { SYSFS_USB_DEVICES, sysfsSocketPorts } from './socket.ts';
import { USB_DEVICES_MAX, type UsbDeviceFacts, type UsbDevices, type UsbInterfaceFacts } from './device.ts';

/** Names of devices that are no root hubs: bus, then ports; interfaces have ":configuration.number" behind. */
const DEVICE_NAME = /^\d{1,4}-\d{1,3}(?:\.\d{1,3}){0,6}$/;
const CLASS_HUB = 9;
const INTERFACES_MAX = 32;
/**
 * A reset takes some 100 ms, and its device has number 0 meanwhile. Interfaces come a little behind the device, whose bNumInterfaces says how
 * many. Source: Linux, drivers/usb/core/hub.c, hub_port_reset, and message.c, usb_set_configuration.
 */
const SETTLE_LOOK_MS = 50;
const SETTLE_LOOKS = 40;
const TEXT_CHARACTERS_MAX = 126;
/** The kernel is taking the device away, or has not filled in all of it yet. */
const VANISHING = new Set(['ENOENT', 'ENODEV', 'ENOTDIR', 'EIO']);

/**
 * Shape: as UsbDevices; `root` is /sys/bus/usb/devices unless given, `named` as for sysfsSocketPorts. A machine without USB has no devices.
 */
export function sysfsDevices(
  root: string = SYSFS_USB_DEVICES,
  named: () => Iterable<string> = () => [],
): UsbDevices {
  const portsOf = sysfsSocketPorts(root, named);
  return {
    portsOf,
    list: async (signal) => {
      signal.throwIfAborted();
      const names = await readdir(root).catch((error: unknown) => absent(error, []));
      const found: UsbDeviceFacts[] = [];
      for (const name of names.filter((each) => DEVICE_NAME.test(each)).slice(0, USB_DEVICES_MAX)) {
        const device = await readSettled(root, name, signal, hasNumber);
        signal.throwIfAborted();
        if (device !== undefined && !isHub(device)) found.push(device);
      }
      return found;
    },
    at: async (portPath, signal) => {
      signal.throwIfAborted();
      if (!DEVICE_NAME.test(portPath)) return undefined;
      for (const port of await portsOf(portPath)) {
        const device = await readSettled(root, port, signal, (look) => hasNumber(look) && look.isWhole);
        signal.throwIfAborted();
        // A hub at the other port is told by nobody: a hub of a board may be what the kernel takes for the other half of a socket.
        if (device !== undefined && (port === portPath || !isHub(device))) return { ...device, portPath };
      }
      return undefined;
    },
  };
}

interface Look {
  readonly facts: UsbDeviceFacts;
  /** All of its interfaces are there. They come one after the other, and one that must not be there may be the last. */
  readonly isWhole: boolean;
}

function hasNumber({ facts }: Look): boolean {
  return facts.address !== 0;
}

/**
 * Undefined while the device comes or goes: anybody who asks asks again. One that is being reset has no number for a moment, and is there all the
 * same: it is waited for, as is one that was not seen `isSettled`; one that does not get so is told as it is.
 */
async function readSettled(
  root: string,
  portPath: string,
  signal: AbortSignal,
  isSettled: (look: Look) => boolean,
): Promise<UsbDeviceFacts | undefined> {
  for (let looks = 1; ; looks++) {
    const look = await readDevice(root, portPath);
    if (look === undefined || isSettled(look)) return look?.facts;
    if (looks === SETTLE_LOOKS) return hasNumber(look) ? look.facts : undefined;
    await pause(SETTLE_LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

async function readDevice(root: string, portPath: string): Promise<Look | undefined> {
  const folder = join(root, portPath);
  const number = (name: string, base: number): Promise<number | undefined> => readNumber(folder, name, base);
  const [bus, address, vendorId, productId] = await Promise.all([
    number('busnum', 10),
    number('devnum', 10),
    number('idVendor', 16),
    number('idProduct', 16),
  ]);
  if (bus === undefined || address === undefined || vendorId === undefined || productId === undefined)
    return undefined;
  const [vendor, product, serial] = await Promise.all(
    ['manufacturer', 'product', 'serial'].map((name) => readText(folder, name)),
  );
  const count = (await readNumber(folder, 'bNumInterfaces', 10)) ?? 1; // not told before it is configured
  const interfaces = await readInterfaces(root, portPath);
  const facts = {
    portPath,
    bus,
    address,
    vendorId,
    productId,
    vendor: vendor ?? null,
    product: product ?? null,
    serial: serial ?? null,
    interfaces,
  };
  return { facts, isWhole: interfaces.length >= Math.min(count, INTERFACES_MAX) };
}

async function readInterfaces(root: string, portPath: string): Promise<UsbInterfaceFacts[]> {
  const folder = join(root, portPath);
  const names = await readdir(folder).catch((error: unknown) => absent(error, []));
  const own = names.filter((name) => name.startsWith(`${portPath}:`)).slice(0, INTERFACES_MAX);
  const found: UsbInterfaceFacts[] = [];
  for (const name of own) {
    const at = join(folder, name);
    const [number, classCode, subclassCode, protocolCode] = await Promise.all(
      ['bInterfaceNumber', 'bInterfaceClass', 'bInterfaceSubClass', 'bInterfaceProtocol'].map((each) =>
        readNumber(at, each, 16),
      ),
    );
    if (
      number === undefined ||
      classCode === undefined ||
      subclassCode === undefined ||
      protocolCode === undefined
    )
      continue;
    found.push({
      number,
      classCode,
      subclassCode,
      protocolCode,
      name: (await readText(at, 'interface')) ?? null,
    });
  }
  return found.sort((a, b) => a.number - b.number);
}

function isHub({ interfaces }: UsbDeviceFacts): boolean {
  return interfaces.length > 0 && interfaces.every(({ classCode }) => classCode === CLASS_HUB);
}

async function readNumber(folder: string, name: string, base: number): Promise<number | undefined> {
  const text = await readText(folder, name);
  const value = text === undefined ? NaN : Number.parseInt(text, base);
  return Number.isInteger(value) && value >= 0 ? value : undefined;
}

/** The value without the line end, cut to its bound, or undefined where there is none. Errors: the system's. */
async function readText(folder: string, name: string): Promise<string | undefined> {
  const bytes = await readFile(join(folder, name)).catch((error: unknown) => absent(error, undefined));
  if (bytes === undefined) return undefined;
  const text = bytes.toString('utf8').replace(/\n$/, '').slice(0, TEXT_CHARACTERS_MAX);
  return text === '' ? undefined : text;
}

function absent<T>(error: unknown, value: T): T {
  if (VANISHING.has(systemCode(error) ?? '')) return value;
  throw error;
}
