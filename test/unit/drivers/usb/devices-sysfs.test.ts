import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sysfsDevices } from '../../../../drivers/usb/devices-sysfs.ts';
import { usbIdText } from '../../../../drivers/usb/device.ts';
import { live } from '../../../contracts/driver-subject.ts';
import { pause } from '../../../fakes/until.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-sysfs-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** As the kernel lays it out: one value a file, with a line end. */
async function plug(
  port: string,
  values: Readonly<Record<string, string>>,
  interfaces: readonly Readonly<Record<string, string>>[],
): Promise<void> {
  const folder = join(root, 'tree', port);
  await mkdir(folder, { recursive: true });
  for (const [name, value] of Object.entries(values)) await writeFile(join(folder, name), `${value}\n`);
  for (const [number, each] of interfaces.entries()) await putInterface(port, number, each);
  await symlink(folder, join(root, port)); // the kernel's folder holds links into its tree
}

async function putInterface(
  port: string,
  number: number,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const folder = join(root, 'tree', port, `${port}:1.${number}`);
  await mkdir(folder);
  for (const [name, value] of Object.entries(values)) await writeFile(join(folder, name), `${value}\n`);
}

const PTP = {
  bInterfaceNumber: '00',
  bInterfaceClass: '06',
  bInterfaceSubClass: '01',
  bInterfaceProtocol: '01',
};
const HID = {
  bInterfaceNumber: '01',
  bInterfaceClass: '03',
  bInterfaceSubClass: '01',
  bInterfaceProtocol: '01',
};
const HUB = {
  bInterfaceNumber: '00',
  bInterfaceClass: '09',
  bInterfaceSubClass: '00',
  bInterfaceProtocol: '00',
};
const CAMERA = {
  busnum: '1',
  devnum: '7',
  idVendor: '46f4',
  idProduct: '0004',
  serial: 'CAM0001',
  product: 'MTP',
};

test('a device is told with its port, its numbers and its interfaces in order', async () => {
  await plug('1-1.4', CAMERA, [PTP, { ...HID, interface: 'Keyboard' }]);
  const device = await sysfsDevices(root).at('1-1.4', live());
  expect(device).toEqual({
    portPath: '1-1.4',
    bus: 1,
    address: 7,
    vendorId: 0x46f4,
    productId: 4,
    vendor: null,
    product: 'MTP',
    serial: 'CAM0001',
    interfaces: [
      { number: 0, classCode: 6, subclassCode: 1, protocolCode: 1, name: null },
      { number: 1, classCode: 3, subclassCode: 1, protocolCode: 1, name: 'Keyboard' },
    ],
  });
  expect(device && usbIdText(device)).toBe('46f4:0004');
});

test('a device that is being reset has no number for a moment, and is there all the same', async () => {
  await plug('1-1.4', { ...CAMERA, devnum: '0' }, [PTP]);
  const devices = sysfsDevices(root);
  const looking = [devices.at('1-1.4', live()), devices.list(live()).then(([first]) => first)];
  const devnum = join(root, 'tree', '1-1.4', 'devnum');
  await writeFile(`${devnum}.new`, '7\n');
  await rename(`${devnum}.new`, devnum); // the kernel's own changes in one step, too
  expect((await Promise.all(looking)).map((device) => device?.address)).toEqual([7, 7]);
});

test('a device is told once all of its interfaces are there: the last may be the one that no camera has', async () => {
  await plug('1-1.4', { ...CAMERA, bNumInterfaces: ' 2' }, [PTP]);
  const looking = sysfsDevices(root).at('1-1.4', live());
  await pause(120);
  await putInterface('1-1.4', 1, HID);
  const found = await looking;
  expect(found?.interfaces.map(({ classCode }) => classCode)).toEqual([6, 3]);
});

test('... and one that does not show them in time as it is', async () => {
  await plug('1-1.4', { ...CAMERA, bNumInterfaces: '' }, []);
  expect((await sysfsDevices(root).at('1-1.4', live()))?.interfaces).toEqual([]);
});

test('a device that is waited for and leaves is told as nothing', async () => {
  await plug('1-1.4', { ...CAMERA, bNumInterfaces: ' 2' }, [PTP]);
  const looking = sysfsDevices(root).at('1-1.4', live());
  await pause(120);
  await rm(join(root, '1-1.4'));
  expect(await looking).toBeUndefined();
});

test('... and whoever gives up waiting for it gets the reason', async () => {
  await plug('1-1.4', { ...CAMERA, devnum: '0' }, [PTP]);
  const giving = new AbortController();
  const looking = sysfsDevices(root).at('1-1.4', giving.signal);
  const reason = new Error('given up');
  giving.abort(reason);
  await expect(looking).rejects.toBe(reason);
});

test('hubs, root hubs, interfaces and what is half there are left out of the list', async () => {
  await plug('1-1', { busnum: '1', devnum: '2', idVendor: '0bda', idProduct: '5411' }, [HUB]);
  await plug('1-1.4', CAMERA, [PTP]);
  await plug('1-1.3', { busnum: '1', idVendor: '46f4' }, []);
  await plug('usb1', { busnum: '1', devnum: '1', idVendor: '1d6b', idProduct: '0002' }, [HUB]);
  await symlink(join(root, 'tree', 'gone'), join(root, '1-1.2'));
  const devices = await sysfsDevices(root).list(live());
  expect(devices.map(({ portPath }) => portPath)).toEqual(['1-1.4']);
});

test('a port without a device, a name that is none, and a machine without USB are told as nothing', async () => {
  const devices = sysfsDevices(root);
  for (const port of ['1-9', '../../etc', 'usb1', '1-1:1.0', ''])
    expect(await devices.at(port, live())).toBeUndefined();
  expect(await sysfsDevices(join(root, 'not-there')).list(live())).toEqual([]);
});

test('numbers that are none and texts without end do no harm', async () => {
  await plug('1-2', { ...CAMERA, serial: 'x'.repeat(5000) }, [{ ...PTP, bInterfaceClass: 'zz' }, PTP]);
  const device = await sysfsDevices(root).at('1-2', live());
  expect(device?.serial).toHaveLength(126);
  expect(device?.interfaces).toHaveLength(1);
  await plug('1-3', { ...CAMERA, idVendor: 'none' }, []);
  expect(await sysfsDevices(root).at('1-3', live())).toBeUndefined();
});

test('an aborted signal ends a look with its reason', async () => {
  const reason = new Error('stop now');
  await expect(sysfsDevices(root).list(AbortSignal.abort(reason))).rejects.toBe(reason);
  await expect(sysfsDevices(root).at('1-1', AbortSignal.abort(reason))).rejects.toBe(reason);
});
