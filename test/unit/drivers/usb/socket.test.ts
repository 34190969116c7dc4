// One socket for USB 3 with its two ports, as the kernel's tables name them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sysfsDevices } from '../../../../drivers/usb/devices-sysfs.ts';
import { SysTree, type SysValues } from '../../../fakes/usb/sys-tree.ts';
import { live } from '../../../contracts/driver-subject.ts';

const HUB: SysValues = {
  bInterfaceNumber: '00',
  bInterfaceClass: '09',
  bInterfaceSubClass: '00',
  bInterfaceProtocol: '00',
};
let folder: string;
let sys: SysTree;
let root: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-socket-'));
  sys = new SysTree(folder);
  root = join(folder, 'bus/usb/devices');
  await sys.rootSockets(2, 3, 4);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const serialAt = async (port: string, named: readonly string[] = []): Promise<string | null | undefined> =>
  (await sysfsDevices(root, () => named).at(port, live()))?.serial;

test('a camera is found at whichever port of the socket it came up, by whichever of them the bay names', async () => {
  await sys.plug('3-3', { serial: 'FAST' });
  await sys.plug('2-1', { serial: 'SLOW' });
  expect(await serialAt('2-3')).toBe('FAST');
  expect(await serialAt('3-3')).toBe('FAST');
  expect(await serialAt('3-1')).toBe('SLOW');
  expect(await serialAt('2-2')).toBeUndefined();
  expect(await sysfsDevices(root).at('2-3', live())).toMatchObject({ portPath: '2-3', bus: 3 });
});

test('the port that the bay names comes first', async () => {
  await sys.plug('3-3', { serial: 'FAST' });
  await sys.plug('2-3', { serial: 'SLOW' });
  expect([await serialAt('2-3'), await serialAt('3-3')]).toEqual(['SLOW', 'FAST']);
});

test('behind a hub, which is two hubs, the ports of one number are one socket', async () => {
  await sys.plug('2-1', {}, [HUB]);
  await sys.plug('3-1', {}, [HUB]);
  for (const [bus, other] of [
    [2, 3],
    [3, 2],
  ] as const)
    await sys.hubPort(`${bus}-1:1.0`, `${bus}-1-port4`, [`${other}-1:1.0`, `${other}-1-port4`]);
  await sys.plug('3-1.4', { serial: 'FAST' });
  expect(await serialAt('2-1.4')).toBe('FAST');
  expect(await sysfsDevices(root).portsOf('2-1.4')).toEqual(['2-1.4', '3-1.4']);
});

test('a hub that came up on one bus alone, by a worn cable, shows the bays that name the other one', async () => {
  await sys.plug('2-1', {}, [HUB]);
  await sys.hubPort('2-1:1.0', '2-1-port4');
  await sys.plug('2-1.4', { serial: 'SLOW' });
  expect(await serialAt('3-1.4')).toBe('SLOW');
  expect(await sysfsDevices(root).portsOf('2-1.4')).toEqual(['2-1.4']);
});

test('a hub of the board at what the kernel takes for the other port is not the bay’s device', async () => {
  await sys.plug('2-1', {}, [HUB]);
  expect(await serialAt('3-1')).toBeUndefined();
  await sys.plug('3-1', { serial: 'FAST' });
  expect(await serialAt('3-1')).toBe('FAST');
});

test('a port that another bay names is that bay’s', async () => {
  await sys.plug('3-3', { serial: 'FAST' });
  expect(await serialAt('2-3', ['2-3', '3-3'])).toBeUndefined();
  expect(await serialAt('3-3', ['2-3', '3-3'])).toBe('FAST');
});
