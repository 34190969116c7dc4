// Cameras at USB ports that are no bays: told of, never opened, at a bounded rate.
import { expect, test } from 'vitest';
import { UnexpectedDevices } from '../../../agent/dock/unexpected-devices.ts';
import type { UsbDevices, UsbInterfaceFacts } from '../../../drivers/usb/device.ts';
import { MemoryCamera } from '../../fakes/memory-camera.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { heldInAllBytes } from '../../fakes/held-bytes.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { PtpResponder } from '../../fakes/ptp/responder.ts';
import { KEYBOARD, UsbDock } from '../../fakes/usb/dock.ts';

const DISK: UsbInterfaceFacts = { number: 0, classCode: 8, subclassCode: 6, protocolCode: 80, name: null };
const CODE = 'usb.unexpected-device';
const SERIAL = '/dev/serial/by-path/platform-xhci-hcd.0-usb-0:1.3:1.0';
const BAYS = [
  { usbPort: '1-1.2', serial: null },
  { usbPort: null, serial: { path: SERIAL, baud: 115_200, framing: 'console' as const } },
];

function watched(bays = BAYS, isIdleDisk = async (_port: string): Promise<boolean> => true) {
  const clock = new ManualClock();
  const usb = new UsbDock(clock);
  const conditions = new MemoryConditions();
  const log = new MemoryLog();
  let looks = 0;
  const devices: UsbDevices = {
    ...usb.devices,
    list: async (signal) => {
      looks++;
      return usb.devices.list(signal);
    },
  };
  const ending = new AbortController();
  const running = new UnexpectedDevices({ devices, bays, isIdleDisk, clock, log, conditions }).run(
    ending.signal,
  );
  const plug = (port: string, look = {}): void => usb.plug(port, new PtpResponder(new MemoryCamera()), look);
  const end = async (): Promise<void> => {
    ending.abort();
    await running;
  };
  return { clock, usb, conditions, log, plug, end, looks: () => looks };
}

test('a camera at a port that is no bay is told of with its ids, until it leaves, and never opened', async () => {
  const { clock, usb, conditions, log, plug, end } = watched();
  plug('1-1.4', { vendorId: 0x1234, productId: 0xab });
  await clock.advance(5000);
  expect(conditions.facts(CODE, '1-1.4')).toEqual({ usb_id: '1234:00ab' });
  await clock.advance(60_000);
  expect(log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields)).toEqual([
    { usb_port: '1-1.4', usb_id: '1234:00ab' },
  ]);
  usb.unplug('1-1.4');
  await clock.advance(5000);
  expect(conditions.codes()).toEqual([]);
  expect(usb.wires).toHaveLength(0);
  await end();
});

test('a camera in its bay, one beside its serial port, and what is no camera are not told of', async () => {
  const { clock, conditions, plug, end } = watched();
  plug('1-1.2');
  plug('1-1.3');
  plug('1-1.5', { interfaces: [KEYBOARD] });
  await clock.advance(5000);
  expect(conditions.codes()).toEqual([]);
  plug('1-1.3.1');
  await clock.advance(5000);
  expect(conditions.isRaised(CODE, '1-1.3.1')).toBe(true);
  await end();
});

test('a camera at the other port of a bay’s socket is in the bay, and what is beside it is not', async () => {
  const { clock, usb, conditions, plug, end } = watched();
  usb.join('1-1.2', '2-1.2');
  plug('2-1.2');
  await clock.advance(5000);
  expect(conditions.codes()).toEqual([]);
  plug('1-1.2'); // which the bay names: the other one is not the one that the bay finds
  await clock.advance(5000);
  expect(conditions.isRaised(CODE, '2-1.2')).toBe(true);
  expect(conditions.isRaised(CODE, '1-1.2')).toBe(false);
  await end();
});

test('a disk at a port that is no bay is told of, unless the station itself works with it', async () => {
  const { clock, conditions, plug, end } = watched(BAYS, async (port) => port !== '2-4');
  plug('2-3', { interfaces: [DISK], vendorId: 0x0bda, productId: 0x0306 });
  plug('2-4', { interfaces: [DISK] });
  await clock.advance(5000);
  expect(conditions.facts(CODE, '2-3')).toEqual({ usb_id: '0bda:0306' });
  expect(conditions.isRaised(CODE, '2-4')).toBe(false);
  await end();
});

test('a station without bays on USB ports does not look', async () => {
  const { looks, end, clock } = watched(BAYS.slice(1));
  await clock.advance(60_000);
  expect([looks(), clock.pending]).toEqual([0, 0]);
  await end();
});

test('200 devices within 10 s are looked at three times, told of as 16 at most, and forgotten', async () => {
  await flood();
  const before = await heldInAllBytes();
  for (let again = 0; again < 4; again++) await flood();
  expect((await heldInAllBytes()) - before).toBeLessThan(100_000); // of 800 devices: less than 125 bytes each
});

/** 200 devices within 10 s, of which half stay until all are pulled. */
async function flood(): Promise<void> {
  const { clock, usb, conditions, log, plug, looks, end } = watched();
  for (let number = 0; number < 200; number++) {
    plug(`1-2.${number + 1}`);
    if (number % 2 === 0) usb.unplug(`1-2.${number + 1}`);
    await clock.advance(50);
  }
  expect(looks()).toBeLessThanOrEqual(3);
  expect(conditions.codes().length).toBeLessThanOrEqual(16);
  expect(log.lines.length).toBeLessThanOrEqual(2 * 16);
  for (let number = 0; number < 200; number++) usb.unplug(`1-2.${number + 1}`);
  await clock.advance(5000);
  expect([conditions.codes(), usb.wires.length, clock.pending]).toEqual([[], 0, 1]);
  await end();
  expect(clock.pending).toBe(0);
}
