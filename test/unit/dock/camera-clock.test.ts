import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCameraClock, setCameraClock } from '../../../agent/dock/camera-measure.ts';
import type { ClockLeft, ClockReading } from '../../../agent/seal/capture-time.ts';
import type { CameraSession, CameraTime } from '../../../drivers/driver.ts';
import { FACTORY_MS, SimulatedClock, type SimulatedClockWish } from '../../../drivers/simulated/clock.ts';
import { cameraClockSchema } from '../../../protocol/documents/docking-record.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { instantText } from '../../../protocol/format/instants.ts';
import { live } from '../../contracts/driver-subject.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { MemoryCamera } from '../../fakes/memory-camera.ts';
import { misbehave, type Misdeeds } from '../../fakes/misbehaving-camera.ts';
import { simulatedDriver } from '../../fakes/simulated-driver.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 10, 25, 8);
/** Central European winter time. */
const localMs = (utcMs: number): number => utcMs + HOUR_MS;

/** A camera whose clock answers after `roundMs`, of which the half has gone by when it looks. */
class Answering {
  readonly clock = new ManualClock(NOW_MS);
  readonly camera = new MemoryCamera();
  /** Of the station. */
  synchronised: boolean | null = true;
  roundMs = 0;
  onAnswer: () => void = () => undefined;

  constructor(wish?: Partial<SimulatedClockWish>) {
    if (wish === undefined) return;
    this.camera.clock = new SimulatedClock(() => this.clock.monotonicMs(), { shownMs: NOW_MS, ...wish });
  }

  async session(misdeeds: Misdeeds = {}): Promise<Pick<CameraSession, 'readClock' | 'setClock'>> {
    const driver = simulatedDriver(new Map([['bay', this.camera]]));
    const session = misbehave(
      await driver.open({ kind: 'folder', path: 'bay' }, live()),
      misdeeds,
      this.clock,
    );
    const readClock = async (signal: AbortSignal): Promise<CameraTime | null> => {
      await this.clock.advance(this.roundMs / 2);
      const told = await session.readClock(signal);
      await this.clock.advance(this.roundMs / 2);
      this.onAnswer();
      return told;
    };
    return { readClock, setClock: (to, signal) => session.setClock(to, signal) };
  }

  async read(misdeeds: Misdeeds = {}): Promise<ClockReading | null> {
    return readCameraClock(await this.session(misdeeds), this.clock, live());
  }

  /** Reads, and sets where that is called for. */
  async set(): Promise<{ reading: ClockReading | null; left: ClockLeft | null }> {
    const session = await this.session();
    const reading = await readCameraClock(session, this.clock, live());
    if (reading === null) return { reading, left: null };
    const deps = { clock: this.clock, clockSynchronised: () => this.synchronised, localMs };
    return { reading, left: (await setCameraClock(session, reading, deps, live())).left };
  }
}

/** A session that tells this and nothing else. */
function telling(told: CameraTime): Pick<CameraSession, 'readClock'> {
  return { readClock: async () => told };
}

test('an offset is camera minus station in the middle of the reading, uncertain by half the round trip and the resolution', async () => {
  const answering = new Answering({ shownMs: NOW_MS + HOUR_MS, resolutionMs: 10 });
  answering.roundMs = 500;
  expect(await answering.read()).toEqual({
    readAtMs: NOW_MS + 250,
    claimedAtMs: NOW_MS + HOUR_MS + 250,
    offsetMs: HOUR_MS,
    uncertaintyMs: 260,
    zoneMinutes: null,
  });
});

test('whatever the round trip and the step, the true offset lies within the uncertainty', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: -1e12, max: 1e12 }),
      fc.constantFrom(1, 10, 100, 1000, 2000),
      fc.integer({ min: 0, max: 8000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(Math.floor, Math.round, Math.ceil),
      async (offsetMs, resolutionMs, roundMs, share, cut) => {
        const clock = new ManualClock(NOW_MS);
        const session = {
          readClock: async (): Promise<CameraTime> => {
            await clock.advance(Math.floor(roundMs * share));
            const claimedMs = cut((clock.wallMs() + offsetMs) / resolutionMs) * resolutionMs;
            await clock.advance(roundMs - Math.floor(roundMs * share));
            return { claimedMs, zoneMinutes: null, resolutionMs };
          },
        };
        const reading = await readCameraClock(session, clock, live());
        expect(reading).not.toBeNull();
        if (reading !== null)
          expect(Math.abs(reading.offsetMs - offsetMs)).toBeLessThanOrEqual(reading.uncertaintyMs);
      },
    ),
    { numRuns: 50 },
  );
});

test('nonsense from a camera never throws: a reading is whole numbers that a docking record takes, or none', async () => {
  const anyNumber = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(NaN, Infinity, -Infinity, 0, Date.UTC(2099, 0, 1), 8.64e15, -8.64e15, 2 ** 53),
  );
  await fc.assert(
    fc.asyncProperty(
      anyNumber,
      fc.option(anyNumber),
      anyNumber,
      async (claimedMs, zoneMinutes, resolutionMs) => {
        const clock = new ManualClock(NOW_MS);
        const reading = await readCameraClock(
          telling({ claimedMs, zoneMinutes, resolutionMs }),
          clock,
          live(),
        );
        if (reading === null) return;
        const record = {
          read_at: instantText(reading.readAtMs),
          claimed_at: instantText(reading.claimedAtMs),
          offset_ms: reading.offsetMs,
          uncertainty_ms: reading.uncertaintyMs,
          zone_minutes: reading.zoneMinutes,
          set: null,
        };
        expect(cameraClockSchema.parse(record)).toEqual(record);
        expect(reading.claimedAtMs - reading.readAtMs).toBe(reading.offsetMs);
      },
    ),
  );
});

test('a clock in 1970, at its factory date or in 2099 is read like any other', async () => {
  for (const shownMs of [0, FACTORY_MS, Date.UTC(2099, 11, 31)]) {
    const reading = await new Answering({ shownMs, resolutionMs: 1 }).read();
    expect(reading?.offsetMs).toBe(shownMs - NOW_MS);
  }
});

test('a camera without a clock has no reading', async () => {
  expect(await new Answering().read()).toBeNull();
});

test('a camera that fails at its clock has no reading, and the docking goes on', async () => {
  for (const code of ['driver.timeout', 'driver.protocol']) {
    const error = new DockError(code, 'no clock today', { retry: 'later' });
    expect(await new Answering({}).read({ failOnce: { call: 'clock', error } })).toBeNull();
  }
});

test('a camera that never answers is given up, and no timer stays', async () => {
  const answering = new Answering({});
  const reading = answering.read({ hangAt: 'clock' });
  await settle();
  await answering.clock.advance(10_000);
  expect(await reading).toBeNull();
  expect(answering.clock.pending).toBe(0);
});

test('a camera that left, a stop and broken code are no readings but errors', async () => {
  await expect(new Answering({}).read({ detachAtCall: 1 })).rejects.toMatchObject({
    code: 'driver.detached',
  });
  const broken = new TypeError('broken code');
  await expect(new Answering({}).read({ failOnce: { call: 'clock', error: broken } })).rejects.toBe(broken);
  const stop = new Error('stop now');
  const session = await new Answering({}).session();
  await expect(readCameraClock(session, new ManualClock(), AbortSignal.abort(stop))).rejects.toBe(stop);
});

test('a step of the station’s clock between the two readings voids the reading', async () => {
  for (const stepMs of [-HOUR_MS, -51, 51, HOUR_MS]) {
    const answering = new Answering({ resolutionMs: 1 });
    answering.onAnswer = () => answering.clock.jumpWall(stepMs);
    expect(await answering.read()).toBeNull();
  }
});

test('behind such a step it is read again', async () => {
  const answering = new Answering({ resolutionMs: 1, shownMs: NOW_MS });
  let steps = 0;
  answering.onAnswer = () => {
    if (steps < 2) answering.clock.jumpWall(HOUR_MS);
    steps += 1;
  };
  const reading = await answering.read();
  expect([steps, reading?.offsetMs]).toEqual([3, -2 * HOUR_MS]);
});

test('a camera that is off is set and read again; without a zone it is set to local time', async () => {
  const wrong = { shownMs: FACTORY_MS, resolutionMs: 1000 };
  const plain = await new Answering(wrong).set();
  expect(plain.reading?.offsetMs).toBe(FACTORY_MS - NOW_MS);
  expect(plain.left).toEqual({ atMs: NOW_MS, offsetMs: HOUR_MS, uncertaintyMs: 1000 });
  const zoned = await new Answering({ ...wrong, zoneMinutes: 120 }).set();
  expect(zoned.left).toEqual({ atMs: NOW_MS, offsetMs: 0, uncertaintyMs: 1000 });
});

test('a camera that is right is not touched, in its local time or in UTC where it knows its zone', async () => {
  for (const wish of [
    { shownMs: localMs(NOW_MS) },
    { shownMs: localMs(NOW_MS) + 1000, resolutionMs: 10 },
    { shownMs: NOW_MS, zoneMinutes: 60 },
  ]) {
    const answering = new Answering(wish);
    expect((await answering.set()).left).toBeNull();
    expect(answering.camera.clock?.read().claimedMs).toBe(wish.shownMs);
  }
});

test('a camera that was just set is right, whatever it cuts off, and is not set again', async () => {
  for (let fraction = 0; fraction < 2000; fraction += 111) {
    for (const resolutionMs of [1, 100, 1000, 2000]) {
      const answering = new Answering({ shownMs: FACTORY_MS, resolutionMs });
      await answering.clock.advance(fraction);
      expect((await answering.set()).left).not.toBeNull();
      await answering.clock.advance(60_000 + fraction);
      expect((await answering.set()).left).toBeNull();
    }
  }
});

test('a slow answer is no reason to set: the offset must be greater than twice its uncertainty', async () => {
  const answering = new Answering({ shownMs: localMs(NOW_MS) + 2000, resolutionMs: 1 });
  answering.roundMs = 6000;
  const { reading, left } = await answering.set();
  expect(reading).toMatchObject({ offsetMs: HOUR_MS + 2000, uncertaintyMs: 3001 });
  expect(left).toBeNull();
});

test('a station that is not known to be right sets nothing', async () => {
  for (const synchronised of [false, null]) {
    const answering = new Answering({ shownMs: FACTORY_MS });
    answering.synchronised = synchronised;
    expect((await answering.set()).left).toBeNull();
    expect(answering.camera.clock?.read().claimedMs).toBe(FACTORY_MS);
  }
});

test('a camera that refuses, or cannot be set, keeps its time and nothing is claimed', async () => {
  for (const setting of ['refused', 'not-supported'] as const) {
    const answering = new Answering({ shownMs: FACTORY_MS, setting });
    expect((await answering.set()).left).toBeNull();
    expect(answering.camera.clock?.read().claimedMs).toBe(FACTORY_MS);
  }
});

test('a camera that fails while it is set claims nothing', async () => {
  const answering = new Answering({ shownMs: FACTORY_MS });
  const reading = await answering.read();
  const error = new DockError('driver.protocol', 'nonsense', { retry: 'later' });
  const session = await answering.session({ failOnce: { call: 'clock', error } });
  const deps = { clock: answering.clock, clockSynchronised: () => true, localMs };
  // It may have taken it all the same.
  const fromMs = answering.clock.wallMs();
  expect(reading && (await setCameraClock(session, reading, deps, live()))).toEqual({ fromMs, left: null });
});
