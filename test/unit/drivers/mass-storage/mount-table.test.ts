import { expect, test } from 'vitest';
import {
  mountAt,
  mountFault,
  mountTable,
  parseMountInfo,
} from '../../../../drivers/mass-storage/mount-table.ts';

const FOLDER = '/run/bodydock-mount/bay-1';
const LINE = `52 24 8:1 / ${FOLDER} ro,nosuid,nodev,noexec,noatime shared:31 - vfat /dev/sda1 ro,uid=990,errors=remount-ro`;
const WANTED = { device: '8:1', fileSystem: 'vfat', mode: 'ro' } as const;

test('a line is taken apart, with optional fields or without, and a folder with a space', () => {
  const text = `24 1 0:22 / / rw,relatime - overlay overlay rw\n${LINE.replace('shared:31 ', '')}\n${LINE.replace(FOLDER, '/media/a\\040b')}\nnonsense\n`;
  const mounts = parseMountInfo(text);
  expect(mounts.map(({ folder }) => folder)).toEqual(['/', FOLDER, '/media/a b']);
  expect(mounts[1]?.superOptions.has('uid=990')).toBe(true);
});

test('what lies on top counts', () => {
  const text = `${LINE}\n${LINE.replace('8:1', '8:17')}`;
  expect(mountAt(parseMountInfo(text), FOLDER)?.device).toBe('8:17');
});

test('a mount that is as it has to be has no fault', () => {
  expect(mountFault(parseMountInfo(LINE)[0], WANTED)).toBeUndefined();
});

test.each([
  ['another device', LINE.replace('8:1', '8:2')],
  ['another file system', LINE.replace('vfat', 'ext4')],
  ['without nosuid', LINE.replace('nosuid,', '')],
  ['without nodev', LINE.replace('nodev,', '')],
  ['without noexec', LINE.replace('noexec,', '')],
  ['without noatime', LINE.replace('noatime ', 'relatime ')],
  ['not mounted ro', LINE.replace('ro,nosuid', 'rw,nosuid')],
  ['file system is not ro', LINE.replace('sda1 ro', 'sda1 rw')],
  ['nothing is mounted', ''],
])('%s is a fault', (words, line) => {
  expect(mountFault(parseMountInfo(line)[0], WANTED)).toContain(words);
});

test('the machine’s own table can be read', async () => {
  expect(mountAt(await mountTable(), '/proc')?.fileSystem).toBe('proc');
});
