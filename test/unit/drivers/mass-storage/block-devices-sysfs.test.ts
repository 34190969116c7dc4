import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sysfsBlockDevices } from '../../../../drivers/mass-storage/block-devices.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-sys-'));
  await mkdir(join(root, 'bus/usb/devices'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

type Values = Readonly<Record<string, string | number>>;

async function write(folder: string, values: Values): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, value] of Object.entries(values)) await writeFile(join(folder, name), `${value}\n`);
}

/** As Linux lays out a usb-storage disk: the device's folder lies in a tree, the port's name is a link to it. */
async function plug(
  port: string,
  unit: string,
  disk: string,
  values: Values,
  errors = '0x0',
): Promise<string> {
  const tree = join(root, 'devices', port);
  const [host = '0'] = unit.split(':');
  const scsi = join(
    tree,
    `${port}:1.0`,
    `host${host}`,
    `target${unit.split(':').slice(0, 3).join(':')}`,
    unit,
  );
  const block = join(scsi, 'block', disk);
  await write(block, { ro: 0, ...values });
  await write(scsi, { ioerr_cnt: errors });
  await write(tree, { devnum: 5 });
  const links = join(root, 'bus/usb/devices');
  for (const [name, at] of [
    [port, tree],
    [`${port}:1.0`, join(tree, `${port}:1.0`)],
  ] as const)
    // prettier-ignore
    await symlink(at, join(links, name)).catch(() => undefined); // the second unit of one device
  return block;
}

const below = (port: string) => sysfsBlockDevices(root).below(port);

test('a disk is found below its port, with its partitions in order and its counted errors', async () => {
  const block = await plug('1-1.4', '3:0:0:0', 'sda', { dev: '8:0', size: 8192, diskseq: 12 }, '0x1f');
  await write(join(block, 'sda2'), { dev: '8:2', partition: 2, start: 4096, size: 2048 });
  await write(join(block, 'sda1'), { dev: '8:1', partition: 1, start: 2048, size: 2048 });
  await mkdir(join(block, 'holders/dm-0'), { recursive: true });
  await mkdir(join(block, 'sda2/holders/dm-1'), { recursive: true });
  expect(await below('1-1.4')).toEqual([
    {
      name: 'sda',
      device: '8:0',
      unit: 0,
      sequence: '12',
      sizeBytes: 4 * 1024 * 1024,
      isReadOnly: false,
      errors: 31,
      isHeld: true,
      partitions: [
        {
          name: 'sda1',
          number: 1,
          device: '8:1',
          startBytes: 1024 * 1024,
          sizeBytes: 1024 * 1024,
          isHeld: false,
        },
        {
          name: 'sda2',
          number: 2,
          device: '8:2',
          startBytes: 2 * 1024 * 1024,
          sizeBytes: 1024 * 1024,
          isHeld: true,
        },
      ],
    },
  ]);
});

test('disks of other ports are not this port’s, whose names may begin alike', async () => {
  await plug('1-1', '2:0:0:0', 'sda', { dev: '8:0', size: 8, diskseq: 1 });
  await plug('1-1.4', '3:0:0:0', 'sdb', { dev: '8:16', size: 8, diskseq: 2 });
  await plug('1-14', '4:0:0:0', 'sdc', { dev: '8:32', size: 8, diskseq: 3 });
  expect((await below('1-1')).map(({ name }) => name)).toEqual(['sda']);
  expect((await below('1-1.4')).map(({ name }) => name)).toEqual(['sdb']);
});

test('the units of one reader come in their order, an empty slot with no bytes', async () => {
  await plug('1-2', '3:0:0:1', 'sda', { dev: '8:0', size: 8, diskseq: 2 });
  await plug('1-2', '3:0:0:0', 'sdb', { dev: '8:16', size: 0, diskseq: 1 });
  const found = await below('1-2');
  expect(found.map(({ unit, name, sizeBytes }) => [unit, name, sizeBytes])).toEqual([
    [0, 'sdb', 0],
    [1, 'sda', 4096],
  ]);
});

test('a disk that is still being made is none, and nor is what has no name of a disk', async () => {
  await plug('1-3', '3:0:0:0', 'sda', { size: 8 });
  await plug('1-3', '3:0:0:0', '..sda', { dev: '8:0', size: 8 });
  await plug('1-3', '3:0:0:0', 'sd;a', { dev: '8:0', size: 8 });
  expect(await below('1-3')).toEqual([]);
});

test('a kernel that does not number disks has them told apart by the address of the device', async () => {
  await plug('1-4', '3:0:0:0', 'sda', { dev: '8:0', size: 8 });
  expect((await below('1-4')).map(({ sequence }) => sequence)).toEqual(['sda-5']);
});

test('what is switched off for writing says so', async () => {
  await plug('1-5', '3:0:0:0', 'sda', { dev: '8:0', size: 8, ro: 1 });
  expect((await below('1-5')).map(({ isReadOnly }) => isReadOnly)).toEqual([true]);
});

test.each(['../../etc', '1-1/..', 'usb1', ''])('"%s" is no port', async (port) => {
  expect(await below(port)).toEqual([]);
});

test('a disk is found at whichever port of its socket it came up, and none below a hub at the other one', async () => {
  const links = join(root, 'bus/usb/devices');
  for (const [own, other] of [
    ['2', '3'],
    ['3', '2'],
  ] as const) {
    const port = join(links, `${own}-0:1.0`, `usb${own}-port1`);
    await mkdir(port, { recursive: true });
    await symlink(join('../..', `${other}-0:1.0`, `usb${other}-port1`), join(port, 'peer'));
  }
  await plug('3-1', '3:0:0:0', 'sda', { dev: '8:0', size: 8, diskseq: 1 });
  expect((await below('2-1')).map(({ name }) => name)).toEqual(['sda']);
  expect((await below('3-1')).map(({ name }) => name)).toEqual(['sda']);
  expect(await sysfsBlockDevices(root, () => ['2-1', '3-1']).below('2-1')).toEqual([]);
});
