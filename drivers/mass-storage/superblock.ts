// Tells from the first bytes of a volume whether the station may mount it: FAT or exFAT, and nothing else. Pure.
//
// Our own look instead of `blkid -p`: that tries some hundred formats in C, as root, on bytes that a stranger wrote, and then answers a question
// that nobody has. Asked here is only: is it one of two formats, by the fields that the kernel itself insists on, and is it not one of the
// encrypted volumes that look like FAT.
// Sources: Microsoft FAT32 File System Specification 1.03, exFAT file system specification (2.0), LUKS on-disk format, libbde's description of
// BitLocker volumes.

/** What is asked of a volume: its first bytes. */
export const SUPERBLOCK_BYTES = 4096;

/** `sizeBytes` is what the file system says it has, which can be more than its volume holds. */
export type VolumeKind =
  | { readonly kind: 'vfat' | 'exfat'; readonly sizeBytes: number }
  | { readonly kind: 'encrypted' | 'unknown' };

const SECTOR_BYTES_MIN = 512;
const SECTOR_BYTES_MAX = 4096;
/** Where a BitLocker To Go volume, which is dressed as FAT32, says what it is. */
const TO_GO_AT = 0x1a8;
const BITLOCKER_AT = 0xa0;
const BITLOCKER_GUID = Buffer.from('3bd66749292ed84a8399f6a339e3d001', 'hex');
const LUKS = Buffer.from('LUKS\xba\xbe', 'latin1');
const UNKNOWN: VolumeKind = { kind: 'unknown' };

/** Shape: at least 512 bytes from the volume's start, else "unknown". Never throws. */
export function volumeKind(bytes: Uint8Array): VolumeKind {
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (block.length < SECTOR_BYTES_MIN) return UNKNOWN;
  if (isEncrypted(block)) return { kind: 'encrypted' };
  if (block.readUInt16LE(510) !== 0xaa55) return UNKNOWN;
  return exfat(block) ?? fat(block) ?? UNKNOWN;
}

function isEncrypted(block: Buffer): boolean {
  if (block.subarray(0, LUKS.length).equals(LUKS)) return true;
  if (block.toString('latin1', 3, 11) === '-FVE-FS-') return true;
  return [BITLOCKER_AT, TO_GO_AT].some((at) => block.subarray(at, at + 16).equals(BITLOCKER_GUID));
}

function exfat(block: Buffer): VolumeKind | undefined {
  if (block.toString('latin1', 3, 11) !== 'EXFAT   ') return undefined;
  if (block.subarray(11, 64).some((byte) => byte !== 0)) return undefined;
  const sectorShift = block.readUInt8(108);
  if (sectorShift < 9 || sectorShift > 12) return undefined;
  const sizeBytes = Number(block.readBigUInt64LE(72)) * 2 ** sectorShift;
  return { kind: 'exfat', sizeBytes };
}

/** FAT12, FAT16 and FAT32 differ in the count of clusters; the kernel's one driver reads them all. */
function fat(block: Buffer): VolumeKind | undefined {
  const jump = block.readUInt8(0);
  if (jump !== 0xeb && jump !== 0xe9) return undefined;
  const sectorBytes = block.readUInt16LE(11);
  const isSector =
    isPowerOfTwo(sectorBytes) && sectorBytes >= SECTOR_BYTES_MIN && sectorBytes <= SECTOR_BYTES_MAX;
  const clusterSectors = block.readUInt8(13);
  const reservedSectors = block.readUInt16LE(14);
  const fats = block.readUInt8(16);
  const media = block.readUInt8(21);
  if (!isSector || !isPowerOfTwo(clusterSectors) || reservedSectors === 0) return undefined;
  if (fats < 1 || fats > 2 || (media !== 0xf0 && media < 0xf8)) return undefined;
  const sectors = block.readUInt16LE(19) || block.readUInt32LE(32);
  const fatSectors = block.readUInt16LE(22) || block.readUInt32LE(36);
  if (sectors === 0 || fatSectors === 0) return undefined;
  return { kind: 'vfat', sizeBytes: sectors * sectorBytes };
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}
