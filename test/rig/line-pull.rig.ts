// In the rig's guest: what a serial port does that is pulled while it sends, with nobody who writes to it. The library alone gives no event and
// reads on for ever, which takes a core; the line over it must notice by the device node and end that. The first is the measure of the second:
// where the library is cured, this says so, and the line's look at the node can go.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { SerialPort } from 'serialport';
import { systemLines } from '../../drivers/serial/serial-port.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { pause, until } from '../fakes/until.ts';
import { Figures } from './figures.ts';
import { AcmGadget, GADGET_DEVICE } from './gadget.ts';
import { requireGoodClock } from './guest-clock.ts';
import { deviceOf, portOf, untilGone } from './port-names.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';

const { env } = process;
/** The node is looked at once a second, on a machine that is ten times too slow. */
const NOTICED_MS = 15_000;
const MEASURE_MS = 3000;
/** Of a core: what a read loop that never rests takes at least, and what a process at rest takes at most. */
const SPINS = 0.5;
const RESTS = 0.25;
const BAUD = 115_200;

const figures = new Figures();
let gadget: AcmGadget;
let port = '';

before(async () => {
  await requireGoodClock(env['RIG_RUN'] ?? '');
  gadget = await AcmGadget.make(env[TOOLS_VARIABLE] ?? '');
  port = await portOf(() => gadget.plugIn());
  await gadget.pull();
  await untilGone(port);
});

void test('the library alone is not told of a device that is pulled while it sends, and takes a core', async () => {
  const camera = await plugIn();
  const raw = new SerialPort({ path: port, baudRate: BAUD, autoOpen: false });
  let bytes = 0;
  let events = 0;
  raw.on('data', (piece: Buffer) => (bytes += piece.length));
  raw.on('close', () => events++).on('error', () => events++);
  await new Promise<void>((resolve, reject) =>
    raw.open((error) => (error === null ? resolve() : reject(error))),
  );
  await until('it to send', 60_000, () => bytes > 10_000);
  await pull(camera);
  const share = await shareOfCore();
  const told = events; // before it is closed
  await new Promise<void>((resolve) => raw.close(() => resolve()));
  figures.say(`serialport alone, pulled while it sends: ${told} events, ${percent(share)} of a core`);
  assert.equal(told, 0);
  assert.ok(share > SPINS, `${share} of a core: the library is cured, or this guest does not show it`);
});

void test('a line ends when its device is pulled while it sends, and leaves no core that spins', async () => {
  const camera = await plugIn();
  const line = await systemLines(nodeClock())({ path: port, baud: BAUD }, new AbortController().signal);
  let bytes = 0;
  let goneMs = 0;
  line.onBytes((piece) => (bytes += piece.length));
  line.onGone(() => (goneMs = performance.now()));
  await until('it to send', 60_000, () => bytes > 10_000);
  const pulledMs = performance.now();
  await pull(camera);
  await until('the line to end', 60_000, () => goneMs > 0);
  await line.close();
  const share = await shareOfCore();
  const noticed = ((goneMs - pulledMs) / 1000).toFixed(1);
  figures.say(`line, pulled while it sends: noticed in ${noticed} s, then ${percent(share)} of a core`);
  assert.ok(goneMs - pulledMs < NOTICED_MS, `noticed in ${noticed} s`);
  assert.ok(share < RESTS, `${share} of a core`);
});

/** A handle of a pulled device may stay open in the library; by then the runner has said how the tests ended. */
after(async () => {
  await gadget?.remove();
  figures.print();
  setTimeout(() => process.exit(), 1000).unref();
});

/** A device that sends without a pause. */
async function plugIn(): Promise<ChildProcess> {
  await gadget.plugIn();
  await deviceOf(port);
  return spawn('sh', ['-c', `exec cat /dev/zero >${GADGET_DEVICE}`], { stdio: 'ignore' });
}

async function pull(camera: ChildProcess): Promise<void> {
  await gadget.pull();
  figures.count('pulls');
  camera.kill('SIGKILL');
  if (camera.exitCode === null && camera.signalCode === null) await once(camera, 'exit');
  await pause(500);
}

/** Share of a core that this process takes. */
async function shareOfCore(): Promise<number> {
  const [cpu, wallMs] = [process.cpuUsage(), performance.now()];
  await pause(MEASURE_MS);
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / 1000 / (performance.now() - wallMs);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
