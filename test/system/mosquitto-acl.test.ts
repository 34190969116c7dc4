// The shipped configuration of mosquitto and its ACL, with certificates that openssl makes: who gets in, who may write and read what.
import { readFile } from 'node:fs/promises';
import { connect as connectTls } from 'node:tls';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseReceiverId } from '../../protocol/format/ids.ts';
import { UNIT_BYTES } from '../../protocol/format/limits.ts';
import { receiverTopics } from '../../protocol/transfer/topics.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { adapted } from '../fakes/shipped-mosquitto.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { TestAuthority } from '../fakes/tls.ts';

const SHIPPED = new URL('../../systemd/mosquitto/', import.meta.url);
const WAIT_MS = 5000;
/** MQTT 5.0, reason codes of PUBACK. */
const NOT_AUTHORISED = 0x87;

/** What never settles is a failure of the test, not a wait. */
async function within<T>(outcome: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing happened within ${WAIT_MS} ms`)), WAIT_MS);
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}

describe.skipIf(lacksTools('mosquitto', 'openssl'))('mosquitto as it is shipped', () => {
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let broker: Mosquitto;
  const clients: MqttClient[] = [];

  beforeAll(async () => {
    [authority, stranger] = await Promise.all([TestAuthority.open(), TestAuthority.open('stranger')]);
    const server = await authority.issue({
      commonName: 'localhost',
      kind: 'server',
      names: ['IP:127.0.0.1'],
    });
    const lines = adapted(
      await readFile(new URL('mosquitto.example.conf', SHIPPED), 'utf8'),
      authority,
      server,
    );
    const acl = await readFile(new URL('mosquitto.acl', SHIPPED), 'utf8');
    broker = await Mosquitto.open({ lines, files: { acl } });
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.endAsync(true)));
    await broker.stop();
    await Promise.all([authority.close(), stranger.close()]);
  });

  /** One at a time: openssl's authority keeps its list in a file without a lock. */
  let issuing: Promise<unknown> = Promise.resolve();
  async function certificate(commonName: string, by = authority): Promise<IClientOptions> {
    // openssl takes "/" and "+" as marks between names.
    const escaped = commonName.replaceAll(/[/+]/g, (mark) => `\\${mark}`);
    const issued = issuing.then(() => by.issue({ commonName: escaped, kind: 'client' }));
    issuing = issued.catch(() => undefined);
    const { cert, key } = await issued;
    return { ca: Buffer.from(authority.ca), cert: Buffer.from(cert), key: Buffer.from(key) };
  }

  async function connect(commonName: string, options: IClientOptions = {}): Promise<MqttClient> {
    const own: IClientOptions = { protocolVersion: 5, reconnectPeriod: 0, connectTimeout: WAIT_MS };
    const files = options.cert === undefined ? await certificate(commonName) : {};
    const client = await connectAsync(`mqtts://127.0.0.1:${broker.port}`, { ...own, ...files, ...options });
    clients.push(client);
    return client;
  }

  /** Topics that a client gets, until the marker comes that was published last. */
  function listen(client: MqttClient, marker: string): Promise<string[]> {
    const seen: string[] = [];
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`only ${seen.join(', ')} came`)), WAIT_MS);
      client.on('message', (topic) => {
        seen.push(topic);
        if (topic !== marker) return;
        clearTimeout(timer);
        resolve(seen);
      });
    });
  }

  /** Publishes at QoS 1; what the broker refuses is no error here, because delivery is what is looked at. */
  async function publish(client: MqttClient, ...topics: readonly string[]): Promise<void> {
    for (const topic of topics) await client.publishAsync(topic, 'x', { qos: 1 }).catch(() => undefined);
  }

  test.each([4, 5] as const)(
    'a station writes below its own id only (MQTT protocol level %i)',
    async (protocolVersion) => {
      const receiver = await connect('r-archive');
      await receiver.subscribeAsync('bodydock/v1/+/#', { qos: 1 });
      const station = await connect('townhall-1', { protocolVersion });
      const heard = listen(receiver, 'bodydock/v1/townhall-1/up/offer/last');
      await publish(
        station,
        'bodydock/v1/townhall-2/up/offer/a',
        'bodydock/v1/townhall-2/status',
        'bodydock/v1/townhall-1/down/a',
        'bodydock/v1/townhall-1/info',
        'bodydock/v1/status',
        'other/v1/townhall-1/status',
        'bodydock/v1/townhall-1/status',
        'bodydock/v1/townhall-1/up/r-archive/a/0',
        'bodydock/v1/townhall-1/up/offer/last',
      );
      expect(await heard).toEqual([
        'bodydock/v1/townhall-1/status',
        'bodydock/v1/townhall-1/up/r-archive/a/0',
        'bodydock/v1/townhall-1/up/offer/last',
      ]);
      await receiver.endAsync();
    },
  );

  test.each([
    'bodydock/v1/townhall-2/status',
    'bodydock/v1/townhall-2/up/offer/a',
    'bodydock/v1/townhall-3/down/a',
    'bodydock/v1/townhall-3/down/custody',
    'bodydock/v1/townhall-3/bay/bay-1/more',
    'bodydock/v1/townhall-3/config',
    'bodydock/v1/up/offer/a',
    '$SYS/broker/version',
  ])('a station is told that it may not publish to %s', async (topic) => {
    const station = await connect('townhall-3');
    const publication = station.publishAsync(topic, 'x', { qos: 1 });
    await expect(within(publication)).rejects.toMatchObject({ code: NOT_AUTHORISED });
    await station.endAsync();
  });

  test('a station reads only what comes down to it', async () => {
    const [one, two, receiver] = await Promise.all([
      connect('reader-1'),
      connect('reader-2'),
      connect('r-archive'),
    ]);
    await one.subscribeAsync(['#', 'bodydock/v1/+/down/#', 'bodydock/v1/reader-2/#'], { qos: 1 });
    const heard = listen(one, 'bodydock/v1/reader-1/down/last');
    await publish(
      two,
      'bodydock/v1/reader-2/up/offer/a',
      'bodydock/v1/reader-2/status',
      'bodydock/v1/reader-2/bay/bay-1',
    );
    await publish(receiver, 'bodydock/v1/reader-2/down/a', 'bodydock/v1/reader-1/down/last');
    expect(new Set(await heard)).toEqual(new Set(['bodydock/v1/reader-1/down/last']));
    await receiver.endAsync();
  });

  test('a receiver writes down only', async () => {
    const receiver = await connect('r-archive');
    await receiver.subscribeAsync('bodydock/v1/+/up/offer/+', { qos: 1 });
    await receiver.subscribeAsync('bodydock/v1/+/status', { qos: 1 });
    const station = await connect('sharer-1');
    const heard = listen(receiver, 'bodydock/v1/sharer-1/up/offer/a');
    await publish(receiver, 'bodydock/v1/sharer-1/up/offer/b', 'bodydock/v1/sharer-9/status');
    await publish(station, 'bodydock/v1/sharer-1/up/offer/a');
    const seen = await heard;
    expect(seen).not.toContain('bodydock/v1/sharer-1/up/offer/b');
    expect(seen).not.toContain('bodydock/v1/sharer-9/status');
    await receiver.endAsync();
  });

  test('a receiver writes what it says of itself with its will, and nobody else does', async () => {
    const Q = 'bodydock/v1/store/r-archive';
    const will = { topic: `${Q}/status`, payload: Buffer.from('x'), qos: 1 as const, retain: true };
    const receiver = await connect('r-archive', { will });
    for (const own of ['status', 'health', 'condition/vault.full'])
      await within(receiver.publishAsync(`${Q}/${own}`, 'x', { qos: 1 }));
    const station = await connect('store'); // named like a part of the topic
    for (const [client, topic] of [
      [receiver, 'bodydock/v1/store/r-other/health'],
      [station, `${Q}/health`],
      [station, `${Q}/condition/vault.full`],
    ] as const)
      await expect(within(client.publishAsync(topic, 'x', { qos: 1 })), topic).rejects.toMatchObject({
        code: NOT_AUTHORISED,
      });
    await Promise.all([receiver, station].map((client) => client.endAsync()));
  });

  test('no certificate makes offers of a station vanish at a receiver', async () => {
    const receiver = await connect('r-archive');
    const { filters } = receiverTopics('bodydock', parseReceiverId('r-archive'));
    await receiver.subscribeAsync([...filters], { qos: 1 });
    // mosquitto grants every subscription, and a member of a group has its turn whether it may read or not.
    const thief = await connect('thief-1');
    await thief.subscribeAsync('$share/bodydock/bodydock/v1/+/up/offer/+', { qos: 1 });
    const station = await connect('victim-2');
    const offers = Array.from({ length: 10 }, (_, at) => `bodydock/v1/victim-2/up/offer/${at}`);
    const last = 'bodydock/v1/victim-2/up/custody/a/0';
    const heard = listen(receiver, last);
    await publish(station, ...offers, last);
    expect(await heard).toEqual([...offers, last]);
    await Promise.all([receiver, thief, station].map((client) => client.endAsync()));
  });

  test.each(['+', '#', 'offer', 'custody', 'r-other', 'townhall-1/up'])(
    'a certificate for %j reads and writes nothing of others',
    async (commonName) => {
      const [odd, station, receiver] = await Promise.all([
        connect(commonName),
        connect('victim-1'),
        connect('r-archive'),
      ]);
      await odd.subscribeAsync(['#', 'bodydock/v1/+/up/#'], { qos: 1 });
      const overheard: string[] = [];
      odd.on('message', (topic) => overheard.push(topic));
      await receiver.subscribeAsync('bodydock/v1/+/#', { qos: 1 });
      const heard = listen(receiver, 'bodydock/v1/victim-1/up/custody/last');
      await publish(
        odd,
        'bodydock/v1/victim-1/up/offer/forged',
        'bodydock/v1/townhall-1/up/offer/forged',
        'bodydock/v1/victim-1/down/forged',
      );
      await publish(station, 'bodydock/v1/victim-1/up/offer/a', 'bodydock/v1/victim-1/up/custody/last');
      expect((await heard).filter((topic) => topic.endsWith('forged'))).toEqual([]);
      await publish(receiver, 'bodydock/v1/victim-1/down/a');
      expect(overheard).toEqual([]);
      await Promise.all([odd, station, receiver].map((client) => client.endAsync()));
    },
  );

  test('another certificate cannot take over a connection by its client id', async () => {
    const station = await connect('owner-1', { clientId: 'bodydock-owner-1' });
    const closed = new Promise((resolve) => station.once('close', () => resolve('closed')));
    await connect('owner-2', { clientId: 'bodydock-owner-1' });
    await connect('owner-3', { clientId: 'owner-1' });
    const published = publish(station, 'bodydock/v1/owner-1/status').then(() => 'published');
    expect(await within(Promise.race([closed, published]))).toBe('published');
    expect(station.connected).toBe(true);
  });

  test('nobody gets in without a certificate, with one of another authority, or with TLS 1.2', async () => {
    const ca = Buffer.from(authority.ca);
    const url = `mqtts://127.0.0.1:${broker.port}`;
    const once: IClientOptions = { reconnectPeriod: 0, connectTimeout: WAIT_MS, ca };
    await expect(connectAsync(url, once)).rejects.toThrow();
    await expect(
      connectAsync(url, { ...once, ...(await certificate('townhall-1', stranger)) }),
    ).rejects.toThrow();
    await expect(connectAsync(url.replace('mqtts', 'mqtt'), once)).rejects.toThrow();
    const { cert, key } = await certificate('townhall-1');
    const outcome = await new Promise<string>((resolve) => {
      const socket = connectTls({
        port: broker.port,
        host: '127.0.0.1',
        ca,
        cert,
        key,
        maxVersion: 'TLSv1.2',
      });
      socket.once('secureConnect', () => resolve('connected'));
      socket.once('error', (error) => resolve(error.message));
    });
    expect(outcome).toMatch(/protocol version|handshake failure/i);
  });

  test('a whole digest unit fits into one message, and far more does not', async () => {
    const [station, receiver] = await Promise.all([connect('sender-1'), connect('r-archive')]);
    await receiver.subscribeAsync('bodydock/v1/+/up/r-archive/#');
    const whole = new Promise<number>((resolve) =>
      receiver.once('message', (_topic, payload) => resolve(payload.length)),
    );
    await station.publishAsync('bodydock/v1/sender-1/up/r-archive/a/0', Buffer.alloc(UNIT_BYTES), { qos: 0 });
    expect(await within(whole)).toBe(UNIT_BYTES);
    const plain = await connect('sender-2', { protocolVersion: 4 });
    const closed = new Promise((resolve) => plain.once('close', () => resolve('closed')));
    plain.on('error', () => undefined);
    // Its promise never settles where the connection ends in the middle of the message.
    plain.publish('bodydock/v1/sender-2/up/r-archive/a/0', Buffer.alloc(2 * 1024 * 1024), { qos: 0 });
    expect(await within(closed)).toBe('closed');
    await receiver.endAsync();
  });
});
