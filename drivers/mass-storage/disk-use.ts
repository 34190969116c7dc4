// Whether the station itself works with a disk: it may have started from it, keep its spool there, or swap to it. Such a disk is no camera's.
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../protocol/format/ports.ts';
import type { BlockDevices, DiskFacts } from './block-devices.ts';
import { mountTable as systemMountTable, type MountFacts, type MountTable } from './mount-table.ts';

/** What the machine uses, by the kernel's tables. `swaps` are nodes such as "/dev/sda2". */
export interface DiskUses {
  readonly mounts: readonly MountFacts[];
  readonly swaps: ReadonlySet<string>;
}

/** Where the kernel's tables are; the machine's unless given. */
export interface DiskUseTables {
  readonly mountTable?: MountTable;
  readonly swaps?: string;
}

/** Errors: the system's; a kernel without swap has no such table. */
export async function diskUses({
  mountTable = systemMountTable,
  swaps = '/proc/swaps',
}: DiskUseTables = {}): Promise<DiskUses> {
  const table = await readFile(swaps, 'latin1').catch(() => '');
  const nodes = table.split('\n').flatMap((line) => /^\/dev\/\S+/.exec(line) ?? []);
  return { mounts: await mountTable(), swaps: new Set(nodes) };
}

/**
 * True where the disk or a partition of it is mounted, swapped to, or part of something that the kernel made of it (LVM, LUKS, RAID). A file
 * system over several devices is mounted under a number of its own: there the node says which disk it is. `isOurs`: mounts that do not count.
 */
export function isInUse(
  disk: DiskFacts,
  { mounts, swaps }: DiskUses,
  isOurs: (mount: MountFacts) => boolean = () => false,
): boolean {
  const parts = [disk, ...disk.partitions];
  const devices = new Set(parts.map(({ device }) => device));
  const nodes = new Set(parts.map(({ name }) => `/dev/${name}`));
  return (
    parts.some(({ isHeld }) => isHeld) ||
    [...nodes].some((node) => swaps.has(node)) ||
    mounts.some((mount) => (devices.has(mount.device) || nodes.has(mount.source)) && !isOurs(mount))
  );
}

/** usb-storage waits a second before it looks. */
const DISK_MS = 5000;
const PAUSE_MS = 250;

/**
 * Whether a disk at the port has a medium, for a device that shows one: also where the kernel makes no disk of it in DISK_MS, as nobody knows then.
 * Errors: the system's; the signal's reason.
 */
export function mediaAt(
  blockDevices: BlockDevices,
  clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
): (portPath: string, signal: AbortSignal) => Promise<boolean> {
  return async (portPath, signal) => {
    const endMs = clock.monotonicMs() + DISK_MS;
    for (;;) {
      const disks = await blockDevices.below(portPath);
      if (disks.length > 0) return disks.some(({ sizeBytes }) => sizeBytes > 0);
      if (clock.monotonicMs() >= endMs) return true;
      await clock.sleep(PAUSE_MS, signal);
    }
  };
}

/** Whether there is a medium at the port with which the station does nothing. Errors: the system's. */
export function idleDisks(
  blockDevices: BlockDevices,
  tables: DiskUseTables = {},
): (portPath: string) => Promise<boolean> {
  return async (portPath) => {
    const disks = (await blockDevices.below(portPath)).filter(({ sizeBytes }) => sizeBytes > 0);
    if (disks.length === 0) return false;
    const uses = await diskUses(tables);
    return !disks.some((disk) => isInUse(disk, uses));
  };
}
