import { expect, test } from 'vitest';
import { FACTORY_MS, SimulatedClock, type SimulatedClockWish } from '../../../../drivers/simulated/clock.ts';
import { MemoryCamera } from '../../../fakes/memory-camera.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';

const HOUR_MS = 3_600_000;
const shownMs = Date.UTC(2026, 10, 25, 8, 0, 0, 700);

function made(wish: Partial<SimulatedClockWish> = {}): { time: ManualClock; clock: SimulatedClock } {
  const time = new ManualClock();
  return { time, clock: new SimulatedClock(() => time.monotonicMs(), { shownMs, ...wish }) };
}

test('a simulated clock cuts its seconds and goes by time that passes, not by what the station believes', async () => {
  const { time, clock } = made();
  expect(clock.read()).toEqual({ claimedMs: shownMs - 700, zoneMinutes: null, resolutionMs: 1000 });
  time.jumpWall(10 * 365 * 24 * HOUR_MS);
  await time.advance(HOUR_MS);
  expect(clock.read().claimedMs).toBe(shownMs - 700 + HOUR_MS);
});

test('a clock that drifts gains or loses its millionths', async () => {
  for (const driftPpm of [50, -50]) {
    const { time, clock } = made({ driftPpm, resolutionMs: 1 });
    await time.advance(24 * HOUR_MS);
    expect(clock.read().claimedMs).toBe(shownMs + 24 * HOUR_MS + (driftPpm * 24 * HOUR_MS) / 1_000_000);
  }
});

test('a camera with a dead battery begins again at its factory date whenever it is taken out', async () => {
  const { time, clock } = made({ forgets: true });
  const camera = new MemoryCamera();
  camera.clock = clock;
  expect(clock.set({ utcMs: shownMs, localMs: shownMs + HOUR_MS })).toBe('set');
  await time.advance(5000);
  expect(clock.read().claimedMs).toBe(shownMs - 700 + HOUR_MS + 5000);
  camera.detach();
  await time.advance(10_000);
  expect(clock.read().claimedMs).toBe(FACTORY_MS + 10_000);
});

test('one with a battery keeps its time, and one that refuses keeps what it shows', () => {
  const { clock } = made({ setting: 'refused' });
  const camera = new MemoryCamera();
  camera.clock = clock;
  camera.detach();
  expect(clock.set({ utcMs: 0, localMs: 0 })).toBe('refused');
  expect(clock.read().claimedMs).toBe(shownMs - 700);
});
