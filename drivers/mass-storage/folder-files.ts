// Port: the few calls on a mounted card's files that the mass-storage driver makes, and entries from what they give. Names are bytes; nothing takes a path below the root.
// A folder is reached only by opening it from its parent, one name at a time, so no link on the card can lead outside.
import { instantText, isInstantMs } from '../../protocol/format/instants.ts';
import type { InventoryEntry } from '../driver.ts';
import { CompactEntry } from '../large-listing.ts';

/** What one name stands for. Symbolic links are never followed: they are "other", as FIFOs, sockets and device nodes are. */
export interface EntryStat {
  readonly kind: 'file' | 'folder' | 'other';
  readonly sizeBytes: bigint;
  /** Time of the last change of content, as the medium says it. */
  readonly modifiedNs: bigint;
  /** Time of the last change of content or attributes, as the kernel keeps it. */
  readonly changedNs: bigint;
  /** Inode number and device number. */
  readonly number: bigint;
  readonly device: bigint;
  /** False where nobody may write it: the read-only attribute of FAT, which cameras set to protect a recording. */
  readonly writable: boolean;
}

/** What is open. Methods reject with a system error that has a `code` and no path. */
export interface Opened {
  stat(): Promise<EntryStat>;
  /** Id of the mount that it was opened through: what is bound in from elsewhere has another one, on the same device. */
  mount(): Promise<string>;
  close(): Promise<void>;
}

/** A file opened for reading. */
export interface OpenedFile extends Opened {
  /** Reads into the target from the position; returns the count, which may be short, and is 0 only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>;
}

/** Names of a folder in batches. */
export interface NameReader {
  /** The next names in no order, without "." and ".."; none at the end. */
  next(): Promise<readonly Uint8Array[]>;
  close(): Promise<void>;
}

/** Bytes of a file system: all, and what can still be written. */
export interface FolderSpace {
  readonly totalBytes: bigint;
  readonly freeBytes: bigint;
}

/** An open folder. `name` is one part of a path, never a path. */
export interface OpenedFolder extends Opened {
  openNames(): Promise<NameReader>;
  lstat(name: Uint8Array): Promise<EntryStat>;
  /** Rejects with "ENOTDIR" or "ELOOP" where the name is no folder, a link to one included. */
  openFolder(name: Uint8Array): Promise<OpenedFolder>;
  /** Never waits for a writer of a FIFO, never follows a link. */
  openFile(name: Uint8Array): Promise<OpenedFile>;
  unlink(name: Uint8Array): Promise<void>;
  /** The names in the folder are on the medium when it resolves. */
  sync(): Promise<void>;
  /**
   * True where inode numbers and change times hold as long as the content does. FAT and exFAT have none of their own: the kernel
   * draws new numbers whenever it has forgotten a file, also in the middle of a docking when memory is short.
   */
  keepsNumbers(): Promise<boolean>;
  /** Of the file system whose root this folder is; null for a folder inside of one, whose space is not the camera's. */
  space(): Promise<FolderSpace | null>;
}

/** What the system says of a block device: "unknown" where there is none of that number, or none can be seen. */
export type DeviceState = 'fixed' | 'unpluggable' | 'unknown';

/** The file system, as far as the driver needs it. */
export interface FolderFiles {
  /** The root itself may be named by a link: its path comes from the technician. */
  openRoot(path: string): Promise<OpenedFolder>;
  stat(path: string): Promise<EntryStat>;
  device(device: bigint): Promise<DeviceState>;
  /** Lets other work of the process run. */
  yieldTurn(): Promise<void>;
}

// From a system's stat to an inventory entry and its stamp.

/** FAT counts in steps of 2 s, and a folder does not tell on which file system its files were first written. */
const MODIFIED_STEP_MS = 2000;

/** A folder says nothing else of its files; one value for all of them. */
const NOTHING_ELSE: InventoryEntry['vendor'] = {};

/**
 * Opaque text that stays as long as nothing tells of a change of content. Holds within one session only: numbers change between mounts.
 * Size and full time of change always; where the file system keeps them, inode number and change time too: these see a file that
 * was replaced, or rewritten and then given its old time back. Without them, on FAT, time counts in steps of 2 s.
 */
function stampOf(stat: EntryStat, keepsNumbers: boolean): string {
  const { sizeBytes, modifiedNs, changedNs, device, number } = stat;
  // Joined: put together step by step, a text would keep each of its parts in memory.
  return (keepsNumbers ? [sizeBytes, modifiedNs, changedNs, device, number] : [sizeBytes, modifiedNs]).join(
    '.',
  );
}

/** Whether the file is as it was listed. The size is in the stamp; by itself it counts too: by what was listed nothing else may be read or erased. */
export function isAsListed(stat: EntryStat, entry: InventoryEntry, keepsNumbers: boolean): boolean {
  return stampOf(stat, keepsNumbers) === entry.stamp && Number(stat.sizeBytes) === entry.sizeBytes;
}

/** The entry of what lies at the path; a folder has none. */
export function entryOf(path: Uint8Array, stat: EntryStat, keepsNumbers: boolean): InventoryEntry {
  const isFile = stat.kind === 'file';
  return new CompactEntry({
    path,
    kind: isFile ? 'file' : 'not-a-file',
    sizeBytes: isFile ? Number(stat.sizeBytes) : 0,
    modifiedAt: instantOf(stat.modifiedNs),
    modifiedStepMs: MODIFIED_STEP_MS,
    stamp: stampOf(stat, keepsNumbers),
    locked: isFile && !stat.writable,
    vendor: NOTHING_ELSE,
  });
}

/** RFC 3339 in UTC with milliseconds, or null for a year that it cannot say. */
function instantOf(ns: bigint): string | null {
  const ms = Number(ns / 1_000_000n);
  return isInstantMs(ms) ? instantText(ms) : null;
}
