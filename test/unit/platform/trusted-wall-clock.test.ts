import { expect, test } from 'vitest';
import { TrustedWallClock } from '../../../agent/platform/trusted-wall-clock.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';

const YEARS_MS = 10 * 365 * 86_400_000;

function wall(first: boolean | null): {
  clock: ManualClock;
  wall: TrustedWallClock;
  say: (now: boolean | null) => void;
} {
  const clock = new ManualClock();
  let synchronised = first;
  return { clock, wall: new TrustedWallClock(clock, () => synchronised), say: (now) => (synchronised = now) };
}

test('a clock that is synchronised is believed, also behind a step that set it right', async () => {
  const { clock, wall: steady } = wall(true);
  expect(steady.nowMs()).toBe(clock.wallMs());
  clock.jumpWall(YEARS_MS);
  expect(steady.nowMs()).toBe(clock.wallMs());
});

test('a clock that is not synchronised tells nothing', () => {
  expect(wall(false).wall.nowMs()).toBeUndefined();
});

test('where nobody can tell, a clock is believed until it jumps, forth or back, and again once it is known to be right', async () => {
  for (const jumpMs of [YEARS_MS, -YEARS_MS, 61_000]) {
    const { clock, wall: steady, say } = wall(null);
    await clock.advance(3_600_000);
    expect(steady.nowMs()).toBe(clock.wallMs());
    clock.jumpWall(jumpMs);
    expect(steady.nowMs()).toBeUndefined();
    await clock.advance(3_600_000);
    expect(steady.nowMs()).toBeUndefined();
    say(true);
    expect(steady.nowMs()).toBe(clock.wallMs());
    say(null);
    expect(steady.nowMs()).toBe(clock.wallMs());
  }
});

test('a clock that is set by less than a minute is still believed', () => {
  const { clock, wall: steady } = wall(null);
  clock.jumpWall(59_000);
  expect(steady.nowMs()).toBe(clock.wallMs());
});
