// One mail over SMTP, by nodemailer's connection and its MIME builder: plain text, its headers encoded, its body in base64. One connection for each
// mail: what is sent is rare.
//
// Invariants:
// 1. Neither mail nor password goes over a connection whose certificate was not verified, but to this machine itself where the caller says so.
// 2. However the server behaves, it ends with the signal: the connection is destroyed then.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import MimeNode from 'nodemailer/lib/mime-node';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { DockError, systemCode } from '../../protocol/format/errors.ts';

/** Where mails go out. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** "plain" is for this machine itself. */
  readonly security: 'tls' | 'starttls' | 'plain';
  /** Certificates of authorities, PEM; null: those of the system. */
  readonly ca: Uint8Array | null;
  readonly login: { readonly username: string; readonly password: Uint8Array } | null;
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** Lines that end with "\n". */
  readonly text: string;
}

/** Silence in ms after which a server is given up; the caller's signal bounds the whole. */
const SILENCE_MS = 20_000;
/** Errors of Node's TLS and of OpenSSL's look at a certificate. */
const TLS_CODE = /CERT|TLS|SSL|UNABLE_TO|HOSTNAME|^EPROTO$/;
const RESPONSE_BYTES_MAX = 64 * 1024;

/**
 * Sends the mail, or without one only connects and logs in. Gives how many addresses the server refused while it took others.
 * Errors: "mail.unreachable", "mail.tls", "mail.login", "mail.refused"; the signal's reason.
 */
export async function sendMail(
  server: MailServer,
  mail: Mail | undefined,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  try {
    return await converse(await reach(server, signal), server, mail, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw mailError(error, `${server.host}:${server.port}`);
  }
}

/** By the system's look-up of names, as every connection of this program: nodemailer's own asks DNS servers alone. Errors: the system's; the signal's reason. */
async function reach({ host, port }: MailServer, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host, port, signal });
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    throw error;
  }
}

async function converse(
  socket: Socket,
  { host, port, security, ca, login }: MailServer,
  mail: Mail | undefined,
  signal: AbortSignal,
): Promise<number> {
  const connection = new SMTPConnection({
    connection: socket,
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'plain',
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(ca && { ca: Buffer.from(ca) }) },
    connectionTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    maxResponseSize: RESPONSE_BYTES_MAX,
    socketCloseTimeout: 0,
  });
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    connection.on('error', reject);
    connection.on('end', () => reject(new Error('the server closed the connection')));
  });
  ended.catch(() => undefined); // told by the race, or nobody asks any more
  const step = <T>(begin: (done: (error: Error | null, value?: T) => void) => void): Promise<T | undefined> =>
    Promise.race([
      ended,
      new Promise<T | undefined>((resolve, reject) =>
        begin((error, value) => (error ? reject(error) : resolve(value))),
      ),
    ]);
  let isOver = false;
  try {
    await step((done) => connection.connect((error) => done(error ?? null)));
    if (login !== null) {
      const credentials = { user: login.username, pass: Buffer.from(login.password).toString('utf8') };
      await step((done) => connection.login({ credentials }, (error) => done(error)));
    }
    if (mail === undefined) {
      isOver = true;
      return 0;
    }
    const { from, to } = mail;
    const message = await step<Buffer>((done) => mimeOf(mail).build((error, bytes) => done(error, bytes)));
    const sent = await step<{ rejected?: string[] }>((done) =>
      connection.send({ from, to: [...to] }, message ?? Buffer.alloc(0), (error, info) => done(error, info)),
    );
    isOver = true;
    return sent?.rejected?.length ?? 0;
  } finally {
    if (isOver) connection.quit();
    else connection.close();
  }
}

function mimeOf({ from, to, subject, text }: Mail): MimeNode {
  const node = new MimeNode('text/plain; charset=utf-8', { disableFileAccess: true, disableUrlAccess: true });
  node.setHeader({ from, to: [...to], subject, 'auto-submitted': 'auto-generated' });
  node.setHeader('content-transfer-encoding', 'base64');
  node.setContent(text.replaceAll('\n', '\r\n'));
  return node;
}

/** The code by what a person does about it. The words of a server are its own, and are for the log. */
function mailError(cause: unknown, at: string): DockError {
  const kinds: Readonly<Record<string, string>> = {
    ETLS: 'mail.tls',
    EAUTH: 'mail.login',
    ENOAUTH: 'mail.login',
    EENVELOPE: 'mail.refused',
    EMESSAGE: 'mail.refused',
    EPROTOCOL: 'mail.refused',
  };
  const original = cause instanceof Error && 'originalCode' in cause ? String(cause.originalCode) : '';
  const code = TLS_CODE.test(original) ? 'mail.tls' : (kinds[systemCode(cause) ?? ''] ?? 'mail.unreachable');
  const words = cause instanceof Error ? cause.message : String(cause);
  return new DockError(code, `no mail by ${at}: ${words}`, { retry: 'later', cause });
}
