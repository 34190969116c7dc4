// What comes and goes at the USB ports of a whole station: devices that are no cameras, a flood of them, and a hub that is reset.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { UsbInterfaceFacts } from '../../drivers/usb/device.ts';
import { ptpDriver } from '../../drivers/ptp/driver.ts';
import { MemoryCamera } from '../fakes/memory-camera.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { patternBytes } from '../contracts/driver-subject.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { PtpResponder } from '../fakes/ptp/responder.ts';
import { SeededRandom } from '../fakes/random-seeded.ts';
import { KEYBOARD, STILL_IMAGE, UsbDock } from '../fakes/usb/dock.ts';

const VENDOR: UsbInterfaceFacts = {
  number: 0,
  classCode: 0xff,
  subclassCode: 1,
  protocolCode: 1,
  name: null,
};
const DISK: UsbInterfaceFacts = { number: 1, classCode: 8, subclassCode: 6, protocolCode: 80, name: null };
const OPEN_SESSION = 0x1002;
const CYCLES = 15;
/** For dozens of erasures that are confirmed one wave after the other, on a busy machine. */
const LONG_MS = 60_000;
let dock: DockAndStore | undefined;
const warnings: string[] = [];
const onWarning = ({ name }: Error): void => void warnings.push(name);
beforeEach(() => {
  warnings.length = 0;
  process.on('warning', onWarning);
});
afterEach(async () => {
  await dock?.close();
  dock = undefined;
  process.off('warning', onWarning);
});

async function station(
  bays: number,
  more: Pick<Parameters<typeof ptpDriver>[0], 'hasFilesBeside'> = {},
): Promise<{ usb: UsbDock; dock: DockAndStore; clock: Clock }> {
  const clock = scaledClock(10);
  const usb = new UsbDock(clock);
  const driver = ptpDriver({
    devices: usb.devices,
    openUsb: usb.openUsb,
    clock,
    onRecovery: () => undefined,
    ...more,
  });
  const opened = await DockAndStore.open({ cameras: bays, usb: { devices: usb.devices, driver }, clock });
  dock = opened;
  await opened.startReceiver();
  await opened.startStation();
  return { usb, dock: opened, clock };
}

function camera(files: Readonly<Record<string, Uint8Array>> = {}): PtpResponder {
  const memory = new MemoryCamera();
  for (const [name, bytes] of Object.entries(files)) memory.put(name, bytes);
  return new PtpResponder(memory);
}

test('a device that no driver knows is not opened, and told of with its ids', async () => {
  const { usb, dock: whole } = await station(1);
  const unknown = camera({ 'A.MP4': patternBytes(10) });
  usb.plug('1-1.1', unknown, { interfaces: [VENDOR], vendorId: 0x0bda, productId: 0x8153 });
  await whole.until('the condition', () => whole.conditions.isRaised('camera.failed', 'bay-1'));
  const ids = { usb_port: '1-1.1', usb_id: '0bda:8153' };
  expect(whole.conditions.facts('camera.failed', 'bay-1')).toMatchObject({
    reason: 'driver.refused',
    ...ids,
  });
  const told = whole.log.lines.filter(({ level }) => level === 'error');
  expect(told).toHaveLength(1);
  expect(told[0]?.fields['error']).toMatchObject({ facts: ids });
  await whole.until('the light', () => whole.bay()['light'] === 'call-someone');
  expect([usb.wires.length, unknown.asked.length]).toEqual([0, 0]);
});

test('a camera that shows a disk with files beside PTP is told, and its docking is none of an empty camera', async () => {
  let hasFiles = true;
  const { usb, dock: whole } = await station(1, { hasFilesBeside: async () => hasFiles });
  const both = { interfaces: [STILL_IMAGE, DISK] };
  usb.plug('1-1.1', camera(), both);
  await whole.until('it is told', () => whole.conditions.isRaised('camera.listing', 'bay-1'));
  expect(whole.conditions.facts('camera.listing', 'bay-1')).toMatchObject({ reason: 'other-disk' });
  usb.unplug('1-1.1');
  await whole.until('the record', async () => (await whole.dockings()).length === 1);
  expect((await whole.dockings())[0]?.inventory).toMatchObject({ entries: 0, complete: false });
  hasFiles = false;
  usb.plug('1-1.1', camera(), both);
  await whole.until('safe to take', () => whole.bay()['light'] === 'safe-to-take');
  expect(whole.conditions.isRaised('camera.listing', 'bay-1')).toBe(false);
});

test('a flood of devices at a bay and beside it is opened no faster than the port is looked at, and then all goes on', async () => {
  const { usb, dock: whole, clock } = await station(11);
  const began = clock.monotonicMs();
  for (let number = 0; number < 200; number++) {
    const isOdd = number % 2 === 1;
    usb.plug('1-1.1', camera(), isOdd ? { interfaces: [KEYBOARD] } : {});
    usb.plug(`1-2.${number + 1}`, camera());
    await clock.sleep(50, new AbortController().signal);
  }
  const tookMs = clock.monotonicMs() - began;
  const opened = usb.wires.length;
  for (let number = 0; number < 200; number++) usb.unplug(`1-2.${number + 1}`);
  const good = camera({ 'A.MP4': patternBytes(100_000) });
  usb.plug('1-1.1', good);
  await whole.until('emptied', () => good.camera.files().length === 0);
  await whole.until(
    'nothing is unexpected',
    () => !whole.conditions.codes().includes('usb.unexpected-device'),
  );
  expect(tookMs).toBeGreaterThan(9000);
  expect(opened).toBeLessThanOrEqual(Math.ceil(tookMs / 1000)); // a port is looked at once a second
  expect(whole.conditions.history.filter(({ code }) => code === 'usb.unexpected-device').length).toBeLessThan(
    2 * 16 * Math.ceil(tookMs / 5000 + 2),
  );
  expect(usb.wires.every(({ isClosed }, at) => isClosed || at === usb.wires.length - 1)).toBe(true);
  expect(warnings).toEqual([]); // eleven bays wait for the station's end, which is no leak
});

test('a camera that is put in and pulled 15 times at random moments loses nothing, and each docking is accounted for', async () => {
  const { usb, dock: whole, clock } = await station(2);
  const random = new SeededRandom(15);
  const below = (max: number): number => new DataView(random.bytes(4).slice().buffer).getUint32(0) % max;
  const plugged = camera();
  const { signal } = new AbortController();
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    plugged.camera.put(`DCIM/${cycle}.MP4`, patternBytes(50_000, cycle));
    const port = `1-1.${1 + below(2)}`;
    usb.plug(port, plugged);
    await clock.sleep(500 + below(4000), signal);
    usb.unplug(port);
    await clock.sleep(1200, signal);
  }
  usb.plug('1-1.1', plugged);
  await whole.until('emptied', () => plugged.camera.files().length === 0, LONG_MS);
  usb.unplug('1-1.1');
  const count = async (event: string): Promise<number> =>
    (await whole.custody()).filter((entry) => entry.event === event).length;
  await whole.until(
    'all accounted for',
    async () =>
      (await count('undocked')) === (await count('docked')) &&
      (await whole.dockings()).length === (await count('docked')),
    LONG_MS,
  );
  expect(await count('docked')).toBeGreaterThan(2);
  const kept = new Map((await whole.vault()).map(({ path, original }) => [path, original]));
  for (let cycle = 0; cycle < CYCLES; cycle++)
    expect(kept.get(`DCIM/${cycle}.MP4`)?.equals(patternBytes(50_000, cycle))).toBe(true);
  expect(usb.wires.filter(({ isClosed }) => !isClosed)).toEqual([]);
  expect(warnings).toEqual([]);
});

test('after a reset of the hub every camera goes on from its bay, and every docking has its record', async () => {
  const { usb, dock: whole } = await station(4);
  const ports = ['1-1.1', '1-1.2', '1-1.3', '1-1.4'];
  const cameras = ports.map((_, at) =>
    camera({ 'A.MP4': patternBytes(2_000_000, at), 'B.MP4': patternBytes(500, at) }),
  );
  const plugAll = (): void => {
    for (const [at, port] of ports.entries()) usb.plug(port, cameras[at] ?? camera());
  };
  plugAll();
  await whole.until('all are read', () => cameras.every(({ asked }) => asked.includes(0x95c1)), LONG_MS);
  for (const port of ports) usb.unplug(port);
  plugAll();
  await whole.until(
    'all are emptied',
    () => cameras.every((each) => each.camera.files().length === 0),
    LONG_MS,
  );
  for (const port of ports) usb.unplug(port);
  await whole.until('eight records', async () => (await whole.dockings()).length === 8, LONG_MS);
  const records = await whole.dockings();
  expect(new Set(records.map(({ ended }) => ended))).toEqual(new Set(['unplugged']));
  for (const bay of ['bay-1', 'bay-2', 'bay-3', 'bay-4'])
    expect(records.filter((record) => record.bay === bay)).toHaveLength(2);
  for (const { asked } of cameras) expect(asked.filter((op) => op === OPEN_SESSION)).toHaveLength(2);
  const kept = await whole.vault();
  for (const [at] of cameras.entries()) {
    const own = kept.filter(({ manifest }) => manifest.bay === `bay-${at + 1}`);
    expect(own.map(({ original }) => original.length).sort((a, b) => a - b)).toEqual([500, 2_000_000]);
    expect(own.some(({ original }) => original.equals(patternBytes(2_000_000, at)))).toBe(true);
  }
});
