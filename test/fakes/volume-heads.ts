// First bytes of volumes, field by field as their formats say. Sources: Microsoft FAT32 File System Specification 1.03; exFAT file system
// specification, 3.1; LUKS2 on-disk format; libbde's description of BitLocker volumes.

export type HeadKind =
  'fat12' | 'fat16' | 'fat32' | 'exfat' | 'luks' | 'bitlocker' | 'bitlocker-to-go' | 'ntfs' | 'mbr' | 'zeros';

const HEAD_BYTES = 4096;
const BITLOCKER_ID = '3bd66749292ed84a8399f6a339e3d001';

/** What 64 MiB of that kind begin with; FAT and exFAT say that they have so many sectors of 512 bytes. */
export function bootSector(kind: HeadKind, sectors = 131_072): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  if (kind === 'zeros') return head;
  head.writeUInt16LE(0xaa55, 510);
  if (kind === 'fat12' || kind === 'fat16' || kind === 'fat32') return fat(head, kind, sectors);
  if (kind === 'exfat') return exfat(head, sectors);
  if (kind === 'luks') head.write('LUKS\xba\xbe\x00\x02', 0, 'latin1');
  if (kind === 'ntfs') head.write('\xeb\x52\x90NTFS    ', 0, 'latin1');
  if (kind === 'mbr') head.writeUInt8(0x0c, 446 + 4);
  if (kind === 'bitlocker') {
    head.write('\xeb\x58\x90-FVE-FS-', 0, 'latin1');
    Buffer.from(BITLOCKER_ID, 'hex').copy(head, 0xa0);
  }
  if (kind === 'bitlocker-to-go') {
    fat(head, 'fat32', sectors); // dressed as FAT32, so that older systems show how to unlock it
    Buffer.from(BITLOCKER_ID, 'hex').copy(head, 0x1a8);
  }
  return head;
}

function fat(head: Buffer, kind: 'fat12' | 'fat16' | 'fat32', sectors: number): Buffer {
  head.write('\xeb\x3c\x90mkfs.fat', 0, 'latin1');
  head.writeUInt16LE(512, 11);
  head.writeUInt8(4, 13);
  head.writeUInt16LE(kind === 'fat32' ? 32 : 1, 14);
  head.writeUInt8(2, 16);
  head.writeUInt16LE(kind === 'fat32' ? 0 : 512, 17);
  if (sectors < 65_536) head.writeUInt16LE(sectors, 19);
  else head.writeUInt32LE(sectors, 32);
  head.writeUInt8(0xf8, 21);
  if (kind === 'fat32') head.writeUInt32LE(1009, 36);
  else head.writeUInt16LE(kind === 'fat12' ? 12 : 128, 22);
  return head;
}

function exfat(head: Buffer, sectors: number): Buffer {
  head.write('\xeb\x76\x90EXFAT   ', 0, 'latin1');
  head.writeBigUInt64LE(BigInt(sectors), 72);
  head.writeUInt16LE(0x0100, 104);
  head.writeUInt8(9, 108);
  head.writeUInt8(6, 109);
  head.writeUInt8(1, 110);
  return head;
}
