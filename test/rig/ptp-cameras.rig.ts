// In the rig's guest: a whole station with two PTP responders that nobody here wrote, over real USB: QEMU's on an xHCI, and umtp-responder on a
// gadget of the kernel. Pulled out in the middle of a file, hung, put back. Wanted: everything in the vault once and as it was, erased only
// then, a record for each docking, and the other camera emptied meanwhile. Ends with one line of figures.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { ptpDriver } from '../../drivers/ptp/driver.ts';
import { UsbBudget } from '../../drivers/usb/budget.ts';
import { sysfsDevices } from '../../drivers/usb/devices-sysfs.ts';
import { libusbTransports } from '../../drivers/usb/libusb-open.ts';
import { nodeClock } from '../../protocol/io/clock-node.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { pause } from '../fakes/until.ts';
import { requireGoodClock } from './guest-clock.ts';
import { openMonitor, type Monitor, type MtpCamera } from './monitor.ts';
import { MtpGadget } from './mtp-gadget.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';

const { env } = process;
/** The guest is emulated: work takes ten times as long, and clocks do not. */
const WORK_MS = 300_000;
const MIB = 1024 * 1024;
const BIG_BYTES = 12 * MIB;
const PULLED_AT_BYTES = 4 * MIB;
const QEMU = 'RIG-QEMU';
const UMTP = 'RIG-UMTP';

const devices = sysfsDevices();
const recoveries: string[] = [];
const figures: string[] = [];
/** Every file by its path on the camera. */
const originals = new Map<string, Buffer>();
let monitor: Monitor;
let qemu: MtpCamera;
let umtp: MtpGadget;
let umtpFolder = '';
let dock: DockAndStore;

before(async () => {
  const tools = env[TOOLS_VARIABLE] ?? '';
  await requireGoodClock(env['RIG_RUN'] ?? '');
  monitor = await openMonitor(tools);
  const qemuFolder = join(env['RIG_RUN'] ?? '', 'qemu-camera');
  await fill(qemuFolder, 'Q');
  umtpFolder = '/tmp/umtp-camera';
  await fill(umtpFolder, 'U');
  // Both are plugged in once to learn their ports.
  qemu = await monitor.plugMtp('camera', qemuFolder, { serial: QEMU, port: '1', readOnly: false });
  umtp = await MtpGadget.plugIn(tools, UMTP, umtpFolder);
  const ports = [await portOf(QEMU), await portOf(UMTP)];
  await qemu.unplug();
  await umtp.pull();
  note(`ports are ${ports.join(' and ')}`);
  const clock = nodeClock();
  const openUsb = libusbTransports({ clock, devices, budget: new UsbBudget() });
  const onRecovery = (port: string, step: string): void => void recoveries.push(`${port} ${step}`);
  const driver = ptpDriver({ devices, openUsb, clock, onRecovery });
  dock = await DockAndStore.open({ cameras: 2, usb: { devices, driver, ports }, release: 'after-receipt' });
  await dock.startReceiver();
  await dock.startStation();
});

after(async () => {
  await dock?.close();
  await umtp?.remove();
  monitor?.close();
  process.stdout.write(`figures: ${figures.join('; ')}\n`);
});

void test('a camera that is pulled in the middle of a file is emptied when it is back', async () => {
  await qemu.replug();
  await pulledInTheMiddle(1, 'QEMU responder', () => qemu.unplug());
  assert.equal((await filesBelow(qemu.root)).length, 3, 'nothing was erased');
  const startedMs = performance.now();
  await qemu.replug();
  await emptied(1, () => filesBelow(qemu.root));
  figures.push(`QEMU responder: ${mib()} MiB to receipt and erasure in ${seconds(startedMs)} s`);
  await qemu.unplug();
});

void test('a camera that hangs in the middle of a file is told of, and is emptied once it was put back', async () => {
  await umtp.putBack();
  await inTheMiddle(2);
  await umtp.hang();
  const hungMs = performance.now();
  await dock.until('told', () => dock.conditions.isRaised('camera.failed', 'bay-2') || !isDocked(2), WORK_MS);
  figures.push(
    `hung umtp-responder: told after ${seconds(hungMs)} s, ${recoveries.length} steps of recovery`,
  );
  note(`hung: ${recoveries.join(', ')}`);
  assert.ok(recoveries.length > 0);
  assert.equal((await filesBelow(umtpFolder)).length, 3, 'nothing was erased');
  await umtp.pull();
  await dock.until('it is gone', () => !isDocked(2), WORK_MS);
  const startedMs = performance.now();
  await umtp.putBack();
  await emptied(2, () => filesBelow(umtpFolder));
  figures.push(`umtp-responder: ${mib()} MiB to receipt and erasure in ${seconds(startedMs)} s`);
  await umtp.pull();
});

void test('everything is in the vault once and as it was, and each docking has its record', async () => {
  await dock.until('the records', async () => (await ended()).size === 2, WORK_MS);
  const kept = await dock.vault();
  assert.deepEqual(kept.map(({ path }) => path).sort(), [...originals.keys()].sort());
  for (const { path, original } of kept)
    assert.ok(originals.get(path)?.equals(original), `${path} is as it was`);
  for (const { camera } of await dock.dockings()) assert.match(camera.serial ?? '', /^RIG-/);
});

/** Serial numbers with two ended dockings or more: the first was pulled or hung. */
async function ended(): Promise<Set<string>> {
  const serials = (await dock.dockings()).map(({ camera }) => camera.serial ?? '');
  return new Set(serials.filter((serial, at) => serials.indexOf(serial) !== at));
}

/** Says how far the guest came: on a busy machine it takes minutes. */
function note(what: string): void {
  process.stderr.write(`rig ${(performance.now() / 1000).toFixed(0)} s: ${what}\n`);
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1);
}

function mib(): string {
  return (BIG_BYTES / MIB).toFixed(0);
}

async function fill(folder: string, letter: string): Promise<void> {
  const files: readonly (readonly [string, Buffer])[] = [
    [`DCIM/100MEDIA/${letter}_1.MP4`, bigBytes()],
    [`DCIM/100MEDIA/${letter}_2.MP4`, randomBytes(1000)],
    [`DCIM/${letter}_3.LOG`, Buffer.alloc(0)],
  ];
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
    originals.set(path, bytes);
  }
}

/** One random MiB again and again, each with its number: random bytes are slow to make in the guest. */
function bigBytes(): Buffer {
  const piece = randomBytes(MIB);
  const pieces = Array.from({ length: BIG_BYTES / MIB }, (_, number) => {
    const next = Buffer.from(piece);
    next.writeUInt32LE(number);
    return next;
  });
  return Buffer.concat(pieces);
}

async function filesBelow(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((each) => each.isFile()).map(({ name }) => name);
}

async function portOf(serial: string): Promise<string> {
  const { signal } = new AbortController();
  for (const endMs = performance.now() + WORK_MS; performance.now() < endMs; await pause(200)) {
    const found = (await devices.list(signal)).find((device) => device.serial === serial);
    if (found !== undefined) return found.portPath;
  }
  throw new Error(`no device has serial number ${serial}`);
}

function isDocked(bay: number): boolean {
  return dock.bay(bay)['state'] !== 'empty';
}

async function inTheMiddle(bay: number): Promise<void> {
  const isThere = (): boolean => Number(dock.bay(bay)['bytes_spooled']) > PULLED_AT_BYTES;
  await dock.until('some of it is here', isThere, WORK_MS);
  const { bytes, bytes_spooled: here } = dock.bay(bay);
  assert.ok(Number(here) < Number(bytes), 'it is pulled before all is here');
}

async function pulledInTheMiddle(bay: number, what: string, pull: () => Promise<void>): Promise<void> {
  await inTheMiddle(bay);
  const startedMs = performance.now();
  await pull();
  await dock.until('noticed', () => !isDocked(bay), WORK_MS);
  figures.push(`${what} pulled in the middle: noticed in ${seconds(startedMs)} s`);
  note(`${what} was pulled`);
}

async function emptied(bay: number, files: () => Promise<string[]>): Promise<void> {
  await dock.until('the camera is empty', async () => (await files()).length === 0, WORK_MS);
  await dock.until('safe to take', () => dock.bay(bay)['light'] === 'safe-to-take', WORK_MS);
  note(`bay-${bay} is emptied`);
}
