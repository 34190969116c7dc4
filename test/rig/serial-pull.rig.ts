// In the rig's guest: the real agent with real serial devices that are pulled, in the middle of a stream and at rest, exchanged, and put back
// under another name. Wanted (SER-04, and what serialport 13 leaves open): noticed within seconds, no core that spins, a record for each
// docking, no byte for the next camera that it was not meant to get, and everything delivered in the end. Ends with one line of figures.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { DockRig } from '../fakes/dock-rig.ts';
import { dockingsIn } from '../fakes/dockings-seen.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { SerialCameras } from '../fakes/serial-cameras.ts';
import { CameraBehind } from './camera-behind.ts';
import { cpuShare } from './cpu-time.ts';
import { AcmGadget, GADGET_DEVICE } from './gadget.ts';
import { openMonitor, type Monitor } from './monitor.ts';
import { deviceOf, portOf, untilGone } from './port-names.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';

const { env } = process;
/** The guest is emulated: work takes ten times as long, and clocks do not. */
const WORK_MS = 200_000;
const FILE_BYTES = 100_000;
/** Look at the node once a second, a document once a second, and an emulated machine under both. */
const NOTICED_MS = 8000;
/** An agent at rest, emulated; one that spins takes 1. */
const SPINS = 0.5;
const MEASURE_MS = 5000;

const random = seededRandom(404);
const figures: string[] = [];
let monitor: Monitor;
let gadget: AcmGadget;
let cameras: SerialCameras;
let dock: DockRig;
/** Says how far the guest came: on a busy machine it takes minutes. */
function note(what: string): void {
  process.stderr.write(`rig ${(performance.now() / 1000).toFixed(0)} s: ${what}\n`);
}
/** Ports of bay-1 (CDC-ACM), bay-2 (FTDI), and of the adapter that the camera in bay-2 speaks through. */
let [acm, ftdi, far] = ['', '', ''];
let stays = 0;

before(async () => {
  note('program loaded');
  const tools = env[TOOLS_VARIABLE] ?? '';
  monitor = await openMonitor(tools);
  gadget = await AcmGadget.make(tools);
  acm = await portOf(() => gadget.plugIn());
  await gadget.pull();
  ftdi = await portOf(() => plugAdapter('near'));
  await monitor.unplug('near');
  await untilGone(ftdi);
  far = await portOf(() => plugAdapter('far'));
  note(`ports are ${acm} and ${ftdi}`);
  cameras = await SerialCameras.open();
  dock = await DockRig.open({
    cameras: 2,
    place: (number) => ({ serial_path: number === 1 ? acm : ftdi }),
  });
  note('keys and configuration made');
  await dock.start();
  note('receiver and agent run');
});

after(async () => {
  await dock?.close();
  await cameras?.close();
  monitor?.close();
  process.stdout.write(`figures: ${figures.join('; ')}\n`);
});

void test('a CDC-ACM camera that is pulled while it sends leaves no spinning core, and the next one at the port gets its own bytes only', async () => {
  for (let file = 1; file <= 4; file++) await dock.put(1, `DCIM/A_${file}.MP4`, random.bytes(FILE_BYTES));
  await dock.put(1, 'DCIM/B_1.MP4', random.bytes(FILE_BYTES), dock.drawer(1));
  const first = await plugGadget(dock.camera(1), 'CAMERA-A');
  await dock.untilBay(1, '40 % are here', WORK_MS, (bay) => bay.bytes_spooled > 0.4 * 4 * FILE_BYTES);
  await pulled(1, 'CDC-ACM pulled while it sends', () => gadget.pull());
  assert.ok((await dock.filesOn(1)) > 0, 'it was pulled in the middle');
  await first.stop();

  const second = await plugGadget(dock.drawer(1), 'CAMERA-B');
  await dock.untilBay(1, 'B is done', WORK_MS, (bay) => bay.state === 'done' && bay.entries_erased === 1);
  const { requests, noiseBytes, damaged } = await second.received();
  assert.deepEqual([requests[0], noiseBytes, damaged], ['write 0/0', 0, 0]);
  assert.equal(requests.filter((request) => request === 'write 66/2').length, 1); // one erasure, of its one file
  await pulled(1, 'CDC-ACM pulled at rest', () => gadget.pull());
  await second.stop();

  const again = await plugGadget(dock.camera(1), 'CAMERA-A');
  await dock.untilBay(1, 'A is done', WORK_MS, (bay) => bay.state === 'done' && bay.entries_erased === 4);
  await pulled(1, 'CDC-ACM pulled at rest again', () => gadget.pull());
  await again.stop();
});

void test('an FTDI adapter that is pulled at rest and comes back under another name is found by its socket', async () => {
  await dock.put(2, 'DCIM/C_1.MP4', random.bytes(FILE_BYTES));
  const first = await plugFtdi();
  const before = await deviceOf(ftdi);
  await dock.untilBay(2, 'C is done', WORK_MS, (bay) => bay.state === 'done' && bay.entries_erased === 1);
  await first.holdStill();
  await pulled(2, 'FTDI pulled at rest', () => monitor.unplug('near'));
  await first.stop();

  await portOf(() => monitor.plugSerial('other', join(env['RIG_RUN'] ?? '', 'ser1.a.sock'), { port: '5' }));
  await dock.put(2, 'DCIM/C_2.MP4', random.bytes(FILE_BYTES));
  const second = await plugFtdi();
  assert.notEqual(await deviceOf(ftdi), before);
  await dock.untilBay(
    2,
    'C is done again',
    WORK_MS,
    (bay) => bay.state === 'done' && bay.entries_erased === 1,
  );
  figures.push(`${before} came back as ${await deviceOf(ftdi)}`);
  await second.holdStill();
  await pulled(2, 'FTDI pulled at rest again', () => monitor.unplug('near'));
  await second.stop();
});

void test('everything is in the vault once, each docking has its record', async () => {
  await dock.untilReceipted(7, WORK_MS);
  note('all is receipted');
  await dock.stop();
  const report = dock.check();
  assert.deepEqual([report.problems, report.recordings, report.onCameras], [[], 7, 0]);
  const records = dockingsIn(dock.vault).map(({ bay, camera, ended }) => `${bay} ${camera.serial} ${ended}`);
  assert.deepEqual(records, [
    'bay-1 CAMERA-A unplugged',
    'bay-1 CAMERA-A unplugged',
    'bay-1 CAMERA-B unplugged',
    'bay-2 CAMERA-C unplugged',
    'bay-2 CAMERA-C unplugged',
  ]);
});

function plugAdapter(id: 'near' | 'far'): Promise<void> {
  const [end, port] = id === 'near' ? ['a', '3'] : ['b', '4'];
  return monitor.plugSerial(id, join(env['RIG_RUN'] ?? '', `ser0.${end}.sock`), { port });
}

/** The camera listens before it is plugged in, as a real one does. */
async function plugGadget(folder: string, serial: string): Promise<CameraBehind> {
  const camera = await CameraBehind.start(cameras, ++stays, GADGET_DEVICE, { folder, serial });
  await gadget.plugIn();
  note(`${serial} is plugged in`);
  return camera;
}

async function plugFtdi(): Promise<CameraBehind> {
  const wish = { folder: dock.camera(2), serial: 'CAMERA-C' };
  const camera = await CameraBehind.start(cameras, ++stays, `/dev/${await deviceOf(far)}`, wish);
  await plugAdapter('near');
  note('CAMERA-C is plugged in');
  return camera;
}

/** Pulls, and says how long it took to be noticed and what the agent does then. */
async function pulled(bay: number, what: string, pull: () => Promise<void>): Promise<void> {
  const startedMs = performance.now();
  await pull();
  note(what);
  await dock.untilBay(bay, `empty behind: ${what}`, WORK_MS, ({ state }) => state === 'empty');
  const noticedMs = performance.now() - startedMs;
  note('noticed');
  const { pid } = dock.agent;
  assert.ok(pid !== undefined, 'the agent runs');
  const share = await cpuShare(pid, MEASURE_MS);
  figures.push(
    `${what}: noticed in ${(noticedMs / 1000).toFixed(1)} s, then ${Math.round(share * 100)} % of a core`,
  );
  assert.ok(noticedMs < NOTICED_MS, `${what}: noticed in ${noticedMs} ms`);
  assert.ok(share < SPINS, `${what}: the agent takes ${share} of a core afterwards`);
}
