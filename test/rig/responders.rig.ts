// In the rig's guest: the driver against what two responders that nobody here wrote do wrong, each in its own way: umtp-responder on a gadget of
// the kernel, with a store that may be written and one that may not, and QEMU's on an emulated controller. Wanted: what is listed is what is
// there, a file that is not what was listed never comes to a good end, and after each oddity the next file is read whole.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, open, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CameraSession, InventoryEntry } from '../../drivers/driver.ts';
import { ptpDriver } from '../../drivers/ptp/driver.ts';
import { UsbBudget } from '../../drivers/usb/transfer-limits.ts';
import { sysfsDevices } from '../../drivers/usb/devices-sysfs.ts';
import { libusbTransports } from '../../drivers/usb/libusb-open.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { ANY_SHA256, hasCode, live, patternBytes, readBytes } from '../contracts/driver-subject.ts';
import { until } from '../fakes/until.ts';
import { requireGoodClock } from './guest-clock.ts';
import { IN_THE_MIDDLE } from './half-reader.ts';
import { openMonitor, type Monitor, type MtpCamera } from './monitor.ts';
import { MtpGadget } from './mtp-gadget.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';

const { env } = process;
/** The guest is emulated: work takes ten times as long, and clocks do not. */
const WORK_MS = 120_000;
const MIB = 1024 * 1024;
const HUGE_BYTES = 5 * 1024 * MIB;
const FIRST_STORE = 'ffff0001';
const SECOND_STORE = 'ffff0002';
const UMTP = { serial: 'RIG-STORES', folder: '/tmp/umtp-stores/first', locked: '/tmp/umtp-stores/second' };
const QEMU = { serial: 'RIG-ODD', folder: join(env['RIG_RUN'] ?? '', 'odd-camera') };
/** Data and its header fill their last packet: the one responder sends an empty packet behind it, the other one does not. */
const FULL_PACKETS_BYTES = 40 * 512 - 12;

const clock = nodeClock();
const devices = sysfsDevices();
const openUsb = libusbTransports({ clock, devices, budget: new UsbBudget() });
const recoveries: string[] = [];
const driver = ptpDriver({
  devices,
  openUsb,
  clock,
  onRecovery: (_port, step) => void recoveries.push(step),
});
const whole = patternBytes(2 * MIB + 500);
const full = patternBytes(FULL_PACKETS_BYTES, 2);
const edge = patternBytes(600_000, 3);
let monitor: Monitor;
let umtp: MtpGadget;
let qemu: MtpCamera;
let session: CameraSession | undefined;

before(async () => {
  const tools = env[TOOLS_VARIABLE] ?? '';
  await requireGoodClock(env['RIG_RUN'] ?? '');
  await put(UMTP.folder, {
    'DCIM/WHOLE.MP4': whole,
    'DCIM/FULL.MP4': full,
    'DCIM/.HIDDEN.MP4': full,
    'DCIM/zażółć.MP4': full,
    'DCIM/twin 🎥 1.MP4': full,
    'DCIM/twin 🎥 2.MP4': edge,
    'DCIM/EMPTY.LOG': new Uint8Array(0),
    'DCIM/SHRINKS.MP4': whole,
    'DCIM/GROWS.MP4': whole,
    'DCIM/GOES.MP4': whole,
  });
  await put(UMTP.locked, { 'KEPT.MP4': full });
  await putHuge(join(UMTP.folder, 'DCIM/HUGE.MP4'));
  await put(QEMU.folder, {
    'DCIM/WHOLE.MP4': whole,
    'DCIM/FULL.MP4': full,
    'DCIM/ż.MP4': full,
    'DCIM/ó.MP4': edge,
    'DCIM/SHRINKS.MP4': whole,
    'DCIM/GROWS.MP4': whole,
  });
  await putHuge(join(QEMU.folder, 'DCIM/HUGE.MP4'));
  monitor = await openMonitor(tools);
  qemu = await monitor.plugMtp('odd', QEMU.folder, { serial: QEMU.serial, port: '1', readOnly: false });
  umtp = await MtpGadget.plugIn(tools, UMTP.serial, UMTP.folder, `${UMTP.locked}:ro`);
});

after(async () => {
  await session?.close();
  await qemu?.unplug();
  await umtp?.remove();
  monitor?.close();
  process.stdout.write(`figures: ${recoveries.length} steps of recovery (${recoveries.join(', ')})\n`);
});

void test('umtp-responder: both stores are listed, hidden files, names beyond ASCII and a file of 5 GiB among them', async () => {
  const { listed } = await opened(UMTP.serial);
  assert.deepEqual([...listed.keys()].filter((name) => !name.includes('twin')).sort(), [
    `${FIRST_STORE}/DCIM/.HIDDEN.MP4`,
    `${FIRST_STORE}/DCIM/EMPTY.LOG`,
    `${FIRST_STORE}/DCIM/FULL.MP4`,
    `${FIRST_STORE}/DCIM/GOES.MP4`,
    `${FIRST_STORE}/DCIM/GROWS.MP4`,
    `${FIRST_STORE}/DCIM/HUGE.MP4`,
    `${FIRST_STORE}/DCIM/SHRINKS.MP4`,
    `${FIRST_STORE}/DCIM/WHOLE.MP4`,
    `${FIRST_STORE}/DCIM/zażółć.MP4`,
    `${SECOND_STORE}/KEPT.MP4`,
  ]);
  assert.equal(listed.get(`${FIRST_STORE}/DCIM/HUGE.MP4`)?.sizeBytes, HUGE_BYTES, 'not modulo 2^32');
});

void test('umtp-responder: files come whole, with or without an empty packet behind them, and empty ones too', async () => {
  const { session: camera, listed } = await opened(UMTP.serial);
  for (const [name, bytes] of Object.entries({
    'WHOLE.MP4': whole,
    'FULL.MP4': full,
    '.HIDDEN.MP4': full,
    'zażółć.MP4': full,
    'EMPTY.LOG': Buffer.alloc(0),
  }))
    assert.ok((await readBytes(camera, entryOf(listed, `${FIRST_STORE}/DCIM/${name}`))).equals(bytes), name);
});

void test('umtp-responder: names that it cuts off at their first emoji are entries of their own, each with its own bytes', async () => {
  const { session: camera, listed } = await opened(UMTP.serial);
  await readTwins(
    camera,
    [...listed].filter(([name]) => name.includes('twin')),
  );
});

void test('umtp-responder: what lies around 4 GiB and at the end of a file of 5 GiB is what was written there', async () => {
  const { session: camera, listed } = await opened(UMTP.serial);
  const huge = entryOf(listed, `${FIRST_STORE}/DCIM/HUGE.MP4`);
  assert.ok((await firstBytes(camera, huge, AROUND_4_GIB, edge.length)).equals(edge));
  assert.ok((await readBytes(camera, huge, HUGE_BYTES - edge.length)).equals(edge));
});

void test('umtp-responder: a file that shrank, grew or went since it was listed never comes to a good end', async () => {
  const { session: camera, listed } = await opened(UMTP.serial);
  const of = (name: string): InventoryEntry => entryOf(listed, `${FIRST_STORE}/DCIM/${name}`);
  await truncate(join(UMTP.folder, 'DCIM/SHRINKS.MP4'), 1000);
  await appendFile(join(UMTP.folder, 'DCIM/GROWS.MP4'), 'more');
  await rm(join(UMTP.folder, 'DCIM/GOES.MP4'));
  await assert.rejects(readBytes(camera, of('SHRINKS.MP4')), hasCode('driver.changed'));
  await assert.rejects(readBytes(camera, of('GROWS.MP4')), hasCode('driver.changed'));
  await assert.rejects(readBytes(camera, of('GOES.MP4')), hasCode('driver.gone', 'driver.changed'));
  assert.ok((await readBytes(camera, of('FULL.MP4'))).equals(full), 'the next file comes whole');
});

void test('umtp-responder: its clock, which it does not have, is not set by a request that would wedge it', async () => {
  const { session: camera, listed } = await opened(UMTP.serial);
  const now = Date.now();
  assert.equal(await camera.readClock(live()), null);
  assert.equal(await camera.setClock({ utcMs: now, localMs: now }, live()), 'not-supported');
  assert.ok((await readBytes(camera, entryOf(listed, `${FIRST_STORE}/DCIM/FULL.MP4`))).equals(full));
});

void test('umtp-responder: a file in a store that may not be written is not erased, and one beside it is', async () => {
  const { session: camera, listed } = await opened(UMTP.serial);
  const erased = `${FIRST_STORE}/DCIM/FULL.MP4`;
  const kept = `${SECOND_STORE}/KEPT.MP4`;
  const outcome = await camera.erase(entryOf(listed, kept), live(), ANY_SHA256);
  assert.ok(outcome === 'write-protected' || outcome === 'refused', outcome);
  assert.equal(await camera.erase(entryOf(listed, erased), live(), ANY_SHA256), 'done');
  const names = [...(await list(camera)).keys()];
  assert.ok(names.includes(kept) && !names.includes(erased));
  assert.deepEqual(await readdir(UMTP.locked), ['KEPT.MP4']);
});

void test('umtp-responder: the process that read it is killed in the middle, and the next one reads all', async () => {
  await killedInTheMiddle(UMTP.serial);
  const { session: camera, listed } = await opened(UMTP.serial);
  assert.ok((await readBytes(camera, entryOf(listed, `${FIRST_STORE}/DCIM/WHOLE.MP4`))).equals(whole));
});

void test('QEMU responder: two names that it lists as one are two entries, each with its own bytes', async () => {
  const { session: camera, listed } = await opened(QEMU.serial);
  await readTwins(
    camera,
    [...listed].filter(([name]) => !/WHOLE|FULL|SHRINKS|GROWS|HUGE/.test(name)),
  );
  for (const [name, bytes] of Object.entries({ 'WHOLE.MP4': whole, 'FULL.MP4': full }))
    assert.ok((await readBytes(camera, entryOf(listed, `DCIM/${name}`))).equals(bytes), name);
});

void test('QEMU responder: a file of 5 GiB, which it has no partial reads for, is left in the middle and the next one comes whole', async () => {
  const { session: camera, listed } = await opened(QEMU.serial);
  const huge = entryOf(listed, 'DCIM/HUGE.MP4');
  assert.equal(huge.sizeBytes, HUGE_BYTES);
  assert.ok((await firstBytes(camera, huge, 0, edge.length)).equals(edge));
  const again = entryOf(await list(camera), 'DCIM/WHOLE.MP4');
  assert.ok((await readBytes(camera, again)).equals(whole));
});

void test('QEMU responder: a file that shrank or grew since it was listed never comes to a good end, and is listed as it is', async () => {
  const { session: camera, listed } = await opened(QEMU.serial);
  await truncate(join(qemu.root, 'DCIM/SHRINKS.MP4'), 1000);
  await assert.rejects(readBytes(camera, entryOf(listed, 'DCIM/SHRINKS.MP4')), hasCode('driver.changed'));
  await appendFile(join(qemu.root, 'DCIM/GROWS.MP4'), 'more');
  const now = await list(camera);
  assert.equal(entryOf(now, 'DCIM/SHRINKS.MP4').sizeBytes, 1000);
  assert.equal(entryOf(now, 'DCIM/GROWS.MP4').sizeBytes, whole.length + 4);
  assert.ok((await readBytes(camera, entryOf(now, 'DCIM/FULL.MP4'))).equals(full));
});

void test('QEMU responder: the process that read it is killed in the middle, and the next one reads all', async () => {
  await killedInTheMiddle(QEMU.serial);
  const { session: camera, listed } = await opened(QEMU.serial);
  assert.ok((await readBytes(camera, entryOf(listed, 'DCIM/WHOLE.MP4'))).equals(whole));
});

const AROUND_4_GIB = 4 * 1024 * MIB - 1000;

/** Mostly holes: bytes at its begin, around 4 GiB and at its end. */
async function putHuge(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.truncate(HUGE_BYTES);
    for (const at of [0, AROUND_4_GIB, HUGE_BYTES - edge.length]) await file.write(edge, 0, edge.length, at);
  } finally {
    await file.close();
  }
}

async function put(folder: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

interface Opened {
  readonly session: CameraSession;
  readonly listed: ReadonlyMap<string, InventoryEntry>;
}

/** A new session, and what it lists, by path. */
async function opened(serial: string): Promise<Opened> {
  await session?.close();
  session = await driver.open({ kind: 'usb', path: await portOf(serial) }, live());
  return { session, listed: await list(session) };
}

async function list(camera: CameraSession): Promise<Map<string, InventoryEntry>> {
  const { entries, problems } = await camera.inventory(live());
  assert.deepEqual(problems, []);
  return new Map(entries.map((entry) => [Buffer.from(entry.path).toString(), entry]));
}

function entryOf(listed: ReadonlyMap<string, InventoryEntry>, path: string): InventoryEntry {
  return listed.get(path) ?? assert.fail(`${path} is not among ${[...listed.keys()].join(', ')}`);
}

/** Two files that the camera lists under one name. */
async function readTwins(
  camera: CameraSession,
  twins: readonly (readonly [string, InventoryEntry])[],
): Promise<void> {
  const sizes = twins.map(([, { sizeBytes }]) => sizeBytes);
  assert.deepEqual(
    sizes.toSorted((a, b) => a - b),
    [full.length, edge.length],
  );
  for (const [, entry] of twins)
    assert.ok((await readBytes(camera, entry)).equals(entry.sizeBytes === full.length ? full : edge));
}

/** The first bytes from an offset on; the rest is not read. */
async function firstBytes(
  camera: CameraSession,
  entry: InventoryEntry,
  offset: number,
  count: number,
): Promise<Buffer> {
  let come = Buffer.alloc(0);
  for await (const piece of camera.read(entry, offset, live())) {
    assert.equal(piece.kind, 'bytes');
    if (piece.kind === 'bytes') come = Buffer.concat([come, piece.bytes]);
    if (come.length >= count) break;
  }
  return come.subarray(0, count);
}

async function portOf(serial: string): Promise<string> {
  const look = async (): Promise<string | undefined> =>
    (await devices.list(live())).find((device) => device.serial === serial)?.portPath;
  return until(`a device with serial number ${serial}`, WORK_MS, look);
}

/** Another process reads, and gets no chance to end what it asked for. */
async function killedInTheMiddle(serial: string): Promise<void> {
  await session?.close();
  session = undefined;
  const program = join(import.meta.dirname, 'half-reader.js');
  const reader = spawn(process.execPath, [program, await portOf(serial)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let said = '';
    reader.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until('it reads', WORK_MS, () => said.includes(IN_THE_MIDDLE) || reader.exitCode !== null);
    assert.equal(reader.exitCode, null, 'it reads until it is killed');
  } finally {
    const isOver = once(reader, 'exit');
    reader.kill('SIGKILL');
    await isOver;
  }
}
