// Port, and below it the one on Linux: the disks that the kernel made of what is plugged into one USB port. Nothing here opens a device.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../protocol/format/errors.ts';
import { sysfsSocketPorts } from '../usb/socket.ts';

/** A partition that the kernel read from the disk's table. */
interface PartitionFacts {
  /** Such as "sda1"; its node is /dev/sda1. */
  readonly name: string;
  /** From 1. */
  readonly number: number;
  /** "major:minor", as mountinfo names it. */
  readonly device: string;
  readonly startBytes: number;
  readonly sizeBytes: number;
  /** The kernel made another device of it: LVM, LUKS, RAID. */
  readonly isHeld: boolean;
}

/** One logical unit of a USB device: a disk, or the empty slot of a reader. */
export interface DiskFacts {
  /** Such as "sda". */
  readonly name: string;
  readonly device: string;
  /** Number of the logical unit, from 0. */
  readonly unit: number;
  /** Counts up with every disk and every change of medium since boot: never the same for two. Linux 5.15; made of the device's address before. */
  readonly sequence: string;
  /** 0 where no medium is in it. */
  readonly sizeBytes: number;
  /** Switched off for writing, by the medium's own switch or by the station. */
  readonly isReadOnly: boolean;
  /** Commands that the disk answered with an error since it came, or null where the kernel does not count them. */
  readonly errors: number | null;
  /** As of a partition, of the disk as a whole. */
  readonly isHeld: boolean;
  /** Ascending by number. */
  readonly partitions: readonly PartitionFacts[];
}

/** The consumer declares it, the adapter reads the kernel's tables. */
export interface BlockDevices {
  /**
   * Disks of the device at the socket of that port, ascending by unit, at most DISKS_MAX; none while the kernel has not made them yet.
   * Errors: the system's.
   */
  below(portPath: string): Promise<readonly DiskFacts[]>;
}

/** A reader for four kinds of card has four. */
const DISKS_MAX = 8;
/** GPT has room for 128, a camera's card has one. */
const PARTITIONS_MAX = 16;

// The disks at a USB port from the kernel's tables, found from the port downwards: a label or an id comes from the device, the port does not.
// Source: Linux Documentation/ABI/stable/sysfs-block; usb-storage and uas hang a SCSI host below their interface.

const SYSFS = '/sys';
const USB_PORT = /^\d{1,4}-\d{1,3}(?:\.\d{1,3}){0,6}$/;
/** Names that the kernel gives: they become the names of device nodes. */
const BLOCK_NAME = /^[a-z][a-z0-9]{0,30}$/;
/** Host, bus, target, unit. */
const SCSI_NAME = /^\d{1,6}:\d{1,6}:\d{1,6}:(\d{1,6})$/;
const DEVICE_NUMBER = /^\d{1,5}:\d{1,8}$/;
/** sysfs counts in these, whatever the medium's own sector is. */
const SECTOR_BYTES = 512;
/** The kernel is taking the device away, or has not filled in all of it yet. */
const VANISHING = new Set(['ENOENT', 'ENODEV', 'ENOTDIR', 'EIO', 'ENXIO']);

/** `root` is /sys unless given, `named` as for sysfsSocketPorts. */
export function sysfsBlockDevices(
  root: string = SYSFS,
  named: () => Iterable<string> = () => [],
): BlockDevices {
  const devices = join(root, 'bus/usb/devices');
  const portsOf = sysfsSocketPorts(devices, named);
  return {
    below: async (portPath) => {
      if (!USB_PORT.test(portPath)) return [];
      for (const port of await portsOf(portPath)) {
        const address = await text(join(devices, port), 'devnum');
        if (address !== undefined) return disksAt(devices, port, address);
      }
      return [];
    },
  };
}

async function disksAt(devices: string, port: string, address: string): Promise<DiskFacts[]> {
  const found: DiskFacts[] = [];
  for (const unit of await unitFolders(devices, port)) {
    for (const name of await names(join(unit.folder, 'block'))) {
      const disk = BLOCK_NAME.test(name) ? await readDisk(unit, name, address) : undefined;
      if (disk !== undefined) found.push(disk);
    }
  }
  return found.sort((a, b) => a.unit - b.unit).slice(0, DISKS_MAX);
}

interface UnitFolder {
  readonly folder: string;
  readonly unit: number;
}

/** Folders of the SCSI units below the interfaces of the device itself, never those of a hub's other ports. */
async function unitFolders(devices: string, portPath: string): Promise<UnitFolder[]> {
  let folders = (await names(devices))
    .filter((name) => name.startsWith(`${portPath}:`))
    .map((name) => join(devices, name));
  for (const level of [/^host\d{1,6}$/, /^target\d/, SCSI_NAME]) folders = await below(folders, level);
  return folders.map((folder) => ({ folder, unit: Number(SCSI_NAME.exec(baseName(folder))?.[1] ?? 0) }));
}

async function below(folders: readonly string[], pattern: RegExp): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders)
    for (const name of await names(folder)) if (pattern.test(name)) found.push(join(folder, name));
  return found;
}

/** Undefined while the kernel makes it or takes it away. `address`: of the USB device, for kernels that do not number disks. */
async function readDisk(
  { folder: unitFolder, unit }: UnitFolder,
  name: string,
  address: string,
): Promise<DiskFacts | undefined> {
  const folder = join(unitFolder, 'block', name);
  const [device, size, readOnly, said, errors] = await Promise.all([
    text(folder, 'dev'),
    number(folder, 'size'),
    text(folder, 'ro'),
    text(folder, 'diskseq'),
    text(unitFolder, 'ioerr_cnt'),
  ]);
  if (device === undefined || !DEVICE_NUMBER.test(device) || size === undefined) return undefined;
  const counted = errors === undefined ? NaN : Number(errors); // the kernel writes it in hex, with 0x in front
  return {
    name,
    device,
    unit,
    sequence: said !== undefined && /^\d{1,20}$/.test(said) ? said : `${name}-${address}`,
    sizeBytes: size * SECTOR_BYTES,
    isReadOnly: readOnly !== '0',
    errors: Number.isSafeInteger(counted) ? counted : null,
    isHeld: await isHeld(folder),
    partitions: await readPartitions(folder, name),
  };
}

async function readPartitions(folder: string, disk: string): Promise<PartitionFacts[]> {
  const found: PartitionFacts[] = [];
  for (const name of await names(folder)) {
    if (!name.startsWith(disk) || !BLOCK_NAME.test(name)) continue;
    const at = join(folder, name);
    const [device, partition, start, size] = await Promise.all([
      text(at, 'dev'),
      number(at, 'partition'),
      number(at, 'start'),
      number(at, 'size'),
    ]);
    if (device === undefined || !DEVICE_NUMBER.test(device)) continue;
    if (partition === undefined || start === undefined || size === undefined) continue;
    const [startBytes, sizeBytes] = [start * SECTOR_BYTES, size * SECTOR_BYTES];
    found.push({ name, number: partition, device, startBytes, sizeBytes, isHeld: await isHeld(at) });
  }
  return found.sort((a, b) => a.number - b.number).slice(0, PARTITIONS_MAX);
}

/** Devices that are made of it have a link there. */
async function isHeld(folder: string): Promise<boolean> {
  return (await names(join(folder, 'holders'))).length > 0;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => absent(error, []));
}

async function number(folder: string, name: string): Promise<number | undefined> {
  const said = await text(folder, name);
  return said !== undefined && /^\d{1,15}$/.test(said) ? Number(said) : undefined;
}

async function text(folder: string, name: string): Promise<string | undefined> {
  const bytes = await readFile(join(folder, name)).catch((error: unknown) => absent(error, undefined));
  return bytes?.toString('latin1').slice(0, 64).trim();
}

function absent<T>(error: unknown, value: T): T {
  if (VANISHING.has(systemCode(error) ?? '')) return value;
  throw error;
}
