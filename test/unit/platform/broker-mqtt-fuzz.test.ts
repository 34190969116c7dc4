import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { openMqttBroker } from '../../../agent/platform/broker-mqtt.ts';
import {
  CONNECT,
  connack,
  disconnect,
  message,
  packet,
  ScriptedBroker,
} from '../../fakes/broker-scripted.ts';
import { testBrokerOptions, until } from '../../fakes/broker-subjects.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';

const SESSIONS = 400;
/** `seed` of a run that failed goes here, too. */
const SEEDS = [1, Number(process.env['BODYDOCK_SEED'] ?? Date.now() % 1_000_000)];

/** A body under another packet's name is worth more than any flipped bit. */
const FIRST_BYTES = [
  0x20, 0x30, 0x31, 0x32, 0x33, 0x34, 0x3b, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0, 0xe0, 0xf0,
];

/** Packets as a broker sends them, each a start for mutations. */
function corpus(v5: boolean): readonly Buffer[] {
  const payload = Buffer.from('hello');
  return [
    connack(0, v5 ? [0x21, 0, 10, 0x27, 0, 1, 0, 0, 0x1f, 0, 2, 0x68, 0x69] : undefined),
    packet(9, Buffer.from(v5 ? [0, 1, 0, 1] : [0, 1, 1])),
    message('a/b', payload, { v5 }),
    message('a/b', payload, { v5, packetId: 7, retain: true }),
    packet(4, Buffer.from(v5 ? [0, 1, 135, 5, 0x1f, 0, 2, 0x68, 0x69] : [0, 1])),
    packet(5, Buffer.from([0, 1])),
    packet(6, Buffer.from([0, 1]), 2),
    packet(11, Buffer.from(v5 ? [0, 1, 0, 0] : [0, 1])),
    packet(13, Buffer.alloc(0)),
    v5 ? disconnect(139) : packet(13, Buffer.alloc(0)),
  ];
}

function mutate(bytes: Buffer, random: SeededRandom): Buffer {
  const copy = Buffer.from(bytes);
  if (random.below(3) === 0) copy[0] = random.pick(FIRST_BYTES);
  for (let count = random.below(4); count > 0; count--) copy[random.below(copy.length)] = random.below(256);
  if (random.below(6) === 0) return copy.subarray(0, random.below(copy.length + 1));
  return random.below(6) === 0 ? Buffer.concat([copy, random.bytes(random.below(6))]) : copy;
}

/** What one connection gets instead of an answer. */
function session(v5: boolean, random: SeededRandom): Buffer {
  const packets = corpus(v5);
  const whole = random.below(5) > 0 ? packets.slice(0, 1 + random.below(2)) : [];
  const odd = Array.from({ length: 1 + random.below(6) }, () => mutate(random.pick(packets), random));
  return Buffer.concat([...whole, ...odd]);
}

describe('a broker that sends nonsense', () => {
  for (const version of [4, 5] as const) {
    test.each(SEEDS)(`of version ${version} costs connections and nothing else, seed %i`, async (seed) => {
      const random = new SeededRandom(seed);
      let healthy = false;
      const broker = await ScriptedBroker.open(({ type }, connection) => {
        if (healthy) return undefined;
        if (type !== CONNECT) return null;
        const bytes = session(version === 5, random);
        if (random.below(2) === 0) return bytes;
        for (const byte of bytes) connection.send(Buffer.from([byte]));
        setTimeout(() => connection.socket.destroy(), 2);
        return null;
      });
      const options = testBrokerOptions(`mqtt://127.0.0.1:${broker.port}`, 'station-1');
      const clients = Array.from({ length: 8 }, () =>
        openMqttBroker({
          ...options,
          protocol: version,
          reconnect: { minMs: 1, maxMs: 2 },
          attemptMsMax: 10,
        }),
      );
      for (const client of clients) {
        await client.subscribe('a/#');
        client.onState((connected) => {
          if (connected) client.publish('x', Buffer.from('x'), { qos: 1 }).catch(() => undefined);
        });
        client.start();
      }
      const cutting = setInterval(() => broker.connections.at(-1)?.socket.destroy(), 5);
      await until(() => broker.connections.length >= SESSIONS, 'all sessions');
      clearInterval(cutting);
      healthy = true;
      for (const { socket } of broker.connections) socket.destroy();
      await until(() => clients.every((client) => client.connected), 'a healthy connection for each');
      assert.ok(broker.connections.length >= SESSIONS);
      await Promise.all(clients.map((client) => client.close(false)));
      await broker.close();
    });
  }
});
