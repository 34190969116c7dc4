// A camera that is put in and pulled out 500 times, each time at another moment of its session: nothing of it stays behind.
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { ptpDriver } from '../../../../drivers/ptp/driver.ts';
import { MemoryCamera } from '../../../fakes/memory-camera.ts';
import { isDockError } from '../../../../protocol/format/errors.ts';
import { patternBytes } from '../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { heldInAllBytes } from '../../../fakes/held-bytes.ts';
import { PtpResponder } from '../../../fakes/ptp/responder.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { UsbDock } from '../../../fakes/usb/dock.ts';

const CYCLES = 500;
/** Code is compiled and caches fill in the first of them. */
const WARM_UP = 100;
const SAMPLE = 50;
const SLOPE_BYTES_MAX = 1024;
const PORT = '1-1.4';
/** Steps of the wire in a whole session with these files, a little more. */
const STEPS = 40;
const FILE_BYTES = 150_000;

test('500 cameras that are pulled at random moments leave no pipe, no timer, no listener and no memory behind', async () => {
  const random = new SeededRandom(23);
  const below = (max: number): number => new DataView(random.bytes(4).slice().buffer).getUint32(0) % max;
  const clock = new ManualClock();
  const dock = new UsbDock(clock);
  const driver = ptpDriver({
    devices: dock.devices,
    openUsb: dock.openUsb,
    clock,
    onRecovery: () => undefined,
  });
  const memory = new MemoryCamera();
  for (const name of ['A.MP4', 'B.MP4', 'B.GPS']) memory.put(name, patternBytes(FILE_BYTES));
  const station = new AbortController();
  const ends = new Map<string, number>();
  const held: number[] = [];

  for (let cycle = 0; cycle <= WARM_UP + CYCLES; cycle++) {
    const responder = new PtpResponder(memory);
    if (cycle % 2 === 0) responder.misdeeds.pullAtStep = below(STEPS);
    else responder.misdeeds.pullAfterBytes = below(FILE_BYTES);
    dock.plug(PORT, responder);
    const end = await sessionOf(driver, station.signal);
    ends.set(end, (ends.get(end) ?? 0) + 1);
    dock.unplug(PORT);
    const [wire] = dock.wires.splice(0);
    expect([wire?.isClosed, clock.pending, getEventListeners(station.signal, 'abort').length]).toEqual([
      true,
      0,
      0,
    ]);
    if (cycle >= WARM_UP && (cycle - WARM_UP) % SAMPLE === 0) held.push(await heldInAllBytes());
  }
  expect(ends.get('driver.detached')).toBeGreaterThan(CYCLES / 2);
  expect([...ends.keys()].filter((end) => end !== 'driver.detached' && end !== 'whole')).toEqual([]);
  expect(slopeOf(held) / SAMPLE).toBeLessThan(SLOPE_BYTES_MAX);
});

/** What a bay does with a camera, and how it ended: "whole", or the code of the error. */
async function sessionOf(driver: ReturnType<typeof ptpDriver>, signal: AbortSignal): Promise<string> {
  try {
    const session = await driver.open({ kind: 'usb', path: PORT }, signal);
    try {
      await session.identity(signal);
      await session.readClock(signal);
      await session.condition(signal);
      const { entries } = await session.inventory(signal);
      for (const entry of entries) for await (const piece of session.read(entry, 0, signal)) void piece;
      await session.inventory(signal);
      return 'whole';
    } finally {
      await session.close();
    }
  } catch (error) {
    if (!isDockError(error)) throw error;
    return error.code;
  }
}

/** Bytes from one sample to the next, by least squares. */
function slopeOf(samples: readonly number[]): number {
  const middle = (samples.length - 1) / 2;
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  const over = samples.map((sample, at) => (at - middle) * (sample - mean));
  const under = samples.map((_, at) => (at - middle) ** 2);
  return sumOf(over) / sumOf(under);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
