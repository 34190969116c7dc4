import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { Liveness } from '../../../agent/platform/broker-liveness.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';

const KEEPALIVE_MS = 16_000;

interface Link {
  readonly clock: ManualClock;
  readonly liveness: Liveness;
  readonly pingsAtMs: number[];
  /** When it was declared dead. */
  deadAtMs: number | undefined;
  takenBytes: number;
  waitingBytes: number;
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
    waitingBytes: 0,
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
      sent: () => ({ takenBytes: state.takenBytes, waitingBytes: state.waitingBytes }),
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
    Object.assign(state, { flushes: false, answers: false, waitingBytes: 500_000 });
    for (let second = 0; second < 200; second++) {
      state.takenBytes += 100;
      await state.clock.advance(1000);
    }
    assert.equal(state.deadAtMs, undefined);
    await state.clock.advance(1.5 * KEEPALIVE_MS);
    assert.notEqual(state.deadAtMs, undefined);
  });

  test('bytes that wait and are not taken end it, although an earlier ping was answered', async () => {
    const state = link();
    await state.clock.advance(KEEPALIVE_MS);
    state.waitingBytes = 1000;
    await state.clock.advance(1.5 * KEEPALIVE_MS);
    assert.ok((state.deadAtMs ?? Infinity) <= 2.1 * KEEPALIVE_MS);
  });

  test('what lies in front of a ping is given its time at the rate last seen, up to four keepalives', async () => {
    for (const [bytesPerS, deadWithin] of [
      [100, 4.5],
      [400_000, 1.9],
      [100_000_000, 1.4],
    ] as const) {
      const state = link();
      state.waitingBytes = 500_000;
      state.answers = false;
      for (let second = 0; second < 20; second++) {
        state.takenBytes += bytesPerS;
        await state.clock.advance(1000);
      }
      state.waitingBytes = 0;
      await state.clock.advance(10 * KEEPALIVE_MS);
      const waited = (state.deadAtMs ?? Infinity) / KEEPALIVE_MS;
      assert.ok(
        waited <= deadWithin && waited > deadWithin - 0.4,
        `${bytesPerS} B/s: after ${waited} keepalives`,
      );
    }
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
