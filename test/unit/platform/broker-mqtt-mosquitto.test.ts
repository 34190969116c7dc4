import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'vitest';
import { isDockError } from '../../../protocol/format/errors.ts';
import {
  type MqttBrokerOptions,
  openMqttBroker,
  type StartableBroker,
} from '../../../agent/platform/broker-mqtt.ts';
import { testBrokerOptions, until } from '../../fakes/broker-subjects.ts';
import type { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { Mosquitto, type MosquittoOptions } from '../../fakes/mosquitto.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function broker(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const mosquitto = await Mosquitto.open(options);
  closing.push(() => mosquitto.stop());
  return mosquitto;
}

interface Client {
  readonly broker: StartableBroker;
  readonly conditions: MemoryConditions;
  readonly messages: string[];
  readonly states: boolean[];
}

async function connected(url: string, id: string, more: Partial<MqttBrokerOptions> = {}): Promise<Client> {
  const options = { ...testBrokerOptions(url, id), ...more };
  const client: Client = {
    broker: openMqttBroker(options),
    conditions: options.conditions as MemoryConditions,
    messages: [],
    states: [],
  };
  client.broker.onMessage(({ topic }) => client.messages.push(topic));
  client.broker.onState((state) => client.states.push(state));
  await client.broker.subscribe(`${id}/#`);
  closing.push(() => client.broker.close(true));
  client.broker.start();
  await until(() => client.broker.connected);
  return client;
}

describe.skipIf(lacksTools('mosquitto'))('mosquitto', () => {
  test('killed and started again, with all sessions lost, has us back and subscribed', async () => {
    const mosquitto = await broker();
    const one = await connected(mosquitto.url, 'one');
    const two = await connected(mosquitto.url, 'two');
    await mosquitto.kill();
    await until(() => !one.broker.connected && !two.broker.connected);
    await mosquitto.start();
    await until(() => one.broker.connected && two.broker.connected);
    await two.broker.publish('one/1', utf8('x'), { qos: 1 });
    await until(() => one.messages.length === 1);
    assert.deepEqual(one.states, [true, false, true]);
  });

  test('tells its largest packet, and nothing above it is sent', async () => {
    const mosquitto = await broker({ lines: ['max_packet_size 20000'] });
    const one = await connected(mosquitto.url, 'one');
    assert.equal(one.broker.payloadBytesMax, 20_000 - 512);
    const over = one.broker.publish('one/1', new Uint8Array(20_000 - 511), { qos: 1 });
    await assert.rejects(over, (error) => isDockError(error, 'broker.message-oversize'));
    await one.broker.publish('one/1', new Uint8Array(20_000 - 512), { qos: 1 });
    await until(() => one.messages.length === 1);
  });

  test('that does not tell its limit ends the connection; nothing is sent again by itself, and the next one works', async () => {
    const mosquitto = await broker({ lines: ['message_size_limit 10000'] });
    const one = await connected(mosquitto.url, 'one');
    const over = one.broker.publish('one/1', new Uint8Array(100_000), { qos: 1 });
    await assert.rejects(over, (error) => isDockError(error));
    await until(() => one.broker.connected);
    await one.broker.publish('one/2', new Uint8Array(9_000), { qos: 1 });
    await until(() => one.messages.includes('one/2'));
    assert.ok(one.states.length <= 3, `${one.states.length} changes`);
  });

  test.each([4, 5] as const)('with an ACL that denies us tells so in version %i', async (protocol) => {
    const mosquitto = await broker({
      lines: ['acl_file {folder}/acl'],
      files: { acl: 'topic readwrite one/#\n' },
    });
    const one = await connected(mosquitto.url, 'one', { protocol });
    const denied = one.broker.publish('other/1', utf8('x'), { qos: 1 });
    if (protocol === 5) {
      await assert.rejects(denied, (error) => isDockError(error, 'broker.refused'));
      assert.equal(one.conditions.facts('broker.publish-refused')?.['reason_code'], 135);
    } else {
      // 3.1.1 has no word for it: mosquitto acknowledges and drops. Only the transfer's own answers can tell.
      await denied;
    }
    assert.ok(one.broker.connected);
  });

  test('with two clients of one id leaves both without ping-pong, and both say why', async () => {
    const mosquitto = await broker();
    const reconnect = { minMs: 5, maxMs: 150 };
    const first = await connected(mosquitto.url, 'one', { reconnect });
    const second = await connected(mosquitto.url, 'one', { reconnect });
    const begunAt = performance.now();
    await until(() =>
      [first, second].every(({ conditions }) => conditions.isRaised('broker.client-id-in-use')),
    );
    const changes = first.states.length + second.states.length;
    assert.ok(changes <= 4 + (performance.now() - begunAt) / 50, `${changes} changes`);
  });

  test('goes on sending to us after more oversize messages than it keeps in flight', async () => {
    const mosquitto = await broker();
    for (const protocol of [4, 5] as const) {
      const id = `small-${protocol}`;
      const small = await connected(mosquitto.url, id, { protocol, inboundBytesMax: 5000 });
      const large = await connected(mosquitto.url, `large-${protocol}`, { protocol });
      for (let count = 0; count < 30; count++) {
        await large.broker.publish(`${id}/over`, new Uint8Array(200_000), { qos: 1 });
      }
      await large.broker.publish(`${id}/fits`, new Uint8Array(10), { qos: 1 });
      await until(() => small.messages.length === 1);
      assert.deepEqual(small.messages, [`${id}/fits`]);
      assert.deepEqual(small.states, [true]);
    }
  });
});
