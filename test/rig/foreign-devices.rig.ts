// In the rig's guest: a keyboard and a network card at a station, where the mount helper and the package's udev rules are. Wanted: at a bay, and
// at a hub in it, both are shut off; elsewhere on the machine they stay somebody's own, and a camera's disk stays in its bay.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import { promisify } from 'node:util';
import { until } from '../fakes/until.ts';
import { DiskBench } from './disk-bench.ts';
import { makeVolume, toMachine } from './disk-images.ts';
import { openMonitor, type Monitor } from './monitor.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';
import { devices, portOf, WORK_MS } from './usb-ports.ts';

const run = promisify(execFile);
const { env } = process;
const { signal } = new AbortController();
const SYSFS = '/sys/bus/usb/devices';
const RULES = new URL('../../../systemd/70-bodydock.rules', import.meta.url);
const RULES_FOLDER = '/run/udev/rules.d';
const CARD = 'RIG-CARD';
const KEYS = 'RIG-KEYS';
const [COMMUNICATION, HID, MASS_STORAGE, HUB] = [2, 3, 8, 9];
/** Ports of the emulated controller. */
const [BAY, ELSEWHERE] = ['1', '2'];

let monitor: Monitor;
let bench: DiskBench;
let image: string;
/** As the kernel names the port of the bay: the one for USB 2, at which keyboards are. */
let port: string;
const plugged: string[] = [];

before(async () => {
  monitor = await openMonitor(env[TOOLS_VARIABLE] ?? '');
  await mkdir(RULES_FOLDER, { recursive: true });
  await copyFile(RULES, `${RULES_FOLDER}/70-bodydock.rules`);
  image = await toMachine(await makeVolume('fat16', 16, new Map([['A.MP4', Buffer.from('a')]])), 'card.img');
});
afterEach(async () => {
  for (const id of plugged.splice(0).toReversed()) await monitor.unplug(id).catch(() => undefined);
  await until('nothing is plugged in', WORK_MS, async () => (await devices.list(signal)).length === 0);
});
after(async () => {
  await bench?.stop('SIGTERM');
  await rm(RULES_FOLDER, { recursive: true });
  monitor?.close();
});

async function plug(driver: string, id: string, at: string, more: Readonly<Record<string, unknown>> = {}) {
  await monitor.plug(driver, id, { ...more, port: at });
  plugged.push(id);
}

/** What the kernel may do with each interface at or below a port, once udev is through with all of them: "class" to "0" or "1". */
async function authorised(below: string): Promise<[number, string][]> {
  const names = await until('interfaces', WORK_MS, async () => {
    const found = (await readdir(SYSFS)).filter((name) => name.startsWith(below) && name.includes(':'));
    return found.length > 0 && found;
  });
  await run('udevadm', ['settle']);
  const text = async (name: string, file: string): Promise<string> =>
    (await readFile(`${SYSFS}/${name}/${file}`, 'latin1')).trim();
  return Promise.all(
    names.map(async (name): Promise<[number, string]> => [
      Number.parseInt(await text(name, 'bInterfaceClass'), 16),
      await text(name, 'authorized'),
    ]),
  );
}

const elsewhere = (): string => port.replace(/\d+$/, ELSEWHERE);

void test('a keyboard that is in a bay when the helper starts is shut off', async () => {
  await plug('usb-kbd', 'early', BAY, { serial: KEYS });
  port = await portOf(KEYS);
  assert.deepEqual(await authorised(`${port}:`), [[HID, '1']]);
  bench = await DiskBench.open([port]);
  await until('it is shut off', WORK_MS, async () => (await authorised(`${port}:`))[0]?.[1] === '0');
});

void test('a keyboard is shut off in a bay, and nowhere else', async () => {
  await plug('usb-kbd', 'in-bay', BAY);
  await plug('usb-kbd', 'own', ELSEWHERE);
  await until(
    'the other one is there',
    WORK_MS,
    async () => (await authorised(`${elsewhere()}:`)).length > 0,
  );
  assert.deepEqual(await authorised(`${port}:`), [[HID, '0']]);
  assert.deepEqual(await authorised(`${elsewhere()}:`), [[HID, '1']]);
});

void test('a network card is shut off in a bay', async () => {
  await plug('usb-net', 'net', BAY);
  const found = await authorised(`${port}:`);
  assert.deepEqual(
    found.filter(([each]) => each === COMMUNICATION),
    [[COMMUNICATION, '0']],
  );
});

void test('a keyboard at a hub in a bay is shut off, and the hub is not', async () => {
  await plug('usb-hub', 'hub', BAY);
  await plug('usb-kbd', 'at-hub', `${BAY}.3`);
  await until('it is there', WORK_MS, async () => (await authorised(port)).some(([each]) => each === HID));
  const found = await authorised(port);
  assert.deepEqual(
    found.toSorted(([a], [b]) => a - b),
    [
      [HID, '0'],
      [HUB, '1'],
    ],
  );
});

void test('the disk of a camera stays, at either port of the socket, and is read', async () => {
  await monitor.plugDisk(CARD, image, { port: BAY, serial: CARD });
  assert.deepEqual(await authorised(`${await portOf(CARD)}:`), [[MASS_STORAGE, '1']]);
  const place = { kind: 'usb', path: port } as const;
  await until('the driver accepts it', WORK_MS, () => bench.driver.probe(place, signal));
  const session = await bench.driver.open(place, signal);
  assert.equal((await session.inventory(signal)).entries.length, 1);
  await session.close();
  await monitor.unplugDisk(CARD);
});
