import { beforeEach, expect, test } from 'vitest';
import { LoopDelay } from '../../../agent/monitoring/machine-node.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';

let clock: ManualClock;
/** Time that passed without a timer of the clock: the thread was held up. */
let heldMs: number;
let workedMs: number;
let looks: number;
let delay: LoopDelay;

beforeEach(async () => {
  clock = new ManualClock();
  heldMs = 0;
  workedMs = 0;
  looks = 0;
  const held = {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => clock.monotonicMs() + heldMs,
    after: (ms: number, call: () => void) => clock.after(ms, call),
    sleep: (ms: number, signal: AbortSignal) => {
      looks++;
      return clock.sleep(ms, signal);
    },
  };
  delay = new LoopDelay(held, () => workedMs);
  const ending = new AbortController();
  const running = delay.run(ending.signal);
  return async () => {
    ending.abort();
    await running;
  };
});

function work(ms: number): void {
  heldMs += ms;
  workedMs += ms;
}

test('what came late while the thread was busy is told once, the longest of it', async () => {
  for (const ms of [30, 70, 5]) {
    work(ms);
    await clock.advance(20);
  }
  expect(delay.take()).toBe(70);
  expect(delay.take()).toBe(0);
});

test('a thread at rest is looked at four times a second, and told as one that was not held up', async () => {
  await clock.advance(1000);
  looks = 0;
  await clock.advance(10_000);
  expect(looks).toBeLessThanOrEqual(40);
  expect(delay.take()).toBe(0);
});

test('what holds up a thread at rest, between two looks, is told all the same', async () => {
  await clock.advance(1000);
  workedMs += 60; // It began and ended before the next look, which comes in time.
  await clock.advance(250);
  expect(delay.take()).toBe(60);
});

test('a thread that begins to work is looked at often again', async () => {
  await clock.advance(1000);
  work(25);
  const seen = looks;
  const isSeen = (): boolean => looks > seen;
  for (let at = 0; at < 100 && !isSeen(); at++) await clock.advance(5);
  delay.take();
  looks = 0;
  for (let at = 0; at < 10; at++) {
    workedMs += 10;
    await clock.advance(20);
  }
  expect(looks).toBeGreaterThan(5);
  expect(delay.take()).toBe(0);
});
