// Eight cameras on one bus, one of them hostile: how long the other seven take, in the time of a clock that stands still between transfers.
import { expect, test } from 'vitest';
import { ptpDriver } from '../../../../drivers/ptp/driver.ts';
import { MemoryCamera } from '../../../fakes/memory-camera.ts';
import { UsbBudget } from '../../../../drivers/usb/transfer-limits.ts';
import { isDockError } from '../../../../protocol/format/errors.ts';
import { live, patternBytes, readBytes } from '../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import type { PtpMisdeeds } from '../../../fakes/ptp/misdeeds.ts';
import { PtpResponder } from '../../../fakes/ptp/responder.ts';
import { UsbDock } from '../../../fakes/usb/dock.ts';
import { SharedBus } from '../../../fakes/usb/shared-bus.ts';

/** 40 MB/s, what USB 2.0 carries. */
const BYTES_PER_MS = 40_000;
const FILE_BYTES = 4_000_000;
const STEP_MS = 5;
const FLOOD_BYTES = 256 * 1024;
const PARTIAL = 0x95c1;
const SEVEN = [1, 2, 3, 4, 5, 6, 7];

type World = ReturnType<typeof world>;

function world() {
  const clock = new ManualClock();
  const usb = new UsbDock(clock);
  const bus = new SharedBus({ clock, bytesPerMs: BYTES_PER_MS, budget: new UsbBudget() });
  const openUsb = bus.over(usb.openUsb);
  const driver = ptpDriver({ devices: usb.devices, openUsb, clock, onRecovery: () => undefined });
  return { clock, usb, driver };
}

function plug({ usb }: World, number: number, misdeeds: PtpMisdeeds = {}): PtpResponder {
  const memory = new MemoryCamera();
  memory.put('A.MP4', patternBytes(FILE_BYTES, number));
  const responder = new PtpResponder(memory);
  Object.assign(responder.misdeeds, misdeeds);
  usb.plug(`1-1.${number}`, responder);
  return responder;
}

/** Reads all of one camera and gives the instant at which it was done, in ms of the clock. */
async function emptied({ driver, clock }: World, number: number, signal = live()): Promise<number> {
  const session = await driver.open({ kind: 'usb', path: `1-1.${number}` }, signal);
  try {
    const { entries } = await session.inventory(signal);
    for (const entry of entries) {
      const read = await readBytes(session, entry, 0, signal);
      expect(Buffer.compare(read, patternBytes(FILE_BYTES, number))).toBe(0);
    }
    return clock.monotonicMs();
  } finally {
    await session.close();
  }
}

/** Tries again and again to read a camera that does not let itself be read, as a bay does. */
async function tried(at: World, number: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted)
    await emptied(at, number, signal).catch((error: unknown) => {
      if (!isDockError(error) && !signal.aborted) throw error;
    });
}

/** When the last of the seven was done, with the eighth as it is; undefined: it is not there. */
async function lastOfSeven(eighth: PtpMisdeeds | undefined): Promise<number> {
  const at = world();
  for (const number of SEVEN) plug(at, number);
  const ending = new AbortController();
  const hostile = eighth === undefined ? undefined : tried(at, 8, (plug(at, 8, eighth), ending.signal));
  const all = { doneAtMs: undefined as number | undefined };
  const reading = Promise.all(SEVEN.map((number) => emptied(at, number))).then(
    (times) => (all.doneAtMs = Math.max(...times)),
  );
  for (let steps = 0; all.doneAtMs === undefined && steps < 4000; steps++) await at.clock.advance(STEP_MS);
  ending.abort(new Error('the test ends'));
  await at.clock.advance(60_000); // whatever the hostile one still waits for
  await hostile;
  return reading;
}

test.each<[string, PtpMisdeeds]>([
  ['is silent where data should come', { silentAt: (operation) => operation === PARTIAL }],
  ['stops in the middle of a file', { stopsAfterBytes: 1_500_000 }],
  ['sends other bytes than it was asked for', { mangle: (bytes) => bytes.map((byte) => byte ^ 0x55) }],
  [
    'is busy for ever',
    {
      change: (operation, answer) =>
        void (operation === PARTIAL && Object.assign(answer, { code: 0x2019, data: undefined })),
    },
  ],
  [
    'floods the bus with more than it was asked for',
    {
      change: (operation, answer) => {
        if (operation === PARTIAL) Object.assign(answer, { data: flood(), sizeBytes: 0xffff_0000 });
      },
    },
  ],
])('seven cameras take at most 1.2 times as long beside one that %s', async (_name, misdeeds) => {
  const alone = await lastOfSeven(undefined);
  const beside = await lastOfSeven(misdeeds);
  expect(alone).toBeGreaterThanOrEqual((7 * FILE_BYTES) / BYTES_PER_MS);
  expect(beside / alone).toBeLessThanOrEqual(1.2);
});

/** Twice as much as any of the seven has; the wire's far end keeps what is not fetched yet. */
async function* flood(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < 2 * FILE_BYTES; sent += FLOOD_BYTES) yield new Uint8Array(FLOOD_BYTES);
}
