// What is mounted, from /proc/self/mountinfo as this process sees it. Pure but for the reading. Source: proc_pid_mountinfo(5).
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../protocol/format/ports.ts';
import type { BlockDevices, DiskFacts } from './block-devices.ts';

/** One mount. `options` are those of the mount and of its file system together, which is where "ro" has to stand. */
export interface MountFacts {
  /** "major:minor" */
  readonly device: string;
  /** Folder of the file system that is shown there: "/" but for a bind mount or a subvolume. */
  readonly root: string;
  readonly folder: string;
  readonly fileSystem: string;
  /** What was mounted, as the file system says it: a node, or any text. */
  readonly source: string;
  readonly options: ReadonlySet<string>;
  /** Of the file system itself. */
  readonly superOptions: ReadonlySet<string>;
}

/** The mounts of this process's namespace, in the order in which they were made. */
export type MountTable = () => Promise<readonly MountFacts[]>;

/** Errors: the system's. */
export const mountTable: MountTable = async () =>
  parseMountInfo(await readFile('/proc/self/mountinfo', 'latin1'));

/** Lines that are none are left out. */
export function parseMountInfo(text: string): MountFacts[] {
  return text.split('\n').flatMap((line) => {
    const [front = '', back = ''] = line.split(' - ');
    const [, , device, root, folder, options] = front.split(' ');
    const [fileSystem, source, superOptions] = back.split(' ');
    if (device === undefined || root === undefined || folder === undefined || options === undefined)
      return [];
    if (fileSystem === undefined || source === undefined || superOptions === undefined) return [];
    return [
      {
        device,
        root: unescaped(root),
        folder: unescaped(folder),
        fileSystem,
        source: unescaped(source),
        options: new Set(options.split(',')),
        superOptions: new Set(superOptions.split(',')),
      },
    ];
  });
}

/** What lies on top at that folder, or undefined. */
export function mountAt(mounts: readonly MountFacts[], folder: string): MountFacts | undefined {
  return mounts.findLast((mount) => mount.folder === folder);
}

/** What of a camera's mount must hold, in words; undefined where all of it does. */
export function mountFault(
  mount: MountFacts | undefined,
  wanted: { readonly device: string; readonly fileSystem: string; readonly mode: 'ro' | 'rw' },
): string | undefined {
  if (mount === undefined) return 'nothing is mounted there';
  if (mount.device !== wanted.device) return 'another device is mounted there';
  if (mount.fileSystem !== wanted.fileSystem) return 'it is mounted as another file system';
  for (const option of ['nosuid', 'nodev', 'noexec', 'noatime'])
    if (!mount.options.has(option)) return `it is mounted without ${option}`;
  if (!mount.options.has(wanted.mode)) return `it is not mounted ${wanted.mode}`;
  return mount.superOptions.has(wanted.mode) ? undefined : `its file system is not ${wanted.mode}`;
}

/** Space, tab, line end and backslash are written as octal. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

// Whether the station itself works with a disk: it may have started from it, keep its spool there, or swap to it. Such a disk is no camera's.

/** What the machine uses, by the kernel's tables. `nodes`, such as "/dev/sda2": swaps, and each device of a btrfs. */
interface DiskUses {
  readonly mounts: readonly MountFacts[];
  readonly nodes: ReadonlySet<string>;
}

/** Where the kernel's tables are; the machine's unless given. */
interface DiskUseTables {
  readonly mountTable?: MountTable;
  readonly swaps?: string;
  readonly btrfs?: string;
}

/** Errors: the system's; a kernel without swap has no such table. */
export async function diskUses({
  mountTable: readMounts = mountTable,
  swaps = '/proc/swaps',
  btrfs = '/sys/fs/btrfs',
}: DiskUseTables = {}): Promise<DiskUses> {
  const table = await readFile(swaps, 'latin1').catch(() => '');
  const nodes = table.split('\n').flatMap((line) => /^\/dev\/\S+/.exec(line)?.[0] ?? []);
  for (const id of await readdir(btrfs).catch(() => [])) {
    const names = await readdir(join(btrfs, id, 'devices')).catch(() => []);
    nodes.push(...names.map((name) => `/dev/${name}`));
  }
  return { mounts: await readMounts(), nodes: new Set(nodes) };
}

/**
 * True where the disk or a partition of it is mounted, swapped to, or part of something that the kernel made of it (LVM, LUKS, RAID). A file
 * system over several devices is mounted under a number of its own: there nodes say which disks they are, in the table of mounts all of them (bcachefs)
 * or one (btrfs, whose others sysfs lists). `isOurs`: mounts that do not count.
 */
export function isInUse(
  disk: DiskFacts,
  { mounts, nodes: used }: DiskUses,
  isOurs: (mount: MountFacts) => boolean = () => false,
): boolean {
  const parts = [disk, ...disk.partitions];
  const devices = new Set(parts.map(({ device }) => device));
  const nodes = new Set(parts.map(({ name }) => `/dev/${name}`));
  return (
    parts.some(({ isHeld }) => isHeld) ||
    [...nodes].some((node) => used.has(node)) ||
    mounts.some(
      (mount) =>
        (devices.has(mount.device) || mount.source.split(':').some((node) => nodes.has(node))) &&
        !isOurs(mount),
    )
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
