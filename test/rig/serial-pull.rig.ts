// In the rig's guest: a whole station at real serial devices that are pulled, in the middle of a stream and at rest, exchanged, and put back
// under another name. Wanted (SER-04, and what serialport 13 leaves open): noticed within seconds, no core that spins, a record for each
// docking, no byte for the next camera that it was not meant to get, and everything delivered in the end. Ends with one line of figures.
// Station and store share this process over a broker in memory: starting a program takes seconds in an emulated machine. The device at the
// other end of the line, kernel drivers and udev are real.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { isCameraPort } from '../../drivers/serial/line.ts';
import { systemLines } from '../../drivers/serial/serial-port.ts';
import { smpDriver } from '../../drivers/serial/smp/driver.ts';
import { MemorySmpFiles } from '../../drivers/simulated/smp-files.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { pause } from '../fakes/until.ts';
import { CameraBehind } from './camera-behind.ts';
import { Figures, note } from './figures.ts';
import { AcmGadget, GADGET_DEVICE } from './gadget.ts';
import { requireGoodClock } from './guest-clock.ts';
import { type Monitor, openMonitor } from './monitor.ts';
import { deviceOf, portOf, untilGone } from './port-names.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';

const { env } = process;
/** The guest is emulated: work takes ten times as long, and clocks do not. */
const WORK_MS = 300_000;
const FILE_BYTES = 40_000;
const FILES = 4;
/** The node is looked at once a second and the bay shown once a second, on a machine that is ten times too slow. */
const NOTICED_MS = 15_000;
/** What station and store may take above what they took before any camera came, as a share of a core; a loop that spins takes 1 more. */
const MORE_AT_REST = 0.4;
const MEASURE_MS = 4000;
/** The record of a docking is made, signed and stored by then. */
const RESTS_MS = 60_000;

const originals = new Map<string, Buffer>();
const figures = new Figures();
let monitor: Monitor;
let gadget: AcmGadget;
let dock: DockAndStore;
/** Share of a core that this process takes when nothing happens. */
let atRest = 0;
/** Ports of bay-1 (CDC-ACM) and bay-2 (FTDI), and of the adapter that the camera in bay-2 speaks through. */
let [acm, ftdi, far] = ['', '', ''];

before(async () => {
  const tools = env[TOOLS_VARIABLE] ?? '';
  note('programs loaded');
  await requireGoodClock(env['RIG_RUN'] ?? '');
  monitor = await openMonitor(tools);
  gadget = await AcmGadget.make(tools);
  acm = await portOf(() => gadget.plugIn());
  await gadget.pull();
  ftdi = await portOf(() => plugAdapter('near'));
  await monitor.unplug('near');
  await untilGone(ftdi);
  far = await portOf(() => plugAdapter('far'));
  note(`ports are ${acm} and ${ftdi}`);
  const clock = nodeClock();
  const driver = smpDriver({ clock, isCameraPort, openLine: systemLines(clock) });
  dock = await DockAndStore.open({ cameras: 2, serial: { ports: [acm, ftdi], driver }, hasFastSigner: true });
  await dock.startReceiver();
  await dock.startStation();
  note('station and store run');
  atRest = await restShare(0.05, 3 * MEASURE_MS);
  figures.say(`at rest ${percent(atRest)} of a core`);
  note(`at rest ${percent(atRest)} of a core`);
});

after(async () => {
  await dock?.close();
  await gadget?.remove();
  monitor?.close();
  figures.print();
});

void test('a CDC-ACM camera that is pulled while it sends leaves no spinning core, and the next one gets its own bytes only', async () => {
  const filesA = filesNamed('A', FILES);
  const first = await plugGadget(filesA, 'CAMERA-A');
  await shows(1, '40 % are here', (bay) => Number(bay['bytes_spooled']) > 0.4 * FILES * FILE_BYTES);
  await first.babble();
  await pulled(1, 'CDC-ACM pulled while it sends', () => gadget.pull());
  assert.equal(
    (await filesA.list()).length,
    FILES,
    'it was pulled in the middle, before anything was erased',
  );
  await first.stop();

  const filesB = filesNamed('B', 1);
  const second = await plugGadget(filesB, 'CAMERA-B');
  await emptied(1, filesB);
  const { requests, noiseBytes, damaged } = second.received();
  assert.deepEqual([requests[0], noiseBytes, damaged], ['write 0/0', 0, 0]);
  assert.equal(
    requests.filter((request) => request === 'write 66/2').length,
    1,
    'one erasure, of its one file',
  );
  await pulled(1, 'CDC-ACM pulled at rest', () => gadget.pull());
  await second.stop();

  const again = await plugGadget(filesA, 'CAMERA-A');
  await emptied(1, filesA);
  await pulled(1, 'CDC-ACM pulled at rest again', () => gadget.pull());
  await again.stop();
});

void test('an FTDI adapter that is pulled at rest and comes back under another name is found by its socket', async () => {
  const files = filesNamed('C', 1);
  const first = await plugFtdi(files);
  const name = await deviceOf(ftdi);
  await emptied(2, files);
  await first.holdStill();
  await pulled(2, 'FTDI pulled at rest', () => monitor.unplug('near'));
  await first.stop();

  await portOf(() => monitor.plugSerial('other', socket('ser1.a'), { port: '5' }));
  putFile(files, 'C_2.MP4');
  const second = await plugFtdi(files);
  const otherName = await deviceOf(ftdi);
  assert.notEqual(otherName, name);
  await emptied(2, files);
  figures.say(`${name} came back as ${otherName}`);
  await second.holdStill();
  await pulled(2, 'FTDI pulled at rest again', () => monitor.unplug('near'));
  await second.stop();
});

void test('everything is in the vault once and as it was, and each docking has its record', async () => {
  await dock.until('5 records', async () => (await dock.dockings()).length === 5, WORK_MS);
  const kept = await dock.vault();
  assert.deepEqual(kept.map(({ path }) => path).sort(), [...originals.keys()].sort());
  for (const { path, original } of kept)
    assert.ok(originals.get(path)?.equals(original), `${path} is as it was`);
  figures.count('recordings receipted', kept.length);
  const records = (await dock.dockings()).map(({ bay, camera, ended }) => `${bay} ${camera.serial} ${ended}`);
  assert.deepEqual(records.sort(), [
    'bay-1 CAMERA-A unplugged',
    'bay-1 CAMERA-A unplugged',
    'bay-1 CAMERA-B unplugged',
    'bay-2 CAMERA-C unplugged',
    'bay-2 CAMERA-C unplugged',
  ]);
  assert.deepEqual(
    dock.conditions.history.filter(({ code }) => code.startsWith('camera.')).filter(({ facts }) => facts),
    [],
  );
});

function filesNamed(letter: string, count: number): MemorySmpFiles {
  const files = new MemorySmpFiles();
  for (let number = 1; number <= count; number++) putFile(files, `${letter}_${number}.MP4`);
  return files;
}

function putFile(files: MemorySmpFiles, name: string): void {
  const bytes = randomBytes(FILE_BYTES);
  originals.set(name, bytes);
  files.put(name, bytes, { at: '2026-11-25T08:00:00' });
}

function socket(name: string): string {
  return join(env['RIG_RUN'] ?? '', `${name}.sock`);
}

function plugAdapter(id: 'near' | 'far'): Promise<void> {
  const [end, port] = id === 'near' ? ['ser0.a', '3'] : ['ser0.b', '4'];
  return monitor.plugSerial(id, socket(end), { port });
}

/** The camera listens before it is plugged in, as a real one does. */
async function plugGadget(files: MemorySmpFiles, serial: string): Promise<CameraBehind> {
  const camera = new CameraBehind(GADGET_DEVICE, files, serial);
  await gadget.plugIn();
  note(`${serial} is plugged in`);
  return camera;
}

async function plugFtdi(files: MemorySmpFiles): Promise<CameraBehind> {
  const camera = new CameraBehind(`/dev/${await deviceOf(far)}`, files, 'CAMERA-C');
  await plugAdapter('near');
  note('CAMERA-C is plugged in');
  return camera;
}

function shows(bay: number, what: string, holds: (bay: Record<string, unknown>) => boolean): Promise<void> {
  return dock.until(`bay-${bay}: ${what}`, () => holds(dock.bay(bay)), WORK_MS);
}

/** Everything on the camera was stored and erased, and the station has come to rest with it. */
async function emptied(bay: number, files: MemorySmpFiles): Promise<void> {
  await dock.until('the camera is empty', async () => (await files.list()).length === 0, WORK_MS);
  await shows(bay, 'done', ({ state, light }) => state === 'done' && light === 'safe-to-take');
}

/** Pulls, and says how long it took to be noticed and what this process does then. */
async function pulled(bay: number, what: string, pull: () => Promise<void>): Promise<void> {
  const startedMs = performance.now();
  await pull();
  figures.count('pulls');
  note(what);
  await shows(bay, `empty behind: ${what}`, ({ state }) => state === 'empty');
  const noticedMs = performance.now() - startedMs;
  note('noticed');
  const share = await restShare(atRest + MORE_AT_REST, RESTS_MS);
  note(`then ${percent(share)} of a core`);
  figures.say(`${what}: noticed in ${(noticedMs / 1000).toFixed(1)} s, then ${percent(share)} of a core`);
  assert.ok(noticedMs < NOTICED_MS, `${what}: noticed in ${noticedMs} ms`);
  assert.ok(
    share < atRest + MORE_AT_REST,
    `${what}: this process takes ${share} of a core, ${atRest} at rest`,
  );
}

/** Share of a core that this process takes: the first that is below that, or the lowest within that time. */
async function restShare(below: number, forMs: number): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY;
  for (const endMs = performance.now() + forMs; performance.now() < endMs && lowest >= below;) {
    const [cpu, wallMs] = [process.cpuUsage(), performance.now()];
    await pause(MEASURE_MS);
    const { user, system } = process.cpuUsage(cpu);
    lowest = Math.min(lowest, (user + system) / 1000 / (performance.now() - wallMs));
  }
  return lowest;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
