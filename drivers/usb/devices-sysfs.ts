// What is plugged in, from the kernel's own tables in /sys. Nothing is opened for it, so a device that hangs, lies or may not be opened costs
// the others nothing, and one that has an interface that it should not have is known before it is touched.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemCode } from '../../protocol/errors.ts';
import { USB_DEVICES_MAX, type UsbDeviceFacts, type UsbDevices, type UsbInterfaceFacts } from './device.ts';

const SYSFS_DEVICES = '/sys/bus/usb/devices';
/** Names of devices that are no root hubs: bus, then ports; interfaces have ":configuration.number" behind. */
const DEVICE_NAME = /^\d{1,4}-\d{1,3}(?:\.\d{1,3}){0,6}$/;
const CLASS_HUB = 9;
const INTERFACES_MAX = 32;
/** A reset takes some 100 ms, and its device has number 0 meanwhile. Source: Linux, drivers/usb/core/hub.c, hub_port_reset. */
const RESET_LOOK_MS = 50;
const RESET_LOOKS = 40;
const TEXT_CHARACTERS_MAX = 126;
/** The kernel is taking the device away, or has not filled in all of it yet. */
const VANISHING = new Set(['ENOENT', 'ENODEV', 'ENOTDIR', 'EIO']);

/** Shape: as UsbDevices; `root` is /sys/bus/usb/devices unless given. A machine without USB has no devices. */
export function sysfsDevices(root: string = SYSFS_DEVICES): UsbDevices {
  return {
    list: async (signal) => {
      signal.throwIfAborted();
      const names = await readdir(root).catch((error: unknown) => absent(error, []));
      const found: UsbDeviceFacts[] = [];
      for (const name of names.filter((each) => DEVICE_NAME.test(each)).slice(0, USB_DEVICES_MAX)) {
        const device = await readDevice(root, name, signal);
        signal.throwIfAborted();
        if (device !== undefined && !isHub(device)) found.push(device);
      }
      return found;
    },
    at: async (portPath, signal) => {
      signal.throwIfAborted();
      if (!DEVICE_NAME.test(portPath)) return undefined;
      const device = await readDevice(root, portPath, signal);
      signal.throwIfAborted();
      return device;
    },
  };
}

/**
 * Undefined while the device comes or goes: whoever asks asks again. One that is being reset has no number for a moment, and is there all the
 * same: it is waited for.
 */
async function readDevice(
  root: string,
  portPath: string,
  signal: AbortSignal,
): Promise<UsbDeviceFacts | undefined> {
  for (let look = 0; look < RESET_LOOKS; look++) {
    const facts = await readFacts(root, portPath);
    if (facts?.address !== 0) return facts;
    await pause(RESET_LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  return undefined;
}

async function readFacts(root: string, portPath: string): Promise<UsbDeviceFacts | undefined> {
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
  const interfaces = await readInterfaces(root, portPath);
  return {
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
