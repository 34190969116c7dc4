import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { isDockError } from '../../../protocol/format/errors.ts';
import { openMqttBroker, type StartableBroker } from '../../../agent/platform/broker-mqtt.ts';
import { ScriptedBroker } from '../../fakes/broker-scripted.ts';
import { testBrokerOptions, until } from '../../fakes/broker-subjects.ts';
import { TcpProxy } from '../../fakes/tcp-proxy.ts';

const KEEPALIVE_S = 1;
const MIB = 1024 * 1024;

interface Line {
  readonly proxy: TcpProxy;
  readonly broker: StartableBroker;
  readonly states: boolean[];
}

/** A connected client with a proxy in front of the broker, for the time of `run`. */
async function onLine(run: (line: Line) => Promise<void>, keepaliveS = KEEPALIVE_S): Promise<void> {
  const scripted = await ScriptedBroker.open();
  const proxy = await TcpProxy.open(scripted.port);
  const options = testBrokerOptions(`mqtt://127.0.0.1:${proxy.port}`, 'station-1');
  const broker = openMqttBroker({ ...options, keepaliveS });
  const states: boolean[] = [];
  broker.onState((connected) => states.push(connected));
  broker.start();
  try {
    await until(() => broker.connected);
    await run({ proxy, broker, states });
  } finally {
    await broker.close(false);
    await proxy.close();
    await scripted.close();
  }
}

/** The next loss, in ms from now. */
async function lossMs(line: Line): Promise<number> {
  const begunAt = performance.now();
  await until(() => line.states.includes(false), 'a loss');
  return performance.now() - begunAt;
}

async function delayed(ms: number, call: () => Promise<void>): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  await call();
}

describe.concurrent('a connection that stands but no longer carries', () => {
  for (const direction of ['up', 'down'] as const) {
    test(`idle, it is given up within one and a half keepalives when bytes vanish ${direction}`, () =>
      onLine(async (line) => {
        line.proxy.holes.add(direction);
        assert.ok((await lossMs(line)) < 1500 * KEEPALIVE_S + 200);
        line.proxy.holes.clear();
        await until(() => line.broker.connected, 'the next connection');
        assert.deepEqual(line.states, [true, false, true]);
      }));

    test(`during an upload too, when bytes vanish ${direction}; what waits is rejected`, () =>
      onLine(async (line) => {
        const payload = new Uint8Array(64 * 1024);
        const upload = async (): Promise<never> => {
          for (;;) {
            await line.broker.publish('x', payload, { qos: 0 });
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        };
        const ends = [upload(), delayed(50, () => line.broker.publish('y', payload, { qos: 1 }))];
        const settled = Promise.allSettled(ends);
        await new Promise((resolve) => setTimeout(resolve, 20));
        line.proxy.holes.add(direction);
        assert.ok((await lossMs(line)) < 1500 * KEEPALIVE_S + 300);
        for (const end of await settled) {
          assert.ok(end.status === 'rejected' && isDockError(end.reason, 'broker.offline'));
        }
      }));
  }

  // Longer than in the other tests: the kernel takes megabytes at a time, and on a busy machine a second lies between two of them.
  test('one that is only slow is kept: an upload of many keepalives through a thin pipe', () => {
    const keepaliveS = 3;
    return onLine(async (line) => {
      line.proxy.bytesPerS = 4 * MIB;
      const payload = new Uint8Array(MIB / 4 - 512); // what a busy machine takes within a keepalive, too: only whole writes are seen
      const begunAt = performance.now();
      for (let count = 0; count < 90; count++) await line.broker.publish('x', payload, { qos: 0 });
      await line.broker.publish('y', new Uint8Array(1), { qos: 1 });
      assert.ok(performance.now() - begunAt > 1700 * keepaliveS);
      assert.deepEqual(line.states, [true]);
    }, keepaliveS);
  });
});
