// Port: mounting the volume of a camera that shows itself as a disk. The agent may not mount: a helper that runs as root does, and takes no
// path and no device from anybody.
//
// Which volume: units of the device in their order, partitions of each in theirs; the first FAT or exFAT is taken. Every other one, known or
// unknown, is left alone and told, so that the inventory does not pass for complete: what lies on it is not taken. A slot without a card beside
// a volume is nothing to tell.
import { DockError } from '../../protocol/format/errors.ts';

/** How a volume is mounted: "rw" only while a release that the gate allowed erases. */
export type MountMode = 'ro' | 'rw';

/** Why something on the device was left alone; these are reasons of an inventory's problems too. */
export const LEFT_ALONE = [
  'other-volume',
  'unknown-file-system',
  'encrypted-volume',
  'unreadable-volume',
  'damaged-file-system',
  'no-medium',
] as const;
export type LeftAlone = (typeof LEFT_ALONE)[number];

/** A volume that is mounted. */
export interface MountedVolume {
  readonly folder: string;
  readonly mode: MountMode;
  /** The same text only for the same partition of the same medium that never left. */
  readonly identity: string;
  /** "major:minor" of what is mounted, which may be a device in front of the disk. */
  readonly device: string;
  readonly fileSystem: 'vfat' | 'exfat';
  /** Of the partition. */
  readonly sizeBytes: number;
  /** The file system says that it is larger than the partition: what lies after its end cannot be read or listed. */
  readonly isCutShort: boolean;
}

/** What is at a port. */
export interface VolumeReport {
  /** null where there is none that the station mounts. */
  readonly volume: MountedVolume | null;
  /** One for each volume or slot that was left alone. */
  readonly others: readonly LeftAlone[];
}

/** Codes of the port's errors. */
export const MOUNT_CODES = [
  /** The kernel has made no disk at the port, not yet or not any more. */
  'mount.no-device',
  /** Something on the station uses the mount, or another request for the bay is under way. */
  'mount.busy',
  /** The medium refuses to be written, by its switch for example. Nothing is mounted then. */
  'mount.write-protected',
  /** No end in time, or the helper hung up before it answered. */
  'mount.timeout',
  /** Other than it has to be; nothing is mounted then. */
  'mount.failed',
  /** No bay has that port, its disk is the station's own, or the helper cannot be asked. */
  'mount.refused',
] as const;
export type MountCode = (typeof MOUNT_CODES)[number];

/** `words` hold no name that a device gave. */
export function mountError(code: MountCode, words: string, cause?: unknown): DockError {
  const retry = code === 'mount.refused' || code === 'mount.write-protected' ? 'person' : 'later';
  return new DockError(code, words, { cause, retry, facts: { reason: code } });
}

/** Errors: DockError with one of MOUNT_CODES; the signal's reason. */
export interface Volumes {
  /**
   * Mounts in that mode, or finds it so. "rw" is a new mount of the volume that was mounted before, and goes back to nothing mounted by itself
   * RW_LEASE_MS after it was asked for last.
   */
  mount(portPath: string, mode: MountMode, signal: AbortSignal): Promise<VolumeReport>;
  /** What was written is on the medium when it resolves; read-only from then on. Nothing to do where nothing is mounted. */
  unmount(portPath: string, signal: AbortSignal): Promise<void>;
}

/** A wave of erasures asks again long before. */
export const RW_LEASE_MS = 60_000;
