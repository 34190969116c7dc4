// In the rig's guest, by hand: the npm package "usb" 2 as the product uses it against another version of it, at the same PTP responder, in turn.
// Figures of drivers/usb/libusb-open.ts come from here. The other version is installed outside of the project and named by its folder:
//
//   npm install --prefix /opt/usb3 --ignore-scripts usb@3.1.0
//   RIG_PASS_ENV=BODYDOCK_RIG_TOOLS BODYDOCK_RIG_TOOLS=$TOOLS $TOOLS/run-in-rig.sh -p $PWD/out/rig -t 500 -- \
//     node $PWD/dist/test/rig/usb-libraries.js /opt/usb3/node_modules/usb/dist/index.js
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { ptpInterfaceOf } from '../../drivers/ptp/codes.ts';
import { CONTAINER_HEADER_BYTES, encodeCommand } from '../../drivers/ptp/container.ts';
import { UsbBudget } from '../../drivers/usb/transfer-limits.ts';
import type { UsbDeviceFacts } from '../../drivers/usb/device.ts';
import { sysfsDevices } from '../../drivers/usb/devices-sysfs.ts';
import { libusbTransports } from '../../drivers/usb/libusb-open.ts';
import { live, patternBytes } from '../contracts/driver-subject.ts';
import { pause } from '../fakes/until.ts';
import { openMonitor } from './monitor.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';

const { env } = process;
const MIB = 1024 * 1024;
const FILE_BYTES = 8 * MIB;
const SERIAL = 'RIG-LIBS';
const ROUNDS = 3;
const SIZES = [64 * 1024, 256 * 1024, MIB];
const ANSWER_MS = 60_000;
const DEADLINE_MS = 700;
const OPERATION = { deviceInfo: 0x1001, openSession: 0x1002, handles: 0x1007, object: 0x1009 };
const ALL = 0xffffffff;

/** What of a library is compared. Lengths in bytes, waits in ms. */
interface Wire {
  out(bytes: Uint8Array): Promise<void>;
  in(length: number, timeoutMs: number): Promise<Uint8Array>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

interface Library {
  readonly name: string;
  open(device: UsbDeviceFacts): Promise<Wire>;
}

/** The part of the package's version 3 that is used here (its index.d.ts). */
interface NativeDevice {
  readonly serialNumber: string | null;
  open(): Promise<void>;
  close(): Promise<void>;
  reset(): Promise<void>;
  selectConfiguration(value: number): Promise<void>;
  claimInterface(number: number): Promise<void>;
  nativeTransferIn(endpoint: number, timeoutMs: number, length: number): Promise<Uint8Array | null>;
  nativeTransferOut(endpoint: number, timeoutMs: number, data: Uint8Array): Promise<number>;
}

function libusb(): Library {
  const openUsb = libusbTransports({ clock: nodeClock(), devices: sysfsDevices(), budget: new UsbBudget() });
  return {
    name: 'usb 2, as the product uses it',
    open: async (device) => {
      const wire = await openUsb(device, ptpInterfaceOf(device)?.number ?? 0, live());
      return {
        out: (bytes) => wire.bulkOut(bytes, ANSWER_MS, live()),
        in: (length, timeoutMs) => wire.bulkIn(length, timeoutMs, live()),
        reset: () => wire.reset(live()),
        close: () => wire.close(),
      };
    },
  };
}

/** QEMU's responder: bulk IN is endpoint 1, bulk OUT 2. */
function other(file: string): Library {
  const { usb } = createRequire(import.meta.url)(file) as {
    usb: { findDeviceBySerial(serial: string): Promise<NativeDevice | undefined> };
  };
  return {
    name: 'the other version',
    open: async ({ serial }) => {
      const device = await usb.findDeviceBySerial(serial ?? '');
      if (device === undefined) throw new Error('the library does not find the camera');
      await device.open();
      await device.claimInterface(0);
      return {
        out: async (bytes) => void (await device.nativeTransferOut(2, ANSWER_MS, bytes)),
        in: async (length, timeoutMs) =>
          (await device.nativeTransferIn(1, timeoutMs, length)) ?? new Uint8Array(0),
        reset: () => device.reset(),
        close: () => device.close(),
      };
    },
  };
}

async function ask(wire: Wire, transaction: number, operation: number, parameters: readonly number[]) {
  await wire.out(encodeCommand(operation, transaction, parameters));
  return wire.in(64 * 1024, ANSWER_MS);
}

/** MB/s for the file at each size of transfer, and CPU seconds per GB over all of them. */
async function rates(wire: Wire): Promise<{ perSize: number[]; cpuPerGb: number }> {
  const perSize: number[] = [];
  const cpu = process.cpuUsage();
  await ask(wire, 0, OPERATION.openSession, [1]);
  const handles = await ask(wire, 1, OPERATION.handles, [ALL, 0, ALL]);
  await wire.in(64 * 1024, ANSWER_MS);
  const handle = new DataView(handles.buffer, handles.byteOffset).getUint32(16, true);
  for (const [at, size] of SIZES.entries()) {
    await wire.out(encodeCommand(OPERATION.object, 2 + at, [handle]));
    const startedMs = performance.now();
    for (let come = 0; come < FILE_BYTES + CONTAINER_HEADER_BYTES;)
      come += (await wire.in(size, ANSWER_MS)).length;
    perSize.push(FILE_BYTES / 1e3 / (performance.now() - startedMs));
    await wire.in(64 * 1024, ANSWER_MS);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { perSize, cpuPerGb: (user + system) / 1e6 / ((SIZES.length * FILE_BYTES) / 1e9) };
}

/** How late a transfer ends that nothing answers. */
async function lateness(wire: Wire): Promise<string> {
  const startedMs = performance.now();
  const end = await wire.in(64 * 1024, DEADLINE_MS).then(
    () => 'it came back as if all was well',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return `${(performance.now() - startedMs).toFixed(0)} ms for ${DEADLINE_MS} (${end})`;
}

/** What a length that is no multiple of a packet does. */
async function oddLength(wire: Wire): Promise<string> {
  await wire.out(encodeCommand(OPERATION.deviceInfo, 9));
  try {
    const first = await wire.in(13, ANSWER_MS);
    const next = await wire.in(64 * 1024, ANSWER_MS);
    return `asked for 13 bytes: ${first.length} and then ${next.length} came, type ${next[4]}`;
  } catch (error) {
    return `asked for 13 bytes: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function compare(library: Library, device: UsbDeviceFacts): Promise<void> {
  const wire = await library.open(device);
  try {
    const measured = await rates(wire);
    const said = measured.perSize.map((rate, at) => `${(SIZES[at] ?? 0) / 1024} KiB ${rate.toFixed(0)} MB/s`);
    note(`${library.name}: ${said.join(', ')}; ${measured.cpuPerGb.toFixed(1)} CPU s/GB`);
    note(`${library.name}: resident ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`);
  } finally {
    await wire.reset().catch((error: unknown) => note(`${library.name}: reset: ${String(error)}`));
    await wire.close();
  }
}

async function traps(library: Library, device: UsbDeviceFacts): Promise<void> {
  const wire = await library.open(device);
  try {
    note(`${library.name}: ${await oddLength(wire)}`);
    await wire.reset().catch(() => undefined);
    note(`${library.name}: a transfer without an answer ended after ${await lateness(wire)}`);
  } finally {
    await wire.close();
  }
}

function note(text: string): void {
  process.stdout.write(`${text}\n`);
}

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('name the file of the other version');
const monitor = await openMonitor(env[TOOLS_VARIABLE] ?? '');
const folder = join(env['RIG_RUN'] ?? '', 'libraries-camera');
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'A.MP4'), patternBytes(FILE_BYTES));
const camera = await monitor.plugMtp('libraries', folder, { serial: SERIAL, port: '1', readOnly: false });

async function plugged(): Promise<UsbDeviceFacts> {
  for (;;) {
    const found = (await sysfsDevices().list(live())).find(({ serial }) => serial === SERIAL);
    if (found !== undefined && ptpInterfaceOf(found) !== undefined) return found;
    await pause(200);
  }
}

await plugged();
await pause(3000); // libraries hear of a device a little later than the kernel's tables
const libraries = [libusb(), other(file)];
for (let round = 0; round < ROUNDS; round++)
  for (const library of libraries) await compare(library, await plugged());
for (const library of libraries) await traps(library, await plugged());
await camera.unplug();
monitor.close();
process.exit(0);
