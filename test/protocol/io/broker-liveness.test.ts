import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { Liveness } from '../../../protocol/io/broker-liveness.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';

const KEEPALIVE_MS = 16_000;

interface Link {
  readonly clock: ManualClock;
  readonly liveness: Liveness;
  readonly pingsAtMs: number[];
  /** When it was declared dead. */
  deadAtMs: number | undefined;
  takenBytes: number;
  /** Whether the system takes a ping at once. */
  flushes: boolean;
  /** Whether the broker answers. */
  answers: boolean;
}

function link(): Link {
  const clock = new ManualClock();
  const state: Link = {
    clock,
    pingsAtMs: [],
    deadAtMs: undefined,
    takenBytes: 0,
    flushes: true,
    answers: true,
    liveness: new Liveness({
      clock,
      keepaliveMs: KEEPALIVE_MS,
      ping: (flushed) => {
        state.pingsAtMs.push(clock.monotonicMs());
        if (state.flushes) flushed();
        if (state.answers) state.liveness.answered();
      },
      takenBytes: () => state.takenBytes,
      dead: () => (state.deadAtMs = clock.monotonicMs()),
    }),
  };
  state.liveness.start();
  return state;
}

describe('liveness of a connection', () => {
  test('an idle link is pinged at least every half keepalive, and lives', async () => {
    const state = link();
    await state.clock.advance(10 * KEEPALIVE_MS);
    const gaps = state.pingsAtMs.map((at, place) => at - (state.pingsAtMs[place - 1] ?? 0));
    assert.ok(gaps.length >= 20 && Math.max(...gaps) <= KEEPALIVE_MS / 2);
    assert.equal(state.deadAtMs, undefined);
  });

  test('silence ends it within one and a half keepalives, whenever it begins', async () => {
    for (let offsetMs = 0; offsetMs < KEEPALIVE_MS; offsetMs += 500) {
      const state = link();
      await state.clock.advance(offsetMs);
      state.answers = false;
      await state.clock.advance(3 * KEEPALIVE_MS);
      const waitedMs = (state.deadAtMs ?? Infinity) - offsetMs;
      assert.ok(waitedMs <= 1.5 * KEEPALIVE_MS, `silent from ${offsetMs}: dead after ${waitedMs}`);
      assert.ok(waitedMs >= 0.75 * KEEPALIVE_MS);
    }
  });

  test('a ping that waits behind an upload is no reason while bytes leave; when they stop, it ends', async () => {
    const state = link();
    Object.assign(state, { flushes: false, answers: false });
    for (let second = 0; second < 200; second++) {
      state.takenBytes += 100;
      await state.clock.advance(1000);
    }
    assert.equal(state.deadAtMs, undefined);
    await state.clock.advance(1.5 * KEEPALIVE_MS);
    assert.notEqual(state.deadAtMs, undefined);
  });

  test('bytes that come in put the end off, as on a slow link, but an answer must come within four keepalives', async () => {
    const state = link();
    state.answers = false;
    for (let second = 0; second < 45; second++) {
      state.liveness.heard(10_000);
      await state.clock.advance(1000);
    }
    assert.equal(state.deadAtMs, undefined);
    for (let second = 0; second < 45; second++) {
      state.liveness.heard(10_000_000);
      await state.clock.advance(1000);
    }
    assert.ok((state.deadAtMs ?? Infinity) <= 4.75 * KEEPALIVE_MS);
  });

  test('after its stop nothing happens any more', async () => {
    const state = link();
    state.answers = false;
    await state.clock.advance(KEEPALIVE_MS);
    state.liveness.stop();
    await state.clock.advance(10 * KEEPALIVE_MS);
    assert.equal(state.deadAtMs, undefined);
    assert.equal(state.clock.pending, 0);
  });
});
