// The page on brokers by its own words: its lines for RabbitMQ and NATS are what these run with, and a station, a store and the doctor find
// there what the page says.
import { readFile } from 'node:fs/promises';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockRig, STATION } from '../fakes/dock-rig.ts';
import type { PasswordLogin } from '../fakes/dock-rig-config.ts';
import { Nats } from '../fakes/nats.ts';
import { BODYDOCK, RECEIVER, runProgram } from '../fakes/program.ts';
import { lacksRabbitMq, RabbitMq } from '../fakes/rabbitmq.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { TestAuthority, type TestCertificate } from '../fakes/tls.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../fakes/until.ts';

const START_MS = 180_000;
const PASSWORD = 'of-the-page';

/** Lines of a block of the page, by the heading above it and the language of the block. */
async function block(heading: string, language: string): Promise<string[]> {
  const page = await readFile(new URL('../../config/brokers.en.md', import.meta.url), 'utf8');
  const chapter = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const text = new RegExp('```' + language + '\n([\\s\\S]*?)```').exec(chapter)?.[1] ?? '';
  return text.split('\n').filter((line) => line !== '');
}

interface Seen {
  readonly code: string;
  readonly severity: string;
}

/** Codes of what the doctor finds about broker, rights, store and monitoring, but for certificates of tests that end soon. */
async function doctorCodes(rig: DockRig): Promise<string[]> {
  const { stdout } = await runProgram(BODYDOCK, [
    'doctor',
    '--connect',
    '--json',
    '--config',
    rig.stationFile,
  ]);
  const { findings } = JSON.parse(stdout) as { findings: Seen[] };
  const about = /^(?:broker|acl|store|monitoring)\./;
  return findings
    .map(({ code }) => code)
    .filter((code) => about.test(code) && code !== 'broker.certificate-expiring')
    .sort();
}

async function deliver(rig: DockRig): Promise<void> {
  await rig.put(1, 'DCIM/KOD_0001.MP4', seededRandom(31).bytes(3 * 1024 * 1024));
  await rig.start();
  await rig.untilEmptied(1, 90_000);
}

describe.skipIf(lacksRabbitMq() || lacksTools('openssl'))('RabbitMQ as the page has it', () => {
  let authority: TestAuthority;
  let broker: RabbitMq;
  let rig: DockRig;

  beforeAll(async () => {
    authority = await TestAuthority.open();
    const names = ['IP:127.0.0.1'];
    const server = await authority.issue({ commonName: 'localhost', kind: 'server', names });
    const lines = (await block('RabbitMQ', 'ini'))
      .filter((line) => !line.startsWith('listeners.'))
      .map((line) =>
        line
          .replace('/etc/rabbitmq/tls/ca.pem', authority.caFile)
          .replace('/etc/rabbitmq/tls/broker.pem', server.certFile)
          .replace('/etc/rabbitmq/tls/broker-key.pem', server.keyFile)
          .replace(/ssl\.1 = 8883$/, 'ssl.1 = 127.0.0.1:{port}'),
      );
    expect(lines).toHaveLength(11);
    broker = await RabbitMq.open({ lines });
    const commands = await block('RabbitMQ', 'sh');
    expect(commands).toHaveLength(10);
    for (const command of commands) broker.shell(command.replace('PASSWORD', PASSWORD));
    const client = (commonName: string): Promise<TestCertificate> =>
      authority.issue({ commonName, kind: 'client' });
    const files = ({ certFile, keyFile }: TestCertificate) => ({
      caFile: authority.caFile,
      certFile,
      keyFile,
    });
    const { cert, key } = await client('monitoring');
    rig = await DockRig.open({
      broker,
      agentTls: files(await client(STATION)),
      receiverTls: files(await client('r-archive')),
      viewTls: { ca: Buffer.from(authority.ca), cert: Buffer.from(cert), key: Buffer.from(key) },
    });
    await deliver(rig);
  }, START_MS);
  afterAll(async () => {
    await rig?.close();
    await broker?.stop();
    await authority?.close();
  });

  test('brings a recording to the store and back its receipt, and keeps each account to its rights', async () => {
    expect(await doctorCodes(rig)).toEqual([
      'acl.good',
      'broker.good',
      'monitoring.full-topic',
      'store.good',
    ]);
    const check = await runProgram(RECEIVER, ['check', '--connect', '--config', rig.receiverFile()]);
    expect(check.stdout).toContain('monitoring.full-topic');
    const { cert, key } = await authority.issue({ commonName: 'stranger', kind: 'client' });
    const stranger = { ca: Buffer.from(authority.ca), cert: Buffer.from(cert), key: Buffer.from(key) };
    await expect(
      connectAsync(`mqtts://127.0.0.1:${broker.port}`, {
        ...stranger,
        reconnectPeriod: 0,
        connectTimeout: 5000,
      }),
    ).rejects.toThrow();
  });
});

describe.skipIf(lacksTools('nats-server', 'openssl'))('NATS as the page has it', () => {
  let authority: TestAuthority;
  let broker: Nats;
  let rig: DockRig;

  beforeAll(async () => {
    authority = await TestAuthority.open();
    const names = ['IP:127.0.0.1'];
    const server = await authority.issue({ commonName: 'localhost', kind: 'server', names });
    const text = (await block('NATS', 'text')).join('\n');
    expect(text).toContain('/var/lib/nats');
    broker = await Nats.open(({ folder, port, other }) =>
      text
        .replaceAll('PASSWORD', JSON.stringify(PASSWORD))
        .replace('/var/lib/nats', join(folder, 'data'))
        .replace('127.0.0.1:4222', `127.0.0.1:${other}`)
        .replace('0.0.0.0:8883', `127.0.0.1:${port}`)
        .replace('/etc/nats/ca.pem', authority.caFile)
        .replace('/etc/nats/broker.pem', server.certFile)
        .replace('/etc/nats/broker-key.pem', server.keyFile),
    );
    const login = (username: string): PasswordLogin => ({
      caFile: authority.caFile,
      username,
      passwordFile: 'broker.password',
    });
    rig = await DockRig.open({
      broker,
      agentLogin: login(STATION),
      receiverLogin: login('r-archive'),
      viewTls: account('monitoring'),
    });
    await writeFile(join(rig.folder, 'broker.password'), `${PASSWORD}\n`, { mode: 0o600 });
    await deliver(rig);
  }, START_MS);
  afterAll(async () => {
    await rig?.close();
    await broker?.stop();
    await authority?.close();
  });

  const account = (username: string) => ({
    username,
    password: PASSWORD,
    ca: Buffer.from(authority.ca),
    protocolVersion: 4 as const,
  });

  test('brings a recording to the store and back its receipt, and what it retains reaches a wildcard', async () => {
    expect(await doctorCodes(rig)).toEqual([
      'acl.untold',
      'broker.by-password',
      'broker.good',
      'monitoring.wildcard',
      'store.good',
    ]);
  });

  test('lets no account say anything for another station', async () => {
    const url = `mqtts://127.0.0.1:${broker.port}`;
    const once = { reconnectPeriod: 0, connectTimeout: 5000 };
    const [station, monitoring] = await Promise.all([
      connectAsync(url, { ...account(STATION), ...once }),
      connectAsync(url, { ...account('monitoring'), ...once }),
    ]);
    station.on('error', () => undefined);
    const heard: string[] = [];
    monitoring.on('message', (topic) => void heard.push(topic));
    await monitoring.subscribeAsync('bodydock/v1/+/event', { qos: 0 });
    station.publish('bodydock/v1/townhall-2/event', 'x', { qos: 0 });
    station.publish(`bodydock/v1/${STATION}/event`, 'x', { qos: 0 });
    await until('the own event', 10_000, () => heard.length > 0);
    expect([...new Set(heard)]).toEqual([`bodydock/v1/${STATION}/event`]);
    await Promise.all([station.endAsync(true), monitoring.endAsync(true)]);
  });
});
