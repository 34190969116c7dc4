import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest';
import { openMqttBroker, type StartableBroker } from '../../../agent/platform/broker-mqtt.ts';
import type { TlsCredentials } from '../../../agent/platform/broker-endings.ts';
import { type Script, ScriptedBroker } from '../../fakes/broker-scripted.ts';
import { testBrokerOptions, until } from '../../fakes/broker-subjects.ts';
import type { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { Mosquitto } from '../../fakes/mosquitto.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { TestAuthority, type TestCertificate } from '../../fakes/tls.ts';

const HOUR_MS = 3_600_000;
const NAMES = ['DNS:localhost', 'IP:127.0.0.1'];
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Client {
  readonly broker: StartableBroker;
  readonly conditions: MemoryConditions;
}

function start(
  port: number,
  credentials: () => Promise<TlsCredentials>,
  options: { readonly host?: string; readonly attemptMsMax?: number } = {},
): Client {
  const base = testBrokerOptions(`mqtts://${options.host ?? 'localhost'}:${port}`, 'station-1');
  const { attemptMsMax = 5000 } = options;
  const broker = openMqttBroker({ ...base, protocol: 5, credentials, attemptMsMax });
  closing.push(() => broker.close(false));
  broker.start();
  return { broker, conditions: base.conditions };
}

async function listen(tls: TlsOptions, script?: Script): Promise<ScriptedBroker> {
  const broker = await ScriptedBroker.open(script, tls);
  closing.push(() => broker.close());
  return broker;
}

/** Bytes that came out of the TLS layer at the broker, in all connections. */
function applicationBytes(broker: ScriptedBroker): number {
  return broker.connections.reduce((sum, { bytes }) => sum + bytes, 0);
}

describe.skipIf(lacksTools('openssl'))('TLS to the broker', () => {
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let server: TestCertificate;
  let client: TestCertificate;
  const trust = (): Promise<TlsCredentials> => Promise.resolve({ ca: authority.ca });
  const tlsOf = ({ cert, key }: TestCertificate): TlsOptions => ({
    cert: Buffer.from(cert),
    key: Buffer.from(key),
  });

  beforeAll(async () => {
    [authority, stranger] = await Promise.all([TestAuthority.open('ours'), TestAuthority.open('other')]);
    server = await authority.issue({ commonName: 'broker', kind: 'server', names: NAMES });
    client = await authority.issue({ commonName: 'station-1', kind: 'client' });
  });
  afterAll(async () => {
    await Promise.all([authority.close(), stranger.close()]);
  });

  test('a verified broker is used, by name and by address, in TLS 1.3', async () => {
    for (const host of ['localhost', '127.0.0.1']) {
      const broker = await listen(tlsOf(server));
      const { broker: station } = start(broker.port, trust, { host });
      await until(() => station.connected);
      await station.publish('x', Buffer.from('x'), { qos: 1 });
      const { socket } = broker.last;
      assert.ok('getProtocol' in socket && typeof socket.getProtocol === 'function');
      assert.equal(socket.getProtocol(), 'TLSv1.3');
    }
  });

  describe('gets no application byte, and a condition says why,', () => {
    const refused: Record<
      string,
      () => Promise<{ tls: TlsOptions; credentials?: TlsCredentials; reason: RegExp }>
    > = {
      'where another authority signed for the broker': async () => ({
        tls: tlsOf(await stranger.issue({ commonName: 'broker', kind: 'server', names: NAMES })),
        reason: /unable to verify/,
      }),
      'where the certificate is for another name': async () => ({
        tls: tlsOf(
          await authority.issue({ commonName: 'localhost', kind: 'server', names: ['DNS:other.example'] }),
        ),
        reason: /altnames|does not match/i,
      }),
      'where the certificate has expired': async () => ({
        tls: tlsOf(
          await authority.issue({
            commonName: 'broker',
            kind: 'server',
            names: NAMES,
            notBefore: new Date(Date.now() - 2 * HOUR_MS),
            notAfter: new Date(Date.now() - HOUR_MS),
          }),
        ),
        reason: /expired/,
      }),
      'where the certificate is not valid yet': async () => ({
        tls: tlsOf(
          await authority.issue({
            commonName: 'broker',
            kind: 'server',
            names: NAMES,
            notBefore: new Date(Date.now() + HOUR_MS),
            notAfter: new Date(Date.now() + 2 * HOUR_MS),
          }),
        ),
        reason: /not yet valid/,
      }),
      'where the certificate was revoked': async () => {
        const revoked = await authority.issue({ commonName: 'broker', kind: 'server', names: NAMES });
        const crl = await authority.revoke(revoked);
        return { tls: tlsOf(revoked), credentials: { ca: authority.ca, crl }, reason: /revoked/ };
      },
      'where a client certificate stands for a server': async () => ({
        tls: tlsOf(await authority.issue({ commonName: 'broker', kind: 'client', names: NAMES })),
        reason: /purpose/,
      }),
      'where the broker speaks TLS 1.2 at most': () =>
        Promise.resolve({ tls: { ...tlsOf(server), maxVersion: 'TLSv1.2' }, reason: /version/ }),
      'where the broker speaks TLS 1.1 at most': () =>
        Promise.resolve({
          tls: {
            ...tlsOf(server),
            minVersion: 'TLSv1',
            maxVersion: 'TLSv1.1',
            ciphers: 'DEFAULT@SECLEVEL=0',
          },
          reason: /version|handshake|alert/,
        }),
    };

    for (const [name, prepare] of Object.entries(refused)) {
      test(name, async () => {
        const { tls, credentials, reason } = await prepare();
        const broker = await listen(tls);
        const station = start(broker.port, () =>
          credentials === undefined ? trust() : Promise.resolve(credentials),
        );
        await until(() => Number(station.conditions.facts('broker.tls')?.['attempts']) >= 2);
        assert.match(String(station.conditions.facts('broker.tls')?.['reason']), reason);
        assert.equal(applicationBytes(broker), 0);
        assert.equal(station.broker.connected, false);
      });
    }
  });

  test('a broker whose certificate is not valid yet is tried until it is, as after a start without the time', async () => {
    const notBefore = new Date(Date.now() + 3000);
    const early = await authority.issue({ commonName: 'broker', kind: 'server', names: NAMES, notBefore });
    const broker = await listen(tlsOf(early));
    const station = start(broker.port, trust);
    await until(() => Number(station.conditions.facts('broker.tls')?.['attempts']) >= 2);
    assert.match(String(station.conditions.facts('broker.tls')?.['reason']), /not yet valid/);
    await until(() => station.broker.connected);
    assert.deepEqual(station.conditions.codes(), []);
  });

  describe('a peer that is no TLS server', () => {
    /** Sends the same to everybody and keeps what comes. */
    async function rawServer(
      answer: (socket: Socket) => void,
    ): Promise<{ port: number; received: () => Buffer }> {
      const chunks: Buffer[] = [];
      const sockets = new Set<Socket>();
      const raw = createServer((socket) => {
        sockets.add(socket);
        socket
          .on('error', () => undefined)
          .on('data', (chunk: Buffer) => {
            if (chunks.push(chunk) > 0) answer(socket);
          });
      });
      await new Promise<void>((resolve) => raw.listen(0, resolve));
      closing.push(async () => {
        for (const socket of sockets) socket.destroy();
        await new Promise<void>((resolve) => raw.close(() => resolve()));
      });
      return { port: (raw.address() as AddressInfo).port, received: () => Buffer.concat(chunks) };
    }

    test('such as a plain listener gets a handshake and nothing of ours', async () => {
      const raw = await rawServer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
      const station = start(raw.port, trust);
      await until(() => station.conditions.isRaised('broker.tls'));
      assert.equal(raw.received()[0], 22);
      assert.ok(!raw.received().includes('MQTT') && !raw.received().includes('station-1'));
    });

    test('that sends garbage is left', async () => {
      const raw = await rawServer((socket) => socket.write(Buffer.alloc(5000, 0xa5)));
      const station = start(raw.port, trust);
      await until(() => Number(station.conditions.facts('broker.tls')?.['attempts']) >= 2);
      assert.ok(!raw.received().includes('MQTT'));
    });

    test('that stops inside the handshake is left after the deadline, again and again', async () => {
      const raw = await rawServer(() => undefined);
      const begunAt = performance.now();
      const station = start(raw.port, trust, { attemptMsMax: 60 });
      await until(() => raw.received().length > 800 && performance.now() - begunAt > 150);
      assert.equal(station.broker.connected, false);
      await station.broker.close(true);
    });

    test('that hangs up inside the handshake is left', async () => {
      const raw = await rawServer((socket) => socket.destroy());
      const station = start(raw.port, trust);
      await until(() => raw.received().length > 800);
      assert.equal(station.broker.connected, false);
    });
  });

  describe('client certificates', () => {
    const wantsClient = (): TlsOptions => ({
      ...tlsOf(server),
      ca: Buffer.from(authority.ca),
      requestCert: true,
      rejectUnauthorized: true,
    });

    test('are read anew for each attempt: a renewed one is used without a restart', async () => {
      const broker = await listen(wantsClient());
      let files: TlsCredentials = { ca: authority.ca };
      const station = start(broker.port, () => Promise.resolve(files));
      await until(() => station.conditions.isRaised('broker.tls'));
      files = { ca: authority.ca, cert: client.cert, key: client.key };
      await until(() => station.broker.connected);
      assert.deepEqual(station.conditions.codes(), []);
    });

    test.skipIf(lacksTools('mosquitto'))('that expired are refused by mosquitto, and replaced', async () => {
      const expired = await authority.issue({
        commonName: 'station-1',
        kind: 'client',
        notAfter: new Date(Date.now() - 1000),
      });
      const { caFile } = authority;
      const { certFile, keyFile } = server;
      const broker = await Mosquitto.open({ tls: { caFile, certFile, keyFile, requireClient: true } });
      closing.push(() => broker.stop());
      let files: TlsCredentials = { ca: authority.ca, cert: client.cert, key: client.key };
      const station = start(broker.port, () => Promise.resolve(files));
      await until(() => station.broker.connected);
      files = { ca: authority.ca, cert: expired.cert, key: expired.key };
      await broker.kill();
      await broker.start();
      await until(() => station.conditions.isRaised('broker.tls'));
      assert.match(String(station.conditions.facts('broker.tls')?.['reason']), /certificate expired/);
      files = { ca: authority.ca, cert: client.cert, key: client.key };
      await until(() => station.broker.connected);
    });

    test('that cannot be read, do not fit their key, or are no certificates are a condition, not an end', async () => {
      const broker = await listen(wantsClient());
      const faulty: (() => Promise<TlsCredentials>)[] = [
        () => Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' })),
        () => Promise.resolve({ ca: authority.ca, cert: client.cert, key: server.key }),
        () =>
          Promise.resolve({ ca: Buffer.from('nonsense'), cert: Buffer.from('nonsense'), key: client.key }),
      ];
      let files = faulty[0] ?? trust;
      const station = start(broker.port, () => files());
      for (const next of faulty) {
        files = next;
        const before = Number(station.conditions.facts('broker.tls')?.['attempts'] ?? 0);
        await until(() => Number(station.conditions.facts('broker.tls')?.['attempts']) >= before + 2);
      }
      assert.equal(applicationBytes(broker), 0);
      files = () => Promise.resolve({ ca: authority.ca, cert: client.cert, key: client.key });
      await until(() => station.broker.connected);
    });

    test('that never come out of their file system end the attempt, not the program', async () => {
      const station = start(1, () => new Promise(() => undefined), { attemptMsMax: 30 });
      await until(() => Number(station.conditions.facts('broker.tls')?.['attempts']) >= 2);
    });
  });
});
