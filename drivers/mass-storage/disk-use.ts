// Whether the station itself works with a disk: it may have started from it, keep its spool there, or swap to it. Such a disk is no camera's.
import { readFile } from 'node:fs/promises';
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
