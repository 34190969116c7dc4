import { assert, property, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { volumeKind } from '../../../../drivers/mass-storage/superblock.ts';
import { bootSector, type HeadKind } from '../../../fakes/volume-heads.ts';

test.each<[HeadKind, string]>([
  ['fat12', 'vfat'],
  ['fat16', 'vfat'],
  ['fat32', 'vfat'],
  ['exfat', 'exfat'],
  ['luks', 'encrypted'],
  ['bitlocker', 'encrypted'],
  ['bitlocker-to-go', 'encrypted'],
  ['ntfs', 'unknown'],
  ['mbr', 'unknown'],
  ['zeros', 'unknown'],
])('a volume that begins as %s is %s', (head, kind) => {
  expect(volumeKind(bootSector(head)).kind).toBe(kind);
});

test.each<[HeadKind, number]>([
  ['fat16', 40_000],
  ['fat32', 131_072],
  ['exfat', 131_072],
])('%s of %i sectors says its size', (head, sectors) => {
  expect(volumeKind(bootSector(head, sectors))).toMatchObject({ sizeBytes: sectors * 512 });
});

test.each<[string, number, number]>([
  ['no jump', 0, 0x00],
  ['a sector of 513 bytes', 11, 0x01],
  ['clusters of no sectors', 13, 0],
  ['clusters of three sectors', 13, 3],
  ['no reserved sector', 14, 0],
  ['no table', 16, 0],
  ['three tables', 16, 3],
  ['a medium that is none', 21, 0x12],
  ['no end mark', 510, 0],
])('FAT with %s is unknown', (_, at, value) => {
  const head = bootSector('fat16');
  head.writeUInt8(value, at);
  expect(volumeKind(head).kind).toBe('unknown');
});

test('exFAT with something in the field that FAT has its own in is unknown', () => {
  const head = bootSector('exfat');
  head.writeUInt8(1, 13);
  expect(volumeKind(head).kind).toBe('unknown');
});

test('a head that ends early is unknown, and random ones never throw', () => {
  for (const length of [0, 1, 3, 511])
    expect(volumeKind(bootSector('fat16').subarray(0, length)).kind).toBe('unknown');
  assert(
    property(uint8Array({ minLength: 0, maxLength: 4096 }), (bytes) => {
      expect(['vfat', 'exfat', 'encrypted', 'unknown']).toContain(volumeKind(bytes).kind);
    }),
    { numRuns: 300, seed: 1 },
  );
});
