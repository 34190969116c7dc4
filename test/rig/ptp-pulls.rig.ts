// In the rig's guest: a whole station and a whole store with two PTP responders that nobody here wrote, QEMU's on an emulated controller and
// umtp-responder on a gadget of the kernel, both pulled in each phase of a docking, and then again and again at moments that are drawn. Wanted:
// everything in the store once and as it was, nothing erased before, a record for each docking, and no handle that stays. Ends with one line of
// figures.
import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ptpDriver } from '../../drivers/ptp/driver.ts';
import { UsbBudget } from '../../drivers/usb/transfer-limits.ts';
import { libusbTransports } from '../../drivers/usb/libusb-open.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { SeededRandom } from '../fakes/random-seeded.ts';
import { pause, until } from '../fakes/until.ts';
import { MIB } from './camera-files.ts';
import { Figures, note, seconds } from './figures.ts';
import { requireGoodClock } from './guest-clock.ts';
import { heldHandles, TransportCount } from './held-handles.ts';
import { openMonitor, type Monitor } from './monitor.ts';
import { PulledCamera, qemuCable, umtpCable } from './pulled-cameras.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';
import { devices, portOf, WORK_MS } from './usb-ports.ts';
import { watchedDriver, type Moment } from './watched-driver.ts';

const { env } = process;
const QEMU = 'RIG-QEMU';
const UMTP = 'RIG-UMTP';
const BIG_MIB = 9;
const PULLED_AT_BYTES = 8 * MIB;
/** Of the pulls at drawn moments. */
const DRAWN = { rounds: 5, bigMib: 3, afterMsMax: 400 };
const SEED = randomInt(2 ** 31);

/** When a camera is pulled: at the first moment that this accepts; undefined: without looking at what is done with it. */
interface Pull {
  readonly what: string;
  readonly at: ((moment: Moment) => boolean) | undefined;
  /** The driver's work waits for the pull; else it goes on beside it. */
  readonly isHeld: boolean;
  readonly afterMs: number;
}

const HELD = { isHeld: true, afterMs: 0 };
const FREE = { isHeld: false, afterMs: 0 };
const FILES = 3;
/** Conditions that say that a person is needed: no pull is such a thing. */
const FAULTS = [
  'camera.failed',
  'camera.not-erased',
  'camera.not-taken',
  'camera.listing',
  'release.refused',
];

const figures = new Figures();
const clock = nodeClock();
const transports = new TransportCount();
const budget = new UsbBudget();
const noticedMs: number[] = [];
const onMoment = new Map<string, (moment: Moment) => void | Promise<void>>();
const ports: string[] = [];
let cameras: readonly PulledCamera[] = [];
let handles: string[] = [];
let monitor: Monitor;
let dock: DockAndStore;

before(async () => {
  const tools = env[TOOLS_VARIABLE] ?? '';
  note(`programs are loaded, seed ${SEED}`);
  await requireGoodClock(env['RIG_RUN'] ?? '');
  monitor = await openMonitor(tools);
  cameras = [
    new PulledCamera(QEMU, false, qemuCable(monitor, QEMU, '1', join(env['RIG_RUN'] ?? '', 'qemu-camera'))),
    new PulledCamera(UMTP, true, umtpCable(tools, UMTP, '/tmp/umtp-camera')),
  ];
  // Each is plugged in once to learn its port.
  for (const camera of cameras) {
    await camera.fill(BIG_MIB);
    await camera.plug();
    ports.push(await portOf(camera.serial));
    await camera.pull();
  }
  note(`ports are ${ports.join(' and ')}`);
  const openUsb = transports.counted(libusbTransports({ clock, devices, budget }));
  const driver = ptpDriver({ devices, openUsb, clock, onRecovery: () => undefined });
  dock = await DockAndStore.open({
    cameras: cameras.length,
    usb: {
      devices,
      driver: watchedDriver(driver, (moment, port) => onMoment.get(port)?.(moment)),
      ports,
    },
    release: 'after-receipt',
    hasFastSigner: true,
  });
  await dock.startReceiver();
  await dock.startStation();
});

after(async () => {
  await dock?.close();
  for (const camera of cameras) await camera.remove();
  monitor?.close();
  figures.print();
});

void test('a camera that is pulled in each phase of a docking, and at any moment, loses nothing', async () => {
  await Promise.all(cameras.map((camera) => pulled(camera, listed)));
  await settled();
  handles = await heldHandles();
  await Promise.all(cameras.map(pulledAgainAndAgain));
});

void test('everything is in the store once and as it was', async () => {
  const kept = await dock.vault();
  const all = new Map(cameras.flatMap(({ originals }) => [...originals]));
  assert.deepEqual(kept.map(({ path }) => path).sort(), [...all.keys()].sort());
  for (const { path, original } of kept)
    assert.ok(original.equals(all.get(path) ?? Buffer.alloc(1)), `${path} is as it was`);
  figures.count('recordings receipted', kept.length);
});

void test('each docking has its record, which says that the camera was pulled', async () => {
  const begun = (await dock.custody())
    .filter(({ event }) => event === 'docked')
    .map(({ facts }) => String(facts['docking']));
  await dock.until('the records', async () => (await dock.dockings()).length >= begun.length, WORK_MS);
  const records = await dock.dockings();
  assert.deepEqual(records.map(({ docking }) => String(docking)).sort(), begun.sort());
  const others = records.filter(({ ended }) => ended !== 'unplugged');
  assert.deepEqual(others, []);
  const raised = dock.conditions.history.filter(
    ({ code, facts }) => FAULTS.includes(code) && facts !== undefined,
  );
  const told = dock.log.lines.filter(({ level }) => level === 'error').map((line) => JSON.stringify(line));
  assert.deepEqual(raised, [], told.join('\n'));
  figures.say(`${records.length} dockings, each with its record`);
});

void test('no handle, no transport and no byte of the budget stays behind', async () => {
  await settled();
  await until('the handles are closed', WORK_MS, async () => (await heldHandles()).length <= handles.length);
  const now = await heldHandles();
  assert.deepEqual(
    now.filter((name) => name.startsWith('/dev/bus/usb')),
    [],
  );
  const [middle = 0, latest = 0] = [0.5, 1].map(
    (share) => noticedMs.sort((a, b) => a - b)[Math.ceil(share * noticedMs.length) - 1],
  );
  figures.say(`pulls noticed in ${(middle / 1000).toFixed(1)} s, at most ${(latest / 1000).toFixed(1)} s`);
  figures.say(
    `${handles.length} handles before, ${now.length} after; ${transports.all} transports opened, ${transports.open} open`,
  );
});

const listed: Pull = { ...HELD, what: 'while it is listed', at: ({ kind }) => kind === 'listing' };

/** In each other phase once, and then at moments that are drawn. */
async function pulledAgainAndAgain(camera: PulledCamera, number: number): Promise<void> {
  for (const pull of namedPulls(camera)) await pulled(camera, pull);
  const random = new SeededRandom(SEED + number);
  for (let round = 0; round < DRAWN.rounds; round++) {
    if ((await camera.files()).length < FILES) await camera.fill(DRAWN.bigMib);
    await pulled(camera, drawnPull(random));
  }
  await emptied(camera);
}

function namedPulls(camera: PulledCamera): Pull[] {
  let begun = 0;
  let erasing = 0;
  let erased = 0;
  return [
    { ...HELD, what: 'as soon as it was plugged in', at: undefined },
    { ...FREE, what: 'while it says who it is', at: ({ kind }) => kind === 'opening' },
    {
      ...HELD,
      what: 'at 8 MiB of a file',
      at: (moment) => moment.kind === 'bytes' && moment.bytes >= PULLED_AT_BYTES,
    },
    { ...HELD, what: 'between two files', at: ({ kind }) => kind === 'file' && ++begun === 2 },
    camera.isPulledInErasure
      ? { ...FREE, what: 'while a file is erased', at: ({ kind }) => kind === 'erasing' }
      : { ...HELD, what: 'between two erasures', at: ({ kind }) => kind === 'erasing' && ++erasing === 2 },
    {
      ...HELD,
      what: 'before the erasures are confirmed',
      at: ({ kind }) => kind === 'erased' && ++erased === FILES - 1,
    },
  ];
}

function drawnPull(random: SeededRandom): Pull {
  const afterMs = random.below(DRAWN.afterMsMax);
  const bytes = 1 + random.below(DRAWN.bigMib * MIB);
  const moments: readonly Pull[] = [
    { ...FREE, what: `${afterMs} ms behind the plug`, at: undefined, afterMs },
    { ...FREE, what: `${afterMs} ms into the opening`, at: ({ kind }) => kind === 'opening', afterMs },
    { ...FREE, what: `${afterMs} ms into the listing`, at: ({ kind }) => kind === 'listing', afterMs },
    {
      ...FREE,
      what: `${afterMs} ms behind byte ${bytes}`,
      at: (moment) => moment.kind === 'bytes' && moment.bytes >= bytes,
      afterMs,
    },
    {
      ...FREE,
      what: `${afterMs} ms into the listing behind the erasure`,
      at: (moment) => moment.kind === 'listing' && moment.erased > 0,
      afterMs,
    },
  ];
  return random.pick(moments);
}

/** One docking that is ended by the pull. */
async function pulled(camera: PulledCamera, { what, at, isHeld, afterMs }: Pull): Promise<void> {
  let out: Promise<void> | undefined;
  let seen: Promise<void> | undefined;
  const begin = async (): Promise<void> => {
    await pause(afterMs);
    seen = untilSeen(camera, what);
    await camera.pull();
  };
  onMoment.set(portOfBay(camera), (moment) => {
    if (out !== undefined || at?.(moment) !== true) return undefined;
    out = begin();
    return isHeld ? out : undefined;
  });
  await camera.plug();
  if (at === undefined) out = begin();
  await dock.until(`${camera.serial}: ${what}`, () => out !== undefined, WORK_MS);
  await out;
  await seen;
  await assertNothingLost(camera);
}

/** A camera is being pulled: says after how long that is seen, where anything was seen of it. */
async function untilSeen(camera: PulledCamera, what: string): Promise<void> {
  const isDocked = (): boolean => bayOf(camera)['state'] !== 'empty';
  const wasDocked = isDocked();
  const startedMs = performance.now();
  await dock.until(`${camera.serial}: seen, ${what}`, () => !isDocked(), WORK_MS);
  if (wasDocked) noticedMs.push(performance.now() - startedMs);
  figures.count('pulls');
  note(`${camera.serial} was pulled ${what}${wasDocked ? `, noticed after ${seconds(startedMs)} s` : ''}`);
}

/** What is not on the camera any more is in the store as it was. */
async function assertNothingLost(camera: PulledCamera): Promise<void> {
  const here = new Set(await camera.files());
  const stored = new Set([...(await dock.receipted()).values()].map(({ original }) => original.sha256));
  for (const [path, bytes] of camera.originals)
    assert.ok(here.has(path) || stored.has(sha256(bytes)), `${path} is somewhere`);
}

async function emptied(camera: PulledCamera): Promise<void> {
  onMoment.delete(portOfBay(camera));
  await camera.plug();
  await dock.until(`${camera.serial} is empty`, async () => (await camera.files()).length === 0, WORK_MS);
  const isDone = ({ state, light }: Record<string, unknown>): boolean =>
    state === 'done' && light === 'safe-to-take';
  await dock.until(`${camera.serial} is safe to take`, () => isDone(bayOf(camera)), WORK_MS);
  await Promise.all([untilSeen(camera, 'at rest'), camera.pull()]);
}

function bayOf(camera: PulledCamera): Record<string, unknown> {
  return dock.bay(cameras.indexOf(camera) + 1);
}

function portOfBay(camera: PulledCamera): string {
  return ports[cameras.indexOf(camera)] ?? '';
}

/** Nothing of a camera is open, and no transfer is under way. */
async function settled(): Promise<void> {
  const isLevel = (): boolean => transports.open === 0 && budget.pendingBytes === 0;
  await until('every transport is closed', WORK_MS, isLevel, () => `${transports.open} are open`);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
