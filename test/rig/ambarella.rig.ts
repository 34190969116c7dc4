// In the rig's guest: recorders that show their disk when they are told to, over real USB: the login goes through libusb to a device of the
// guest's own kernel, without bulk pipes in dialect A and with them in B, which then leaves its port, and the kernel's own mass storage comes
// to it, mounted by the helper. Wanted: one docking from login to erasure with serial number and battery in its record. Ends with one line of
// figures.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { PortSwitches } from '../../agent/dock/port-switches.ts';
import { ambarellaDriver } from '../../drivers/ambarella/driver.ts';
import { LoginGuard } from '../../drivers/ambarella/login-guard.ts';
import { UsbBudget } from '../../drivers/usb/transfer-limits.ts';
import { libusbControls } from '../../drivers/usb/libusb-open.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { AmbarellaRecorder } from '../fakes/ambarella/recorder.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { DiskBench } from './disk-bench.ts';
import { filesOn, makeVolume, type CardFiles } from './disk-images.ts';
import { Figures, note } from './figures.ts';
import { requireGoodClock } from './guest-clock.ts';
import { RecorderGadget } from './recorder-gadget.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';
import { devices, portOf, WORK_MS } from './usb-ports.ts';
import { watchedDriver } from './watched-driver.ts';

const { env } = process;
const SERIAL = 'RIG-AMBA';
const PASSWORDS = { a: 'rig-6a', b: 'rig-8b-x' } as const;
const originals: CardFiles = new Map([
  ['DCIM/A.MP4', randomBytes(2 * 1024 * 1024)],
  ['DCIM/B.MP4', randomBytes(1000)],
]);
const figures = new Figures();
const clock = nodeClock();
let gadget: RecorderGadget;
let image = '';
let port = '';
let bench: DiskBench;
let password = '';

before(async () => {
  await requireGoodClock(env['RIG_RUN'] ?? '');
  image = await makeVolume('fat16', 8, originals);
  gadget = await RecorderGadget.make(env[TOOLS_VARIABLE] ?? '', SERIAL, image);
  port = await portOf(SERIAL);
  gadget.unplug();
  await gadget.settled();
  bench = await DiskBench.open([port]);
  note(`port is ${port}`);
});

after(async () => {
  await bench?.stop('SIGTERM');
  await gadget?.remove();
  figures.print();
});

function driverWith(switches: PortSwitches) {
  return ambarellaDriver({
    devices,
    openControl: libusbControls({ clock, devices, budget: new UsbBudget() }),
    clock,
    disk: bench.driver,
    passwordOf: async () => password,
    guard: new LoginGuard({ onLocked: () => undefined, onFree: () => undefined }),
    beginSwitch: switches.begin,
  });
}

/** On the gadget, not plugged in. */
async function recorderOf(dialect: keyof typeof PASSWORDS): Promise<AmbarellaRecorder> {
  password = PASSWORDS[dialect];
  const wish = { dialect, dock: gadget, clock, portPath: port, password, serial: 'KOD000123', awayMs: 2000 };
  const recorder = new AmbarellaRecorder(wish);
  const answering = {
    refuses: () => dialect === 'b', // it knows no control requests
    control: recorder.control.bind(recorder),
    out: recorder.out.bind(recorder),
  };
  await gadget.answerWith(answering, SERIAL, dialect === 'b');
  return recorder;
}

void test('a recorder of dialect B is let in over bulk pipes, leaves, and its files are listed', async () => {
  const dialect = 'b';
  const recorder = await recorderOf(dialect);
  const driver = driverWith(new PortSwitches());
  const signal = AbortSignal.timeout(WORK_MS);
  recorder.plug();
  await gadget.settled();
  await portOf(SERIAL);
  const startedMs = performance.now();
  const session = await driver.open({ kind: 'usb', path: port }, signal);
  const loggedInMs = performance.now();
  const { serial } = await session.identity(signal);
  assert.equal(serial, 'KOD000123');
  const { entries, problems } = await session.inventory(signal);
  assert.deepEqual(
    entries.map(({ path }) => Buffer.from(path).toString()).sort((a, b) => (a < b ? -1 : 1)),
    [...originals.keys()],
  );
  assert.deepEqual(problems, []);
  figures.say(
    `dialect ${dialect}: logged in in ${seconds(startedMs, loggedInMs)} s, listed ${seconds(loggedInMs)} s later`,
  );
  await session.close();
  await bench.untilUnmounted('the session is closed');
  assert.deepEqual(recorder.passwords(), [PASSWORDS[dialect]]);
  assert.ok(!recorder.steps().includes('other'));
  gadget.unplug();
  await gadget.settled();
});

void test('a recorder of dialect A is emptied by a whole station in one docking', async () => {
  const recorder = await recorderOf('a');
  const switches = new PortSwitches();
  const driver = watchedDriver(driverWith(switches), () => undefined);
  const dock = await DockAndStore.open({
    usb: { devices, driver, switches, ports: [port] },
    release: 'after-receipt',
    hasFastSigner: true,
  });
  try {
    await dock.startReceiver();
    await dock.startStation();
    const startedMs = performance.now();
    recorder.plug();
    await dock.until(
      'both are in the vault',
      async () => (await dock.vault()).length === originals.size,
      WORK_MS,
    );
    await dock.until('both are erased', () => dock.bay()['entries_erased'] === originals.size, WORK_MS);
    figures.say(`dialect a: from plug to receipt and erasure in ${seconds(startedMs)} s`);
    assert.deepEqual(await dock.dockings(), []);
    gadget.unplug();
    figures.count('pulls');
    await dock.until('the record', async () => (await dock.dockings()).length > 0, WORK_MS);
    const [record, ...others] = await dock.dockings();
    assert.deepEqual(others, []);
    assert.equal(record?.ended, 'unplugged');
    assert.equal(record.camera.serial, 'KOD000123');
    assert.equal(record.condition?.battery_percent, 77);
    const kept = await dock.vault();
    for (const { original, path } of kept) assert.deepEqual(original, originals.get(path));
    figures.count('recordings receipted', kept.length);
  } finally {
    await dock.close();
  }
  await bench.untilUnmounted('the camera is gone');
  assert.deepEqual(await filesOn(image), []);
});

function seconds(fromMs: number, toMs = performance.now()): string {
  return ((toMs - fromMs) / 1000).toFixed(1);
}
