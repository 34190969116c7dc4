// mosquitto as it is shipped, with certificates of `bodydock-receiver ca`: who gets in, and who does not any more.
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { RECEIVER, runProgram } from '../fakes/program.ts';
import { adapted } from '../fakes/shipped-mosquitto.ts';
import { lacksTools } from '../fakes/stock-tools.ts';

const SHIPPED = new URL('../../systemd/mosquitto/', import.meta.url);
const WAIT_MS = 5000;

describe.skipIf(lacksTools('mosquitto', 'openssl'))('mosquitto with our own authority', () => {
  let folder: string;
  let broker: Mosquitto;
  const at = (...names: string[]): string => join(folder, ...names);

  async function ca(...words: readonly string[]): Promise<void> {
    const { exitCode, stderr } = await runProgram(RECEIVER, ['ca', ...words, '--ca', at('authority')]);
    expect([exitCode, stderr]).toEqual([0, '']);
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodydock-own-'));
    await ca('init');
    const hosts = ['--host', '127.0.0.1'];
    await ca('issue', 'broker.example.org', '--role', 'broker', ...hosts, '--out', at('broker'));
    await ca('issue', 'r-archive', '--role', 'receiver', '--out', at('r-archive'));
    for (const name of ['townhall-1', 'townhall-2'])
      await ca('issue', name, '--role', 'station', '--out', at(name));
    const shipped = (await readFile(new URL('mosquitto.example.conf', SHIPPED), 'utf8')).replace(
      '#crlfile /etc/mosquitto/tls/crl.pem',
      `crlfile ${at('broker/crl.pem')}`,
    );
    const lines = adapted(
      shipped,
      { caFile: at('broker/ca.pem') },
      { certFile: at('broker/broker.pem'), keyFile: at('broker/broker-key.pem') },
    );
    const acl = await readFile(new URL('mosquitto.acl', SHIPPED), 'utf8');
    broker = await Mosquitto.open({ lines, files: { acl } });
  });
  afterAll(async () => {
    await broker.stop();
    await rm(folder, { recursive: true });
  });

  async function connect(name: string, file: string, asName = name): Promise<MqttClient> {
    return connectAsync(`mqtts://127.0.0.1:${broker.port}`, {
      ca: await readFile(at(name, 'ca.pem')),
      cert: await readFile(at(name, `${file}.pem`)),
      key: await readFile(at(name, `${file}-key.pem`)),
      username: asName,
      protocolVersion: 5,
      reconnectPeriod: 0,
      connectTimeout: WAIT_MS,
    });
  }

  /** Topics that the receiver hears while a station publishes them, up to the last one. */
  async function heard(station: MqttClient, topics: readonly string[]): Promise<string[]> {
    const receiver = await connect('r-archive', 'receiver');
    await receiver.subscribeAsync('bodydock/v1/+/#', { qos: 1 });
    const seen: string[] = [];
    const whole = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`only ${seen.join(', ')} came`)), WAIT_MS);
      receiver.on('message', (topic) => {
        seen.push(topic);
        if (topic !== topics.at(-1)) return;
        clearTimeout(timer);
        resolve();
      });
    });
    for (const topic of topics) await station.publishAsync(topic, 'x', { qos: 1 }).catch(() => undefined);
    await whole;
    await receiver.endAsync(true);
    return seen;
  }

  test('a certificate speaks for its own name, whatever name its owner gives', async () => {
    const station = await connect('townhall-2', 'station', 'townhall-1');
    const topics = ['bodydock/v1/townhall-1/up/offer/a', 'bodydock/v1/townhall-2/up/offer/last'];
    expect(await heard(station, topics)).toEqual(['bodydock/v1/townhall-2/up/offer/last']);
    await station.endAsync(true);
  });

  test('the certificate of a broker is none for a client, nor is one of another authority', async () => {
    await copyFile(at('authority/ca.pem'), at('broker/ca.pem'));
    await expect(connect('broker', 'broker')).rejects.toThrow();
    await runProgram(RECEIVER, ['ca', 'init', '--ca', at('stranger')]);
    const words = [
      'issue',
      'townhall-1',
      '--role',
      'station',
      '--out',
      at('strange'),
      '--ca',
      at('stranger'),
    ];
    await runProgram(RECEIVER, ['ca', ...words]);
    await copyFile(at('authority/ca.pem'), at('strange/ca.pem'));
    await expect(connect('strange', 'station', 'townhall-1')).rejects.toThrow();
  });

  test('one that was revoked is refused from the next start of the broker on, a new one is not', async () => {
    await (await connect('townhall-1', 'station')).endAsync(true);
    await ca('revoke', 'townhall-1', '--out', at('broker'));
    await broker.kill();
    await broker.start();
    await expect(connect('townhall-1', 'station')).rejects.toThrow();
    await (await connect('townhall-2', 'station')).endAsync(true);
    await ca('issue', 'townhall-1', '--role', 'station', '--out', at('renewed'));
    await (await connect('renewed', 'station')).endAsync(true);
  });
});
