// In the rig's guest: the real transport, libusb on an emulated controller, held against the contract of every transport, at a PTP responder that
// nobody here wrote. Ends with one line of figures: the bulk rate, and what of it the driver's reading of a file has.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { ptpInterfaceOf } from '../../drivers/ptp/codes.ts';
import { CONTAINER_HEADER_BYTES, encodeCommand } from '../../drivers/ptp/container.ts';
import { ptpDriver } from '../../drivers/ptp/driver.ts';
import { UsbBudget } from '../../drivers/usb/transfer-limits.ts';
import type { UsbDeviceFacts } from '../../drivers/usb/device.ts';
import { sysfsDevices } from '../../drivers/usb/devices-sysfs.ts';
import { libusbTransports } from '../../drivers/usb/libusb-open.ts';
import { USB_TRANSFER_BYTES_MAX, type UsbTransport } from '../../drivers/usb/transport.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import { live, patternBytes } from '../contracts/driver-subject.ts';
import { usbTransportContract } from '../contracts/usb-transport-contract.ts';
import { pause, until } from '../fakes/until.ts';
import { Figures } from './figures.ts';
import { AcmGadget } from './gadget.ts';
import { requireGoodClock } from './guest-clock.ts';
import { type Monitor, type MtpCamera, openMonitor } from './monitor.ts';
import { PowerProcess } from './power-process.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';

const { env } = process;
const MIB = 1024 * 1024;
const CONTENT = patternBytes(400_000);
/** Long enough for a rate. */
const MUCH = patternBytes(8 * MIB);
const WAIT_MS = 60_000;
const OPEN_TRIES = 20;
/** Of the kernel's gadgets. */
const GADGET_VENDOR = 0x1d6b;
const OPEN_SESSION = 0x1002;
const GET_OBJECT_HANDLES = 0x1007;
const GET_OBJECT = 0x1009;
const ALL = 0xffffffff;

const clock = nodeClock();
const devices = sysfsDevices();
const openUsb = libusbTransports({ clock, devices, budget: new UsbBudget() });
const figures = new Figures();
let monitor: Monitor;
let camera: RigCamera;

before(async () => {
  await requireGoodClock(env['RIG_RUN'] ?? '');
  monitor = await openMonitor(env[TOOLS_VARIABLE] ?? '');
});

after(async () => {
  await camera?.pull();
  monitor?.close();
  figures.print();
});

usbTransportContract(
  async () => {
    camera ??= new RigCamera('wire', '1', CONTENT);
    const device = await camera.plugged();
    return {
      content: CONTENT,
      open: () => opened(device),
      pull: () => camera.pull(),
    };
  },
  { test: (name, run) => void test(name, run) },
);

void test('the driver reads a file nearly as fast as the bare pipe gives it', async () => {
  const big = new RigCamera('rate', '2', MUCH);
  const raw = await rawMs(await big.plugged());
  const pulled = await pulledMs(await big.plugged());
  await big.pull();
  const [rawRate, pulledRate] = [raw, pulled].map((ms) => (MUCH.length / 1e6 / (ms / 1000)).toFixed(0));
  figures.say(
    `bare pipe ${rawRate} MB/s, driver ${pulledRate} MB/s: ${((100 * raw) / pulled).toFixed(0)} % of it`,
  );
});

void test('the helper switches the power of a port off and on: its device comes back as another one', async () => {
  // QEMU's own root hub lets a device go, and does not find it again: the kernel's virtual one does both.
  const gadget = await AcmGadget.make(env[TOOLS_VARIABLE] ?? '');
  await gadget.plugIn();
  const device = await gadgetAt(undefined);
  const helper = await PowerProcess.start(device.portPath);
  try {
    assert.equal(await helper.cyclePower(device.portPath, live()), 'cycled', helper.refusals.join());
    await gadgetAt(device);
    assert.equal(await helper.cyclePower(device.portPath, live()), 'refused');
    assert.match(helper.refusals.join(), /^power\.too-soon /);
  } finally {
    assert.equal(await helper.stop(), 0);
    await gadget.remove();
  }
});

/** The gadget as it is plugged in now; another one than before, on the same port. */
function gadgetAt(before: UsbDeviceFacts | undefined): Promise<UsbDeviceFacts> {
  return until('the gadget to appear', WAIT_MS, async () =>
    (await devices.list(live())).find(
      ({ vendorId, portPath, address }) =>
        vendorId === GADGET_VENDOR &&
        (before === undefined || (portPath === before.portPath && address !== before.address)),
    ),
  );
}

/** Milliseconds that the pipe takes for the file, with nothing done to what comes. */
async function rawMs(device: UsbDeviceFacts): Promise<number> {
  const transport = await opened(device);
  const fetch = (): Promise<Uint8Array> => transport.bulkIn(USB_TRANSFER_BYTES_MAX, WAIT_MS, live());
  const command = (operation: number, transaction: number, parameters: readonly number[]): Promise<void> =>
    transport.bulkOut(encodeCommand(operation, transaction, parameters), WAIT_MS, live());
  try {
    await command(OPEN_SESSION, 0, [1]);
    await fetch();
    await command(GET_OBJECT_HANDLES, 1, [ALL, 0, ALL]);
    const handles = await fetch();
    await fetch();
    const handle = new DataView(handles.buffer, handles.byteOffset).getUint32(16, true);
    const startedMs = performance.now();
    await command(GET_OBJECT, 2, [handle]);
    for (let come = 0; come < MUCH.length + CONTAINER_HEADER_BYTES;) come += (await fetch()).length;
    const tookMs = performance.now() - startedMs;
    await fetch();
    return tookMs;
  } finally {
    await transport.close();
  }
}

async function pulledMs(device: UsbDeviceFacts): Promise<number> {
  const driver = ptpDriver({ devices, openUsb, clock, onRecovery: () => undefined });
  const session = await driver.open({ kind: 'usb', path: device.portPath }, live());
  try {
    const [entry] = (await session.inventory(live())).entries;
    if (entry === undefined) throw new Error('nothing is listed');
    const startedMs = performance.now();
    for await (const piece of session.read(entry, 0, live())) void piece;
    return performance.now() - startedMs;
  } finally {
    await session.close();
  }
}

/** The library hears of a device a little later than the kernel's tables. */
async function opened(device: UsbDeviceFacts): Promise<UsbTransport> {
  for (let tries = 1; ; tries++) {
    try {
      return await openUsb(device, interfaceOf(device), live());
    } catch (error) {
      if (tries === OPEN_TRIES || !isDockError(error, 'driver.detached')) throw error;
      await pause(500);
    }
  }
}

/** A camera of QEMU's with one file. */
class RigCamera {
  readonly #name: string;
  readonly #port: string;
  readonly #content: Uint8Array;
  #camera: MtpCamera | undefined;
  #isIn = false;

  constructor(name: string, port: string, content: Uint8Array) {
    this.#name = name;
    this.#port = port;
    this.#content = content;
  }

  /** The device as it is plugged in now; put in again where it was pulled. */
  async plugged(): Promise<UsbDeviceFacts> {
    if (!this.#isIn) await this.#putIn();
    this.#isIn = true;
    for (;;) {
      const found = await this.#found();
      if (found !== undefined && ptpInterfaceOf(found) !== undefined) return found;
      await pause(200);
    }
  }

  async pull(): Promise<void> {
    if (this.#isIn) await this.#camera?.unplug();
    this.#isIn = false;
    while ((await this.#found()) !== undefined) await pause(100); // the kernel takes a little longer
  }

  async #found(): Promise<UsbDeviceFacts | undefined> {
    return (await devices.list(live())).find(({ serial }) => serial === this.#name);
  }

  async #putIn(): Promise<void> {
    if (this.#camera !== undefined) return void (await this.#camera.replug());
    const folder = join(env['RIG_RUN'] ?? '', `${this.#name}-camera`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'A.MP4'), this.#content);
    const how = { serial: this.#name, port: this.#port, readOnly: false };
    this.#camera = await monitor.plugMtp(this.#name, folder, how);
  }
}

function interfaceOf(device: UsbDeviceFacts): number {
  const found = ptpInterfaceOf(device);
  if (found === undefined) throw new Error('it does not speak PTP');
  return found.number;
}
