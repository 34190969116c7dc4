// Which disks the station itself works with: mounted, swapped to, or part of another device.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DiskFacts } from '../../../../drivers/mass-storage/block-devices.ts';
import { idleDisks, mediaAt, parseMountInfo } from '../../../../drivers/mass-storage/mount-table.ts';
import { live } from '../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { moved } from '../../../fakes/moved-clock.ts';

const PART = {
  name: 'sda2',
  number: 2,
  device: '8:2',
  startBytes: 4096,
  sizeBytes: 8192,
  isHeld: false,
};
const DISK: DiskFacts = {
  name: 'sda',
  device: '8:0',
  unit: 0,
  sequence: '1',
  sizeBytes: 16_384,
  isReadOnly: false,
  errors: null,
  isHeld: false,
  partitions: [PART],
};
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-use-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function isIdle(disks: readonly DiskFacts[], mounts = '', swaps = ''): Promise<boolean> {
  const file = join(folder, 'swaps');
  await writeFile(file, `Filename\t\t\t\tType\t\tSize\n${swaps}`);
  const mountTable = async () => parseMountInfo(mounts);
  return idleDisks(
    { below: async () => disks },
    { mountTable, swaps: file, btrfs: join(folder, 'btrfs') },
  )('2-1');
}

test('a medium with which nothing is done is idle; an empty slot is none', async () => {
  expect(await isIdle([DISK])).toBe(true);
  expect(await isIdle([{ ...DISK, sizeBytes: 0 }])).toBe(false);
  expect(await isIdle([])).toBe(false);
});

test.each([
  ['mounted', '30 1 8:2 / /media/card rw - vfat /dev/sda2 rw', ''],
  ['mounted whole', '30 1 8:0 / /media/card rw - vfat /dev/sda rw', ''],
  ['mounted under a number of the file system', '30 1 0:31 /@ / rw - btrfs /dev/sda2 rw,subvol=/@', ''],
  ['one of several of a file system', '30 1 0:31 / / rw - bcachefs /dev/sdb:/dev/sda2 rw', ''],
  ['swapped to', '', '/dev/sda2                               partition\t8192\n'],
])('a disk that is %s is in use', async (_how, mounts, swaps) => {
  expect(await isIdle([DISK], mounts, swaps)).toBe(false);
});

test('a disk that is the second one of a btrfs is in use, though the table of mounts names the first', async () => {
  const mounts = '30 1 0:31 / / rw - btrfs /dev/nvme0n1p2 rw';
  expect(await isIdle([DISK], mounts)).toBe(true);
  for (const name of ['nvme0n1p2', 'sda2'])
    await mkdir(join(folder, 'btrfs', 'c0ffee', 'devices', name), { recursive: true });
  expect(await isIdle([DISK], mounts)).toBe(false);
});

test('a disk of which the kernel made another device is in use; its neighbour’s name is not its own', async () => {
  expect(await isIdle([{ ...DISK, partitions: [{ ...PART, isHeld: true }] }])).toBe(false);
  expect(await isIdle([DISK], '30 1 8:17 / / rw - ext4 /dev/sdaa2 rw')).toBe(true);
});

test('the disk beside something else is waited for; one that does not come may hold anything', async () => {
  for (const [disks, hasMedium] of [
    [[DISK], true],
    [[{ ...DISK, sizeBytes: 0 }], false],
    [[], true],
  ] as const) {
    const clock = new ManualClock();
    let looks = 0;
    const below = async (): Promise<readonly DiskFacts[]> => (++looks < 5 ? [] : disks);
    expect(await moved(clock, mediaAt({ below }, clock)('2-1', live()), 250)).toBe(hasMedium);
    expect(clock.monotonicMs()).toBeLessThanOrEqual(6000);
  }
});
