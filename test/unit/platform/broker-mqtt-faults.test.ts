import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'vitest';
import { isDockError } from '../../../protocol/format/errors.ts';
import {
  type MqttBrokerOptions,
  openMqttBroker,
  type StartableBroker,
} from '../../../agent/platform/broker-mqtt.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import {
  CONNECT,
  connack,
  disconnect,
  message,
  packet,
  PINGREQ,
  PUBLISH,
  readMessage,
  type Script,
  ScriptedBroker,
  SUBSCRIBE,
} from '../../fakes/broker-scripted.ts';
import { testBrokerOptions, until } from '../../fakes/broker-subjects.ts';
import { SkippingClock } from '../../fakes/clock-skipping.ts';
import type { MemoryConditions } from '../../fakes/conditions-memory.ts';
import type { MemoryLog } from '../../fakes/log-memory.ts';
import { TcpProxy } from '../../fakes/tcp-proxy.ts';

const MIB = 1024 * 1024;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Client {
  readonly broker: StartableBroker;
  readonly conditions: MemoryConditions;
  readonly log: MemoryLog;
  readonly messages: string[];
  readonly states: boolean[];
}

/** A started client, subscribed to `a/#`. */
async function start(port: number, options: Partial<MqttBrokerOptions> = {}): Promise<Client> {
  const base = testBrokerOptions(`mqtt://127.0.0.1:${port}`, 'station-1');
  const broker = openMqttBroker({ ...base, protocol: 5, reconnect: { minMs: 5, maxMs: 50 }, ...options });
  const client: Client = { broker, conditions: base.conditions, log: base.log, messages: [], states: [] };
  broker.onMessage(({ topic, payload }) => client.messages.push(`${topic} ${payload.length}`));
  broker.onState((connected) => client.states.push(connected));
  await broker.subscribe('a/#');
  closing.push(() => broker.close(false));
  broker.start();
  return client;
}

async function connected(port: number, options: Partial<MqttBrokerOptions> = {}): Promise<Client> {
  const client = await start(port, options);
  await until(() => client.broker.connected, 'a connection');
  return client;
}

async function scripted(script?: Script): Promise<ScriptedBroker> {
  const broker = await ScriptedBroker.open(script);
  closing.push(() => broker.close());
  return broker;
}

async function proxied(port: number): Promise<TcpProxy> {
  const proxy = await TcpProxy.open(port);
  closing.push(() => proxy.close());
  return proxy;
}

const isOffline = (error: unknown): boolean => isDockError(error, 'broker.offline');

describe('a broker that is not reached', () => {
  test('is tried again with pauses, for ever, and found when it is back', async () => {
    const broker = await scripted();
    const proxy = await proxied(broker.port);
    proxy.refusing = true;
    const client = await start(proxy.port);
    await until(() => client.log.messages('warn').length > 0);
    proxy.refusing = false;
    await until(() => client.broker.connected);
    assert.deepEqual(client.states, [true]);
  });

  test('that cuts at any byte of the first exchange costs one attempt each', async () => {
    const broker = await scripted();
    const proxy = await proxied(broker.port);
    const client = await connected(proxy.port, { reconnect: { minMs: 1, maxMs: 2 } });
    for (const bytes of [1, 2, 10, 23, 24, 25, 34]) {
      proxy.cutAfterUp = bytes;
      const before = proxy.accepted;
      proxy.cut();
      await until(() => proxy.accepted > before + 1, `attempts cut after ${bytes} bytes`);
    }
    proxy.cutAfterUp = undefined;
    await until(() => client.broker.connected);
    await client.broker.publish('x', utf8('x'), { qos: 1 });
  });

  test('that flaps is met with one connection per loss, and never more', async () => {
    const broker = await scripted();
    const proxy = await proxied(broker.port);
    const client = await connected(proxy.port);
    for (let count = 0; count < 8; count++) {
      proxy.cut();
      await until(() => client.states.length === 2 * count + 3);
    }
    assert.equal(proxy.accepted, 9);
    assert.equal(proxy.connections, 1);
  });

  test('that never answers the CONNECT is left after the deadline', async () => {
    const broker = await scripted(() => null);
    const client = await start(broker.port, { attemptMsMax: 60 });
    await until(() => broker.connections.length >= 3);
    assert.deepEqual(client.states, []);
    const reasons = client.log.lines.map(({ fields }) => String(fields['reason']));
    assert.match(reasons[0] ?? '', /no CONNACK within 60 ms/);
  });

  test('that never answers a SUBSCRIBE is left too, at the first one and later', async () => {
    let answers = 0;
    const broker = await scripted(({ type }) => (type === SUBSCRIBE && answers-- <= 0 ? null : undefined));
    const client = await start(broker.port, { attemptMsMax: 60 });
    await until(() => broker.connections.length >= 2);
    assert.deepEqual(client.states, []);
    answers = 1;
    await until(() => client.broker.connected);
    await client.broker.subscribe('b/#');
    assert.equal(client.broker.connected, false);
  });

  test('that is slow to open is given four times the keepalive, and is known as slow; a quick one is not', async () => {
    const keepalives: number[] = [];
    const broker = await scripted(({ type, body }) => {
      if (type === CONNECT) keepalives.push(body.readUInt16BE(8));
      return undefined;
    });
    const clock = nodeClock();
    const attemptMsMax = 7777; // by which its wait is told from others
    for (const openingMs of [0, 4000]) {
      let passedMs = 0;
      const slow: typeof clock = {
        ...clock,
        monotonicMs: () => clock.monotonicMs() + passedMs,
        after: (ms, call) => {
          if (ms === attemptMsMax) passedMs = openingMs;
          return clock.after(ms, call);
        },
      };
      const client = await connected(broker.port, { clock: slow, attemptMsMax });
      assert.equal(client.broker.isSlow, openingMs > 0);
    }
    assert.deepEqual(keepalives, [15, 60]);
  });

  test('that answers a little late is waited for', async () => {
    const broker = await scripted(({ type }, connection) => {
      if (type !== CONNECT) return undefined;
      setTimeout(() => connection.send(connack(0, [])), 100);
      return null;
    });
    const client = await connected(broker.port, { attemptMsMax: 2000 });
    assert.equal(broker.connections.length, 1);
    assert.deepEqual(client.states, [true]);
  });

  test('whose name does not exist is a condition, not a crash', async () => {
    const client = await start(1, { url: 'mqtt://no-such-host.invalid' });
    await until(() => client.log.messages('warn').length > 0);
    assert.match(String(client.log.lines[0]?.fields['reason']), /ENOTFOUND|EAI_AGAIN/);
  });

  test('that has no address but one of IPv6 is found, and missed by that address when it is gone', async () => {
    const broker = await ScriptedBroker.open(undefined, undefined, '::1');
    closing.push(() => broker.close());
    const client = await connected(1, { url: `mqtt://[::1]:${broker.port}` });
    await client.broker.publish('x', utf8('x'), { qos: 1 });
    assert.deepEqual([client.states, client.conditions.codes()], [[true], []]);
    await broker.close();
    closing.pop();
    await until(() =>
      client.log.lines.some(({ fields }) => /ECONNREFUSED ::1:/.test(String(fields['reason']))),
    );
  });

  test('that speaks something else is left at once', async () => {
    for (const bytes of ['HTTP/1.1 400 Bad Request\r\n\r\n', '220 mail ready\r\n', '\0\0\0\0\0\0']) {
      const broker = await scripted(() => Buffer.from(bytes));
      const client = await start(broker.port);
      await until(() => broker.connections.length >= 2, `leaving ${bytes}`);
      assert.deepEqual(client.states, []);
    }
  });
});

describe('a broker that refuses', () => {
  /** An agent leaves a will, a receiver none. */
  const parties: [string, Partial<MqttBrokerOptions>][] = [
    ['an agent', { will: { topic: 'a/status', payload: utf8('{}'), qos: 1, retain: true } }],
    ['a receiver', {}],
  ];
  /** All of MQTT 5 (3.2.2.2) but 132, which says that it is the version. */
  const codes = [
    128, 129, 130, 131, 133, 134, 135, 136, 137, 138, 140, 144, 149, 151, 153, 154, 155, 156, 157, 159,
  ];
  describe.each(parties)('the connection of %s', (_party, options) => {
    test.each(codes)('with code %i is a condition that names it, and it is tried again', async (code) => {
      const broker = await scripted(({ type }) => (type === CONNECT ? connack(code, []) : undefined));
      const client = await start(broker.port, { protocol: 'auto', ...options });
      await until(() => broker.connections.length >= 2 && client.conditions.isRaised('broker.refused'));
      assert.equal(client.conditions.facts('broker.refused')?.['reason_code'], code);
      assert.doesNotMatch(String(client.conditions.facts('broker.refused')?.['reason']), /reason code/);
      assert.ok(broker.connections.every(({ version }) => version !== 4));
      assert.deepEqual(client.states, []);
    });

    test('because of the version that the configuration insists on is a condition', async () => {
      const broker = await scripted(({ type }) => (type === CONNECT ? connack(132, []) : undefined));
      const client = await start(broker.port, { protocol: 5, ...options });
      await until(() => client.conditions.isRaised('broker.refused'));
      assert.match(String(client.conditions.facts('broker.refused')?.['reason']), /version/i);
    });

    test('with the name of the server to use instead is not led there by a broker’s word', async () => {
      const other = await scripted();
      const name = Buffer.from(`127.0.0.1:${other.port}`);
      const properties = [0x1c, 0, name.length, ...name];
      const broker = await scripted(({ type }) => (type === CONNECT ? connack(157, properties) : undefined));
      const client = await start(broker.port, options);
      await until(() => broker.connections.length >= 3);
      assert.equal(client.conditions.facts('broker.refused')?.['reason_code'], 157);
      assert.equal(other.connections.length, 0);
    });
  });

  test.each([2, 3, 4, 5])('a connection of 3.1.1 with code %i too', async (code) => {
    const broker = await scripted(({ type }) => (type === CONNECT ? connack(code) : undefined));
    const client = await start(broker.port, { protocol: 4 });
    await until(() => client.conditions.facts('broker.refused')?.['reason_code'] === code);
  });

  test('gets another chance, and the condition goes when it takes us', async () => {
    let refusals = 2;
    const broker = await scripted(({ type }) =>
      type === CONNECT && refusals-- > 0 ? connack(135, []) : undefined,
    );
    const client = await connected(broker.port);
    assert.deepEqual(client.conditions.codes(), []);
    assert.ok(client.conditions.history.some(({ code }) => code === 'broker.refused'));
  });

  test('version 5 in the words of 3.1.1 or of 5 is spoken to in 3.1.1, without a condition', async () => {
    for (const answer of [connack(1), connack(132, [])]) {
      const broker = await scripted(({ type }, connection) =>
        type === CONNECT && connection.version === 5 ? answer : undefined,
      );
      const client = await connected(broker.port, { protocol: 'auto' });
      assert.deepEqual(
        broker.connections.map(({ version }) => version),
        [5, 4],
      );
      broker.last.socket.resetAndDestroy();
      await until(() => client.states.length === 3);
      assert.equal(broker.last.version, 4);
      assert.deepEqual(client.conditions.codes(), []);
      const raised = client.conditions.history.filter(({ facts }) => facts !== undefined);
      assert.deepEqual(raised, []);
    }
  });

  test('version 5 by hanging up is spoken to in 3.1.1', async () => {
    const broker = await scripted(({ type }, connection) => {
      if (type !== CONNECT || connection.version === 4) return undefined;
      connection.socket.end();
      return null;
    });
    await connected(broker.port, { protocol: 'auto' });
    assert.equal(broker.last.version, 4);
  });

  test('a CONNECT by hanging up, after it had taken version 5, is still spoken to in 5', async () => {
    let hangUps = 0;
    const broker = await scripted(({ type }, connection) => {
      if (type !== CONNECT || broker.connections.length === 1 || hangUps++ > 1) return undefined;
      connection.socket.end();
      return null;
    });
    const client = await connected(broker.port, { protocol: 'auto' });
    broker.last.socket.resetAndDestroy();
    await until(() => client.states.length === 3);
    assert.deepEqual(
      broker.connections.map(({ version }) => version),
      [5, 5, 5, 5],
    );
  });

  test('a subscription leaves us unconnected, with a condition that names the filter', async () => {
    const broker = await scripted(({ type, body }) =>
      type === SUBSCRIBE ? packet(9, Buffer.from([body[0] ?? 0, body[1] ?? 0, 0, 135])) : undefined,
    );
    const client = await start(broker.port);
    await until(() => client.conditions.isRaised('broker.refused'));
    assert.match(String(client.conditions.facts('broker.refused')?.['reason']), /a\/#.*Not authorized/);
    assert.deepEqual(client.states, []);
    await until(() => broker.connections.length >= 2);
  });

  test('a subscription of a standing connection ends it and rejects', async () => {
    let first = true;
    const broker = await scripted(({ type, body }) => {
      if (type !== SUBSCRIBE || first) return void (first = first && type !== SUBSCRIBE);
      return packet(9, Buffer.from([body[0] ?? 0, body[1] ?? 0, 0, 135]));
    });
    const client = await connected(broker.port);
    await assert.rejects(client.broker.subscribe('b/#'), (error) => isDockError(error, 'broker.refused'));
    await until(() => client.states.includes(false));
    assert.ok(client.conditions.isRaised('broker.refused'));
  });

  test('a message with an error code is told to the publisher and shown; one without subscribers is a success', async () => {
    const codes = new Map([
      ['x/denied', 135],
      ['x/quota', 151],
      ['x/format', 153],
      ['x/nobody', 16],
    ]);
    const broker = await scripted((request) => {
      if (request.type !== PUBLISH) return undefined;
      const { topic, packetId } = readMessage(request);
      return packet(4, Buffer.from([packetId >> 8, packetId & 255, codes.get(topic) ?? 0, 0]));
    });
    const client = await connected(broker.port);
    for (const [topic, code] of codes) {
      const publishing = client.broker.publish(topic, utf8('x'), { qos: 1 });
      if (code === 16) {
        await publishing;
        continue;
      }
      await assert.rejects(publishing, (error) => {
        return isDockError(error, 'broker.refused') && error.facts['reason_code'] === code;
      });
      assert.equal(client.conditions.facts('broker.publish-refused')?.['reason_code'], code);
    }
    assert.deepEqual(client.states, [true]);
  });

  test.each([
    ['no QoS 1', [0x24, 0]],
    ['no retained messages', [0x25, 0]],
    ['no wildcards', [0x28, 0]],
    ['no room for a message of QoS 1', [0x21, 0, 0]],
  ])('by offering %s is not used, and shown', async (_what, properties) => {
    const broker = await scripted(({ type }) => (type === CONNECT ? connack(0, properties) : undefined));
    const client = await start(broker.port);
    await until(() => client.conditions.isRaised('broker.refused'));
    assert.deepEqual(client.states, []);
  });
});

describe('a broker that ends the connection', () => {
  test('because another client took our id is left alone for long, and shown', async () => {
    const broker = await scripted();
    const client = await connected(broker.port, { reconnect: { minMs: 1, maxMs: 300 } });
    const begun = performance.now();
    broker.last.send(disconnect(142));
    await until(() => client.states.length === 3);
    assert.ok(performance.now() - begun >= 300);
    assert.ok(client.conditions.isRaised('broker.client-id-in-use'));
    assert.equal(broker.connections.length, 2);
  });

  test.each([135, 151, 152, 156, 157])('for reason %i, which a person must know, is shown', async (code) => {
    const broker = await scripted();
    const client = await connected(broker.port, { reconnect: { minMs: 1000, maxMs: 2000 } });
    broker.last.send(disconnect(code));
    await until(() => client.conditions.isRaised('broker.refused'));
    assert.equal(client.conditions.facts('broker.refused')?.['reason_code'], code);
  });

  test('because a packet was too large gets half of it next time', async () => {
    const broker = await scripted();
    const client = await connected(broker.port);
    await client.broker.publish('x', new Uint8Array(600_000), { qos: 0 });
    broker.last.send(disconnect(149));
    await until(() => client.states.length === 3);
    assert.equal(client.broker.payloadBytesMax, 300_000);
    const publishing = client.broker.publish('x', new Uint8Array(300_001), { qos: 0 });
    await assert.rejects(publishing, (error) => isDockError(error, 'broker.message-oversize'));
  });
});

describe('limits of a broker', () => {
  test('that were found by its refusals are forgotten by a connection a day later', async () => {
    const clock = new SkippingClock(1);
    const broker = await scripted();
    const client = await connected(broker.port, { clock, reconnect: { minMs: 1, maxMs: 2 } });
    const { payloadBytesMax } = client.broker;
    const brokenOff = async (code: number): Promise<void> => {
      const states = client.states.length;
      broker.last.send(disconnect(code));
      await until(() => client.states.length === states + 2);
    };
    await client.broker.publish('x', new Uint8Array(600_000), { qos: 0 });
    await brokenOff(149);
    assert.equal(client.broker.payloadBytesMax, 300_000);
    await brokenOff(139);
    assert.equal(client.broker.payloadBytesMax, 300_000);
    clock.skippedMs = 25 * 3_600_000;
    await brokenOff(139);
    assert.equal(client.broker.payloadBytesMax, payloadBytesMax);
  });

  test('its maximum packet size bounds our payloads before anything is sent', async () => {
    const broker = await scripted(({ type }) =>
      type === CONNECT ? connack(0, [0x27, 0, 1, 0, 0]) : undefined,
    );
    const client = await connected(broker.port);
    assert.equal(client.broker.payloadBytesMax, 65_536 - 512);
    const { bytes } = broker.last;
    const publishing = client.broker.publish('x', new Uint8Array(65_536 - 511), { qos: 0 });
    await assert.rejects(publishing, (error) => isDockError(error, 'broker.message-oversize'));
    await client.broker.publish('x', utf8('x'), { qos: 1 });
    assert.ok(broker.last.bytes - bytes < 20);
  });

  test('one that takes next to nothing is shown', async () => {
    const broker = await scripted(({ type }) =>
      type === CONNECT ? connack(0, [0x27, 0, 0, 4, 0]) : undefined,
    );
    const client = await connected(broker.port);
    assert.equal(client.conditions.facts('broker.message-size')?.['payload_bytes_max'], 512);
  });

  test.each([1, 3])('a receive maximum of %i is never passed, and all messages go', async (maximum) => {
    let open = 0;
    let most = 0;
    const broker = await scripted((request, connection) => {
      if (request.type === CONNECT) return connack(0, [0x21, 0, maximum]);
      if (request.type !== PUBLISH) return undefined;
      most = Math.max(most, ++open);
      const { packetId } = readMessage(request);
      setTimeout(() => {
        open--;
        connection.send(packet(4, Buffer.from([packetId >> 8, packetId & 255])));
      }, 2);
      return null;
    });
    const client = await connected(broker.port);
    const topics = Array.from({ length: 20 }, (_, place) => `x/${place}`);
    await Promise.all(topics.map((topic) => client.broker.publish(topic, utf8('x'), { qos: 1 })));
    assert.equal(most, maximum);
    const published = broker.last.packets.filter(({ type }) => type === PUBLISH).map(readMessage);
    assert.deepEqual(
      published.map(({ topic }) => topic),
      topics,
    );
  });

  test.each([0, 8])(
    'a topic alias maximum of %i is not passed: each message has its topic',
    async (maximum) => {
      const broker = await scripted(({ type }) =>
        type === CONNECT ? connack(0, [0x22, 0, maximum]) : undefined,
      );
      const client = await connected(broker.port);
      for (let count = 0; count < 3; count++) await client.broker.publish('x/long', utf8('x'), { qos: 1 });
      const published = broker.last.packets.filter(({ type }) => type === PUBLISH);
      assert.equal(published.length, 3);
      for (const each of published) {
        assert.equal(readMessage(each).topic, 'x/long');
        assert.equal(each.body[2 + 'x/long'.length + 2], 0, 'no property, so no alias');
      }
    },
  );

  test('a keepalive that the broker sets is kept', async () => {
    const broker = await scripted(({ type }) => (type === CONNECT ? connack(0, [0x13, 0, 1]) : undefined));
    await connected(broker.port, { keepaliveS: 600 });
    await until(() => broker.last.types.includes(PINGREQ), 'a ping');
  });

  test('a keepalive of hours that the broker sets does not keep a dead connection for hours', async () => {
    const broker = await scripted(({ type }) => {
      if (type === CONNECT) return connack(0, [0x13, 0xff, 0xff]);
      return type === PINGREQ ? null : undefined;
    });
    const client = await connected(broker.port, { keepaliveS: 1 });
    await until(() => client.states.includes(false), 'the end of the silence');
  });
});

describe('messages on the way when a connection ends', () => {
  test('are rejected, waiting ones too, and none is sent on the next connection', async () => {
    const broker = await scripted(({ type }, connection) => {
      if (type === CONNECT) return connack(0, [0x21, 0, 2]);
      return type === PUBLISH && broker.connections[0] === connection ? null : undefined;
    });
    const client = await connected(broker.port);
    const publishing = [0, 1, 2, 3].map((place) =>
      client.broker.publish(`x/${place}`, utf8('x'), { qos: 1 }),
    );
    const settled = Promise.allSettled(publishing);
    await until(() => broker.last.types.filter((type) => type === PUBLISH).length === 2);
    broker.last.socket.resetAndDestroy();
    for (const result of await settled) {
      assert.ok(result.status === 'rejected' && isOffline(result.reason));
    }
    await until(() => client.states.length === 3);
    await client.broker.publish('x/new', utf8('x'), { qos: 1 });
    const sent = broker.last.packets.filter(({ type }) => type === PUBLISH).map(readMessage);
    assert.deepEqual(
      sent.map(({ topic }) => topic),
      ['x/new'],
    );
  });

  test('of QoS 0 that wait for room are rejected', async () => {
    const broker = await scripted();
    const client = await connected(broker.port);
    broker.last.socket.pause();
    const payload = new Uint8Array(MIB - 512);
    const results: string[] = [];
    const publishing = Array.from({ length: 30 }, () =>
      client.broker.publish('x', payload, { qos: 0 }).then(
        () => results.push('sent'),
        (error: unknown) => results.push(isOffline(error) ? 'offline' : 'other'),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(results.length < 30, 'a connection that takes nothing makes publishers wait');
    broker.last.socket.resetAndDestroy();
    await Promise.all(publishing);
    assert.ok(results.includes('offline') && !results.includes('other'), String(results));
  });

  test('that are never acknowledged end the connection, although pings are answered', async () => {
    const clock = nodeClock();
    const fast = {
      ...clock,
      monotonicMs: () => clock.monotonicMs() * 200,
      after: (ms: number, call: () => void) => clock.after(ms / 200, call),
    };
    const broker = await scripted(({ type }) => (type === PUBLISH ? null : undefined));
    const client = await connected(broker.port, { clock: fast });
    const publishing = client.broker.publish('x', utf8('x'), { qos: 1 });
    await assert.rejects(publishing, isOffline);
    await until(() => client.states.length === 3);
    assert.ok(broker.connections[0]?.types.includes(PINGREQ));
  });

  test('acknowledgements that are doubled, late, or for nothing have no effect', async () => {
    const broker = await scripted((request) => {
      if (request.type !== PUBLISH) return undefined;
      const { packetId } = readMessage(request);
      const puback = packet(4, Buffer.from([packetId >> 8, packetId & 255]));
      return Buffer.concat([puback, puback, packet(4, Buffer.from([0x77, 0x77]))]);
    });
    const client = await connected(broker.port);
    for (let count = 0; count < 5; count++) await client.broker.publish('x', utf8('x'), { qos: 1 });
    assert.deepEqual(client.states, [true]);
  });

  test('acknowledgements out of order settle the right publisher', async () => {
    const held: number[] = [];
    const broker = await scripted((request) => {
      if (request.type !== PUBLISH) return undefined;
      held.push(readMessage(request).packetId);
      if (held.length < 3) return null;
      return Buffer.concat(
        held
          .toReversed()
          .map((id, place) => packet(4, Buffer.from([id >> 8, id & 255, place === 0 ? 135 : 0, 0]))),
      );
    });
    const client = await connected(broker.port);
    const results = await Promise.allSettled(
      ['x/1', 'x/2', 'x/3'].map((topic) => client.broker.publish(topic, utf8('x'), { qos: 1 })),
    );
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected'],
    );
  });
});

describe('messages that come in', () => {
  test('above the bound are dropped and acknowledged, the next ones arrive, and one line is logged', async () => {
    const broker = await scripted();
    const client = await connected(broker.port, { inboundBytesMax: 1000 });
    broker.last.send(message('a/1', new Uint8Array(1000), { v5: true }));
    broker.last.send(message('a/2', new Uint8Array(2 * MIB), { v5: true, packetId: 7 }));
    broker.last.send(message('a/3', new Uint8Array(2 * MIB), { v5: true, packetId: 300, retain: true }));
    broker.last.send(message('a/4', new Uint8Array(5), { v5: true, packetId: 9 }));
    await until(() => client.messages.length === 2);
    assert.deepEqual(client.messages, ['a/1 1000', 'a/4 5']);
    const acknowledged = (): number[] =>
      broker.last.packets.filter(({ type }) => type === 4).map(({ body }) => body.readUInt16BE(0));
    await until(() => acknowledged().length === 3);
    assert.deepEqual(acknowledged(), [7, 300, 9]);
    assert.equal(client.log.messages('warn').length, 1);
    assert.deepEqual(client.states, [true]);
  });

  test.each([
    ['a message of QoS 1 without a packet id', packet(3, Buffer.from([0, 1, 0x61]), 2)],
    ['a message of QoS 2', packet(3, Buffer.from([0, 1, 0x61, 0, 1, 0]), 4)],
    ['a second CONNACK', connack(0, [])],
    ['an unknown property', packet(3, Buffer.from([0, 1, 0x61, 2, 0x7e, 0]))],
  ])('%s ends the connection and nothing else', async (_what, bytes) => {
    const broker = await scripted();
    const client = await connected(broker.port);
    broker.last.send(bytes);
    await until(() => client.states.length === 3);
    await client.broker.publish('x', utf8('x'), { qos: 1 });
  });

  test('long or short, acknowledged or not, arrive in the order in which they were sent, and none is stuck behind a full parser', async () => {
    const broker = await scripted();
    const client = await connected(broker.port);
    const sent: string[] = [];
    const long = (name: string): Buffer => {
      sent.push(`${name} 200000`);
      return message(name, Buffer.alloc(200_000, 1), { v5: true });
    };
    const short = (name: string, packetId: number): Buffer => {
      sent.push(`${name} 2000`);
      return message(name, Buffer.alloc(2000, 2), { v5: true, packetId });
    };
    for (let round = 0; round < 5; round++) {
      const burst = Array.from({ length: 20 }, (_, at) => short(`s/${round}/${at}`, round * 20 + at + 1));
      broker.last.send(Buffer.concat([...burst, long(`l/${round}/a`), long(`l/${round}/b`)]));
    }
    await until(() => client.messages.length >= sent.length);
    broker.last.send(long('last'));
    await until(() => client.messages.length >= sent.length);
    assert.deepEqual(client.messages, sent);
  });

  test('that are retained and oversize do not keep us from connecting', async () => {
    const broker = await scripted(({ type, body }) => {
      if (type !== SUBSCRIBE) return undefined;
      const suback = packet(9, Buffer.from([body[0] ?? 0, body[1] ?? 0, 0, 1]));
      return Buffer.concat([message('a/1', new Uint8Array(3000), { v5: true, retain: true }), suback]);
    });
    const client = await connected(broker.port, { inboundBytesMax: 1000 });
    await client.broker.publish('x', utf8('x'), { qos: 1 });
    assert.deepEqual([client.states, client.messages], [[true], []]);
  });
});

describe('closing', () => {
  test('in order says DISCONNECT, otherwise nothing', async () => {
    const broker = await scripted();
    const clean = await connected(broker.port);
    await clean.broker.close(true);
    await until(() => broker.last.types.at(-1) === 14);
    const unclean = await connected(broker.port);
    await unclean.broker.close(false);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(!broker.last.types.includes(14));
  });

  test('ends an attempt that is on its way, a pause, and a connection that takes nothing', async () => {
    const silent = await scripted(() => null);
    const attempting = await start(silent.port);
    await until(() => silent.connections.length === 1);
    await attempting.broker.close(true);

    const refused = await start(1, { reconnect: { minMs: 60_000, maxMs: 60_000 } });
    await until(() => refused.log.messages('warn').length > 0);
    await refused.broker.close(true);

    const broker = await scripted();
    const stuck = await connected(broker.port);
    broker.last.socket.pause();
    const payload = new Uint8Array(MIB - 512);
    const publishing = Array.from({ length: 20 }, () =>
      stuck.broker.publish('x', payload, { qos: 0 }).catch(() => undefined),
    );
    const begun = performance.now();
    await stuck.broker.close(true);
    await Promise.all(publishing);
    assert.ok(performance.now() - begun < 3000);
  });
});
