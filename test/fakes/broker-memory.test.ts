import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { isDockError } from '../../protocol/format/errors.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { type BrokerSubject, brokerContract } from '../contracts/broker-contract.ts';
import { MemoryHub } from './broker-memory.ts';
import { until } from './broker-subjects.ts';
import { ManualClock, settle } from './clock-manual.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function memorySubject(hub: MemoryHub, wait: BrokerSubject['until']): BrokerSubject {
  return {
    client: (id, options) => Promise.resolve(hub.client(id, options)),
    cut: (id) => hub.cut(id),
    hold: (id) => hub.hold(id),
    release: (id) => hub.release(id),
    until: wait,
    close: () => Promise.resolve(),
  };
}

describe('the broker in memory with a clock that is moved by hand', () => {
  brokerContract({ test }, () => {
    const clock = new ManualClock();
    const wait = async (condition: () => boolean): Promise<void> => {
      for (let turn = 0; turn < 100 && !condition(); turn++) await clock.advance(100);
      assert.ok(condition(), 'nothing more happens');
    };
    return Promise.resolve(memorySubject(new MemoryHub({ clock }), wait));
  });
});

describe('the broker in memory with the clock of the machine', () => {
  brokerContract({ test }, () =>
    Promise.resolve(memorySubject(new MemoryHub({ clock: nodeClock(), reconnectMs: 5 }), until)),
  );
});

describe('the switches of the broker in memory', () => {
  async function open(): Promise<{
    hub: MemoryHub;
    clock: ManualClock;
    got: string[];
    send: (text: string) => Promise<void>;
  }> {
    const clock = new ManualClock();
    const hub = new MemoryHub({ clock });
    const to = hub.client('to');
    const from = hub.client('from');
    const got: string[] = [];
    to.onMessage(({ payload }) => got.push(new TextDecoder().decode(payload)));
    await to.subscribe('a/#');
    to.start();
    from.start();
    await settle();
    return { hub, clock, got, send: (text) => from.publish('a/1', utf8(text), { qos: 1, retain: true }) };
  }

  test('a message can be lost, doubled, altered and delayed behind others', async () => {
    const { hub, clock, got, send } = await open();
    hub.fate = ({ payload }) => {
      const text = new TextDecoder().decode(payload);
      if (text === 'lost') return [];
      if (text === 'doubled') return [{}, {}];
      if (text === 'altered') return [{ payload: utf8('other') }];
      return text === 'late' ? [{ delayMs: 50 }] : [{}];
    };
    for (const text of ['lost', 'doubled', 'altered', 'late', 'plain']) await send(text);
    await clock.advance(10);
    assert.deepEqual(got, ['doubled', 'doubled', 'other', 'plain']);
    await clock.advance(50);
    assert.deepEqual(got.at(-1), 'late');
  });

  test('what was on the way when the connection broke does not arrive on the next one', async () => {
    const { hub, clock, got, send } = await open();
    hub.fate = ({ retained }) => (retained ? [] : [{ delayMs: 5000 }]);
    await send('late');
    hub.cut('to');
    await clock.advance(10_000);
    assert.deepEqual(got, []);
  });

  test('a kill forgets what is retained and lets nobody in until it is up', async () => {
    const { hub, clock, send } = await open();
    await send('x');
    assert.deepEqual(hub.retainedTopics(), ['a/1']);
    hub.kill();
    await clock.advance(5000);
    await assert.rejects(send('y'), (error) => isDockError(error, 'broker.offline'));
    hub.up();
    await clock.advance(1000);
    assert.equal(hub.retained('a/1'), undefined);
    await send('z');
  });

  test('refused topics and a lower cap are told to the publisher', async () => {
    const { hub, send } = await open();
    hub.refuses = (topic) => topic === 'a/1';
    await assert.rejects(send('x'), (error) => isDockError(error, 'broker.refused'));
    hub.payloadBytesMax = 3;
    await assert.rejects(send('long'), (error) => isDockError(error, 'broker.message-oversize'));
  });

  test('a second client of an id throws the first one out', async () => {
    const { hub, clock } = await open();
    const states: boolean[] = [];
    const second = hub.client('to');
    second.onState((connected) => states.push(connected));
    second.start();
    await clock.advance(60_000);
    assert.deepEqual(states, [true]);
  });
});
