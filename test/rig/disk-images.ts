// Images of cards, made in the guest by the stock tools and filled through the guest's own kernel; what is left on one is read the same way.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { makeOld } from '../fakes/put-ledger.ts';

const MIB = 1024 * 1024;
const SECTOR_BYTES = 512;
/** Where the first partition begins. */
export const FIRST_PARTITION_BYTES = MIB;

export type CardFormat = 'fat12' | 'fat16' | 'fat32' | 'exfat';

/** Files by their path on the card. */
export type CardFiles = ReadonlyMap<string, Uint8Array>;

const MAKERS: Readonly<Record<CardFormat, readonly string[]>> = {
  fat12: ['mkfs.vfat', '-F', '12'],
  fat16: ['mkfs.vfat', '-F', '16', '-s', '1'],
  fat32: ['mkfs.vfat', '-F', '32', '-s', '1'],
  exfat: ['mkfs.exfat'],
};

export async function run(program: string, ...words: readonly string[]): Promise<string> {
  return (await promisify(execFile)(program, words)).stdout;
}

/** An image without a table of partitions, in the guest's memory: QEMU cannot see it there. */
export async function makeVolume(format: CardFormat, sizeMib: number, files: CardFiles): Promise<string> {
  const folder = await mkdtemp('/tmp/card-');
  const image = join(folder, 'volume.img');
  await run('truncate', '-s', `${sizeMib}M`, image);
  const [program = '', ...words] = MAKERS[format];
  await run(program, ...words, image);
  await mounted(image, 'rw', async (root) => {
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), bytes);
      await makeOld(join(root, path));
    }
  });
  return image;
}

/** One image of that size with an MBR or GPT table and the volumes one after the other; consumes them. */
export async function makeDisk(table: 'mbr' | 'gpt', volumes: readonly string[]): Promise<string> {
  const folder = await mkdtemp('/tmp/card-');
  const image = join(folder, 'disk.img');
  const contents = await Promise.all(volumes.map((volume) => readFile(volume)));
  const sizes = contents.map(({ length }) => length);
  const totalBytes = FIRST_PARTITION_BYTES + sizes.reduce((sum, size) => sum + size, 0) + MIB;
  await run('truncate', '-s', `${totalBytes}`, image);
  const file = await open(image, 'r+');
  try {
    let at = FIRST_PARTITION_BYTES;
    for (const bytes of contents) {
      await file.write(bytes, 0, bytes.length, at);
      at += bytes.length;
    }
    const tables = table === 'mbr' ? mbr(sizes) : gpt(sizes, totalBytes);
    for (const [position, bytes] of tables) await file.write(bytes, 0, bytes.length, position);
  } finally {
    await file.close();
  }
  await Promise.all(volumes.map((volume) => rm(dirname(volume), { recursive: true })));
  return image;
}

/** Puts the image where QEMU sees it, under that name, and takes it out of the guest's memory. */
export async function toMachine(image: string, name: string): Promise<string> {
  const path = join(process.env['RIG_RUN'] ?? '', name);
  await copyFile(image, path);
  await rm(dirname(image), { recursive: true });
  return path;
}

/** Paths of the files on the volume of an image that QEMU served. */
export async function filesOn(path: string): Promise<string[]> {
  const found: string[] = [];
  await mounted(path, 'ro', async (root) => {
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) found.push(join(entry.parentPath, entry.name).slice(root.length + 1));
  });
  return found.sort();
}

async function mounted(
  image: string,
  mode: 'ro' | 'rw',
  work: (root: string) => Promise<void>,
): Promise<void> {
  const root = await mkdtemp('/tmp/root-');
  await run('mount', '-o', `loop,${mode}`, image, root);
  try {
    await work(root);
  } finally {
    await run('umount', root);
    await rm(root, { recursive: true });
  }
}

type Placed = readonly [position: number, bytes: Buffer];

/** Source: the table of four entries at byte 446, type 0x0c (FAT32 by blocks) for each. */
function mbr(sizes: readonly number[]): Placed[] {
  const sector = Buffer.alloc(SECTOR_BYTES);
  let first = FIRST_PARTITION_BYTES / SECTOR_BYTES;
  for (const [index, size] of sizes.entries()) {
    const at = 446 + 16 * index;
    sector.writeUInt8(0x0c, at + 4);
    sector.writeUInt32LE(first, at + 8);
    sector.writeUInt32LE(size / SECTOR_BYTES, at + 12);
    first += size / SECTOR_BYTES;
  }
  sector.writeUInt16LE(0xaa55, 510);
  return [[0, sector]];
}

/** Source: UEFI 2.10, chapter 5: protective MBR, header in sector 1, entries from sector 2; the same mirrored at the end. */
function gpt(sizes: readonly number[], totalBytes: number): Placed[] {
  const last = totalBytes / SECTOR_BYTES - 1;
  const protective = Buffer.alloc(SECTOR_BYTES);
  protective.writeUInt8(0xee, 446 + 4);
  protective.writeUInt32LE(1, 446 + 8);
  protective.writeUInt32LE(last, 446 + 12);
  protective.writeUInt16LE(0xaa55, 510);
  const entries = Buffer.alloc(128 * 128);
  let first = FIRST_PARTITION_BYTES / SECTOR_BYTES;
  for (const [index, size] of sizes.entries()) {
    const at = 128 * index;
    Buffer.from('a2a0d0ebe5b9334487c068b6b72699c7', 'hex').copy(entries, at); // basic data
    entries.writeUInt32LE(index + 1, at + 16);
    entries.writeBigUInt64LE(BigInt(first), at + 32);
    entries.writeBigUInt64LE(BigInt(first + size / SECTOR_BYTES - 1), at + 40);
    first += size / SECTOR_BYTES;
  }
  const header = (own: number, other: number, entriesAt: number): Buffer => {
    const bytes = Buffer.alloc(SECTOR_BYTES);
    bytes.write('EFI PART', 0, 'latin1');
    bytes.writeUInt32LE(0x00010000, 8);
    bytes.writeUInt32LE(92, 12);
    bytes.writeBigUInt64LE(BigInt(own), 24);
    bytes.writeBigUInt64LE(BigInt(other), 32);
    bytes.writeBigUInt64LE(34n, 40);
    bytes.writeBigUInt64LE(BigInt(last - 33), 48);
    bytes.writeUInt32LE(7, 56);
    bytes.writeBigUInt64LE(BigInt(entriesAt), 72);
    bytes.writeUInt32LE(128, 80);
    bytes.writeUInt32LE(128, 84);
    bytes.writeUInt32LE(crc32(entries), 88);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 92)), 16);
    return bytes;
  };
  return [
    [0, protective],
    [SECTOR_BYTES, header(1, last, 2)],
    [2 * SECTOR_BYTES, entries],
    [(last - 32) * SECTOR_BYTES, entries],
    [last * SECTOR_BYTES, header(last, 1, last - 32)],
  ];
}
