// What the doctor says of a broker's certificate, by real handshakes with a server that has one.
import { createServer as createPlain, type Server } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { lookAtTls } from '../../../agent/cli/doctor-tls.ts';
import { wordsOf } from '../../../agent/cli/doctor-finding.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { TestAuthority, type IssueOptions } from '../../fakes/tls.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.now();
const days = (count: number): Date => new Date(NOW_MS + count * DAY_MS);

describe.skipIf(lacksTools('openssl'))("the doctor's look at a certificate", () => {
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let server: Server | undefined;

  beforeAll(async () => {
    [authority, stranger] = await Promise.all([TestAuthority.open('ours'), TestAuthority.open('stranger')]);
  });
  afterEach(() => server?.close());
  afterAll(() => Promise.all([authority.close(), stranger.close()]));

  async function serve(options: Partial<IssueOptions> = {}, settings: TlsOptions = {}): Promise<number> {
    const names = ['IP:127.0.0.1'];
    const long = { notBefore: days(-1), notAfter: days(90) };
    const { cert, key } = await authority.issue({
      commonName: 'broker',
      kind: 'server',
      names,
      ...long,
      ...options,
    });
    server = createServer({ cert: Buffer.from(cert), key: Buffer.from(key), ...settings });
    return listen(server);
  }

  function listen(listening: Server): Promise<number> {
    listening.on('connection', (socket) => socket.on('error', () => undefined));
    return new Promise((resolve) => {
      listening.listen(0, '127.0.0.1', () => {
        const address = listening.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  async function look(
    port: number,
    ca = authority,
    timeoutMs = 5000,
  ): Promise<{ codes: string[]; text: string }> {
    const findings = await lookAtTls(
      {
        host: '127.0.0.1',
        port,
        address: `127.0.0.1:${port}`,
        caFile: '/etc/bodydock/tls/ca.pem',
        credentials: { ca: ca.ca },
        timeoutMs,
        clock: nodeClock(),
      },
      new AbortController().signal,
    );
    const texts = findings.flatMap((finding) => Object.values(wordsOf(finding, 'en')));
    return { codes: findings.map(({ code }) => code), text: texts.join('\n') };
  }

  test('is content with one of our authority, in date, with the right name', async () => {
    const { codes, text } = await look(await serve());
    expect(codes).toEqual(['tls.good']);
    expect(text).toContain('TLSv1.3');
  });

  test('names both authorities where it is of another one, and the file to mend', async () => {
    const { codes, text } = await look(await serve(), stranger);
    expect(codes).toEqual(['tls.server-authority']);
    expect(text).toContain('it was issued by "ours", ca_file holds "stranger"');
    expect(text).toContain('/etc/bodydock/tls/ca.pem');
  });

  test('names the names that it has where ours is not among them', async () => {
    const { codes, text } = await look(await serve({ names: ['DNS:broker.example.org'] }));
    expect(codes).toEqual(['tls.server-name']);
    expect(text).toContain('is for DNS:broker.example.org, not for 127.0.0.1');
  });

  test('tells expired, not yet valid and expiring soon from each other', async () => {
    const cases = [
      ['tls.server-expired', days(-9), days(-1)],
      ['tls.server-not-yet-valid', days(1), days(9)],
      ['tls.server-expiring', days(-1), days(9)],
    ] as const;
    for (const [code, notBefore, notAfter] of cases) {
      expect((await look(await serve({ notBefore, notAfter }))).codes).toEqual([code]);
      server?.close();
    }
  });

  test('says all that is wrong at once', async () => {
    const port = await serve({ names: ['DNS:other'], notBefore: days(-9), notAfter: days(-1) });
    expect((await look(port, stranger)).codes).toEqual([
      'tls.server-authority',
      'tls.server-name',
      'tls.server-expired',
    ]);
  });

  test('says that a server is too old, or speaks no TLS, or says nothing', async () => {
    expect((await look(await serve({}, { maxVersion: 'TLSv1.2' }))).codes).toEqual(['tls.version']);
    server?.close();
    server = createPlain((socket) => socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect((await look(await listen(server))).codes).toEqual(['tls.plain']);
    server.close();
    server = createPlain(() => undefined);
    const { codes, text } = await look(await listen(server), authority, 200);
    expect(codes).toEqual(['tls.failed']);
    expect(text).toContain('no end of the handshake within 200 ms');
  });
});
