// Mails to a mail server of Debian over TLS, and to servers that must get none.
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Mail, type MailServer, sendMail } from '../../../agent/platform/mail.ts';
import { type MailServerWish, TestMailServer } from '../../fakes/mail-server.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { TestAuthority, type TestCertificate } from '../../fakes/tls.ts';
import { until } from '../../fakes/until.ts';

const MAIL: Mail = {
  from: 'dock@city.example',
  to: ['it@city.example', 'duty@city.example'],
  subject: 'bodydock r-a: alles in Ordnung, größer',
  text: 'Der Zentralspeicher läuft.\n.\nEnde ß\n',
};
const within = (): AbortSignal => AbortSignal.timeout(15_000);

describe.skipIf(lacksTools('aiosmtpd', 'openssl'))('a mail over SMTP', () => {
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let good: TestCertificate;
  let otherName: TestCertificate;

  beforeAll(async () => {
    [authority, stranger] = await Promise.all([TestAuthority.open(), TestAuthority.open()]);
    good = await authority.issue({ commonName: 'mail', kind: 'server', names: ['DNS:localhost'] });
    otherName = await authority.issue({ commonName: 'mail', kind: 'server', names: ['DNS:mail.example'] });
  });
  afterAll(async () => {
    await authority.close();
    await stranger.close();
  });

  async function withServer(
    wish: Partial<MailServerWish>,
    use: (server: TestMailServer, way: MailServer) => Promise<void>,
  ): Promise<void> {
    const cert = { cert: good.certFile, key: good.keyFile };
    const server = await TestMailServer.open({ tls: 'starttls', ...cert, ...wish });
    const { port } = server;
    const security = wish.tls ?? 'starttls';
    try {
      await use(server, { host: 'localhost', port, security, ca: authority.ca, login: null });
    } finally {
      await server.close();
    }
  }

  for (const tls of ['tls', 'starttls'] as const)
    test(`arrives by ${tls}, with its login, and reads as it was written`, () =>
      withServer({ tls, username: 'dock', password: 'Paßwort 1' }, async (server, way) => {
        const login = { username: 'dock', password: Buffer.from('Paßwort 1') };
        expect(await sendMail({ ...way, login }, MAIL, within())).toBe(0);
        await until('the mail', 5000, () => server.taken.length === 1);
        const [mail] = server.taken;
        expect(mail).toMatchObject({
          tls: true,
          login: 'dock',
          from: MAIL.from,
          to: MAIL.to,
          text: MAIL.text,
        });
        const headers = new Map(mail?.headers);
        expect(headers.get('subject')).toBe(MAIL.subject);
        expect(headers.get('auto-submitted')).toBe('auto-generated');
        expect([headers.has('date'), headers.has('message-id')]).toEqual([true, true]);
        await expect(
          sendMail({ ...way, login: { ...login, password: Buffer.from('x') } }, MAIL, within()),
        ).rejects.toMatchObject({ code: 'mail.login' });
        await expect(sendMail(way, MAIL, within())).rejects.toMatchObject({ code: 'mail.refused' });
      }));

  test('only logs in where there is no mail', () =>
    withServer({ tls: 'tls' }, async (server, way) => {
      expect(await sendMail(way, undefined, within())).toBe(0);
      expect(server.taken).toEqual([]);
    }));

  test('goes to no server whose certificate is of another authority or another name', async () => {
    for (const tls of ['tls', 'starttls'] as const) {
      await withServer({ tls }, async (server, way) => {
        for (const ca of [stranger.ca, null])
          await expect(sendMail({ ...way, ca }, MAIL, within())).rejects.toMatchObject({ code: 'mail.tls' });
        await expect(sendMail({ ...way, host: '127.0.0.1' }, MAIL, within())).rejects.toMatchObject({
          code: 'mail.tls',
        });
        expect(server.taken).toEqual([]);
      });
      await withServer({ tls, cert: otherName.certFile, key: otherName.keyFile }, async (server, way) => {
        await expect(sendMail(way, MAIL, within())).rejects.toMatchObject({ code: 'mail.tls' });
        expect(server.taken).toEqual([]);
      });
    }
  });

  test('goes without TLS only where that was said, and never where STARTTLS is not offered', () =>
    withServer({ tls: 'plain' }, async (server, way) => {
      await expect(sendMail({ ...way, security: 'starttls' }, MAIL, within())).rejects.toMatchObject({
        code: 'mail.tls',
      });
      expect(server.taken).toEqual([]);
      await sendMail(way, MAIL, within());
      await until('the mail', 5000, () => server.taken.length === 1);
      expect(server.taken[0]?.tls).toBe(false);
    }));

  test('counts the addresses that are refused, and fails where all are', () =>
    withServer({ tls: 'tls', refused: ['duty@city.example'] }, async (server, way) => {
      expect(await sendMail(way, MAIL, within())).toBe(1);
      await until('the mail', 5000, () => server.taken.length === 1);
      expect(server.taken[0]?.to).toEqual(['it@city.example']);
      await expect(sendMail(way, { ...MAIL, to: ['duty@city.example'] }, within())).rejects.toMatchObject({
        code: 'mail.refused',
      });
    }));

  test('has the headers that it was made with, whatever is in its subject and text', () =>
    withServer({ tls: 'tls' }, async (server, way) => {
      const subject = 'one\r\nBcc: other@evil.example\r\n\r\nbody';
      await sendMail(way, { ...MAIL, subject, text: '.\r\nQUIT\nBcc: x@evil.example\n' }, within());
      await until('the mail', 5000, () => server.taken.length === 1);
      const [mail] = server.taken;
      expect(mail?.to).toEqual(MAIL.to);
      expect(mail?.headers.map(([name]) => name)).not.toContain('bcc');
      expect(new Map(mail?.headers).get('subject')).toContain('Bcc: other@evil.example');
    }));
});

describe('a server that does not behave', () => {
  async function against(
    behave: (socket: Socket) => void,
    use: (way: MailServer) => Promise<void>,
  ): Promise<void> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      behave(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      await use({ host: '127.0.0.1', port, security: 'plain', ca: null, login: null });
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  test('ends with the signal, though it says a little for ever', () =>
    against(
      (socket) => {
        const drip = setInterval(() => socket.write('220-wait\r\n'), 20);
        socket.on('close', () => clearInterval(drip));
      },
      async (way) => {
        const startedMs = performance.now();
        await expect(sendMail(way, MAIL, AbortSignal.timeout(300))).rejects.toMatchObject({
          name: 'TimeoutError',
        });
        expect(performance.now() - startedMs).toBeLessThan(3000);
      },
    ));

  test('is an error where it is not there, hangs up, or speaks something else', async () => {
    await against(
      (socket) => socket.end(),
      async (way) => {
        await expect(sendMail(way, MAIL, within())).rejects.toMatchObject({ code: 'mail.unreachable' });
        await expect(sendMail({ ...way, port: 1 }, MAIL, within())).rejects.toMatchObject({
          code: 'mail.unreachable',
        });
      },
    );
    await against(
      (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      (way) =>
        expect(sendMail(way, MAIL, within())).rejects.toMatchObject({
          code: expect.stringMatching(/^mail\.(?:unreachable|refused)$/) as string,
        }),
    );
  });
});
