import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, test } from 'vitest';
import type { Ending, MqttVersion } from '../../../agent/platform/broker-endings.ts';
import {
  initialReconnect,
  RECONNECT_LIMITS,
  reconnectAccepted,
  reconnectAfter,
  type ReconnectState,
} from '../../../agent/platform/reconnect-state.ts';

const limits = RECONNECT_LIMITS;
const unreachable: Ending = { kind: 'unreachable', detail: 'refused' };
const unanswered: Ending = { kind: 'unanswered', detail: 'hung up' };
const wrongVersion: Ending = { kind: 'version', detail: 'no' };
const lost = (connectedMs: number): Ending => ({ kind: 'lost', detail: 'cut', connectedMs });

function after(
  state: ReconnectState,
  ending: Ending,
  jitter = 0.5,
  protocol: 'auto' | MqttVersion = 'auto',
): { readonly state: ReconnectState; readonly pauseMs: number } {
  return reconnectAfter(state, ending, { jitter, protocol, limits });
}

describe('pauses before the next attempt', () => {
  test('grow from one second to a minute, with jitter over the whole range, and never leave it', () => {
    let state = initialReconnect(5);
    const ceilings: number[] = [];
    for (let attempt = 0; attempt < 30; attempt++) {
      assert.equal(after(state, unreachable, 0, 5).pauseMs, limits.minMs);
      const next = after(state, unreachable, 0.999_999_9, 5);
      ceilings.push(Math.round(next.pauseMs / 1000));
      state = next.state;
    }
    assert.deepEqual(ceilings.slice(0, 7), [2, 4, 8, 16, 32, 60, 60]);
    assert.equal(ceilings.at(-1), 60);
  });

  test('start small again only after a connection that held', () => {
    let state = initialReconnect(5);
    for (let attempt = 0; attempt < 10; attempt++) state = after(state, unreachable, 0, 5).state;
    assert.ok(after(state, lost(2000), 0.99, 5).pauseMs > 50_000);
    assert.ok(after(state, lost(60_000), 0.99, 5).pauseMs < 2000);
  });

  test('keep a network that flaps each 2 s for 10 min under one connection a second, and let it go on', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 50 }), (jitters) => {
        let state = reconnectAccepted(initialReconnect(5));
        let [clockMs, connections] = [0, 0];
        while (clockMs < 600_000) {
          connections++;
          const next = after(state, lost(2000), jitters[connections % jitters.length], 5);
          state = next.state;
          clockMs += 2000 + next.pauseMs;
        }
        assert.ok(connections >= 9 && connections < 300, `${connections} connections`);
      }),
      { numRuns: 100 },
    );
  });

  test('are longest for whoever lost its client id to another', () => {
    const takenOver: Ending = { kind: 'taken-over', detail: 'another' };
    for (const jitter of [0, 0.5, 0.999]) {
      const { pauseMs } = after(initialReconnect(5), takenOver, jitter, 5);
      assert.ok(pauseMs >= limits.maxMs && pauseMs < 2 * limits.maxMs);
    }
  });
});

describe('the MQTT version', () => {
  test('auto tries 5, then at once 3.1.1 where that is refused, and remembers what was taken', () => {
    const first = initialReconnect('auto');
    assert.equal(first.version, 5);
    const second = after(first, wrongVersion);
    assert.deepEqual([second.state.version, second.pauseMs], [4, 0]);
    const taken = reconnectAccepted(second.state);
    for (const ending of [unreachable, unanswered, lost(5)])
      assert.equal(after(taken, ending).state.version, 4);
  });

  test('auto goes back and forth with pauses where neither is taken', () => {
    let state = initialReconnect('auto');
    const versions: number[] = [];
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      versions.push(state.version);
      const next = after(state, wrongVersion);
      pauses.push(next.pauseMs);
      state = next.state;
    }
    assert.deepEqual(versions, [5, 4, 5, 4, 5]);
    assert.ok(pauses.slice(1).every((pauseMs) => pauseMs >= limits.minMs));
  });

  test('auto tries the other one where a broker hangs up on the CONNECT, but not once one was taken', () => {
    const hungUp = after(initialReconnect('auto'), unanswered);
    assert.equal(hungUp.state.version, 4);
    assert.ok(hungUp.pauseMs >= limits.minMs);
    assert.equal(after(reconnectAccepted(initialReconnect('auto')), unanswered).state.version, 5);
  });

  test('a remembered version that is refused later is given up', () => {
    const known = reconnectAccepted(after(initialReconnect('auto'), wrongVersion).state);
    assert.equal(after(known, wrongVersion).state.version, 5);
  });

  test('a configured version stays', () => {
    for (const version of [4, 5] as const) {
      for (const ending of [wrongVersion, unanswered, unreachable]) {
        const next = after(initialReconnect(version), ending, 0.5, version);
        assert.equal(next.state.version, version);
        assert.ok(next.pauseMs >= limits.minMs);
      }
    }
  });
});
