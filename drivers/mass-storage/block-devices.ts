// Port: the disks that the kernel made of what is plugged into one USB port. Nothing here opens a device.

/** A partition that the kernel read from the disk's table. */
export interface PartitionFacts {
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
export const DISKS_MAX = 8;
/** GPT has room for 128, a camera's card has one. */
export const PARTITIONS_MAX = 16;
