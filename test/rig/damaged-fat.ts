// Damages a FAT16 volume as a camera that lost power can, or a card that dies: by its own fields, on the image. Pure.
// Source: Microsoft FAT32 File System Specification 1.03 (BPB, directory entry, FAT entry).

const ENTRY_BYTES = 32;
const END_OF_CHAIN = 0xffff;

/** Where the directory entry of that 8.3 name (11 characters) begins in the image; -1 where it is not. */
export function offsetOf(image: Buffer, name: string): number {
  return image.indexOf(Buffer.from(name, 'latin1'));
}

/** Names of 11 characters, as a directory entry holds them. */
export interface Damage {
  /** The folder's chain of clusters, of two or more, ends in its own beginning. */
  readonly loopedFolder: string;
  /** The file's second cluster leads back to its first: the kernel follows that and tells nothing. */
  readonly loopedFile: string;
  /** The file's chain ends after its second cluster, whatever size it has. */
  readonly shortFile: string;
  /** The file says that it has 3.75 GiB. */
  readonly hugeFile: string;
}

/** A copy of a FAT16 volume with all that damage. */
export function damageFat(image: Buffer, { loopedFolder, loopedFile, shortFile, hugeFile }: Damage): Buffer {
  const damaged = Buffer.from(image);
  damaged.writeUInt32LE(0xf0000000, offsetOf(damaged, hugeFile) + ENTRY_BYTES - 4);
  const sectorBytes = damaged.readUInt16LE(11);
  const firstFat = damaged.readUInt16LE(14) * sectorBytes;
  const fatBytes = damaged.readUInt16LE(22) * sectorBytes;
  const firstCluster = (name: string): number => damaged.readUInt16LE(offsetOf(damaged, name) + 26);
  const next = (cluster: number): number => damaged.readUInt16LE(firstFat + 2 * cluster);
  const link = (cluster: number, to: number): void => {
    for (let fat = 0; fat < damaged.readUInt8(16); fat++)
      damaged.writeUInt16LE(to, firstFat + fat * fatBytes + 2 * cluster);
  };
  const folder = firstCluster(loopedFolder);
  link(next(folder), folder);
  const looped = firstCluster(loopedFile);
  link(next(looped), looped);
  link(next(firstCluster(shortFile)), END_OF_CHAIN);
  return damaged;
}
