// Reads passwords and credentials from the files that the configuration names: those of the broker, of the mail server, and of cameras.
import { readFile } from 'node:fs/promises';
import type { BrokerCredentials } from '../agent/platform/broker-endings.ts';
import type { MailServer } from '../agent/platform/mail.ts';
import { parseUtf8 } from '../protocol/format/bytes.ts';
import { DockError } from '../protocol/format/errors.ts';
import type { BrokerConfig } from './broker-config.ts';
import { readPrivateFile } from './guarded-file.ts';
import type { NotifyConfig } from './receiver-config.ts';

const PASSWORD_BYTES_MAX = 256;
const LINE_END_BYTES_MAX = 2;

/** Read again for every attempt, so that renewed files count without a restart. Errors: the system's; those of readBrokerPassword. */
export async function readBrokerCredentials({
  tls,
  login,
}: Pick<BrokerConfig, 'tls' | 'login'>): Promise<BrokerCredentials> {
  const read = async (path: string | undefined): Promise<Uint8Array | undefined> =>
    path === undefined ? undefined : readFile(path);
  const [ca, cert, key] = await Promise.all([tls?.caFile, tls?.certFile, tls?.keyFile].map(read));
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(login !== null && {
      login: { username: login.username, password: await readBrokerPassword(login.passwordFile) },
    }),
  };
}

/** Read again for every mail. Errors: as of readBrokerCredentials. */
export async function readMailServer(config: NotifyConfig): Promise<MailServer> {
  const { host, port, security, caFile, login } = config;
  return {
    host,
    port,
    security,
    ca: caFile === null ? null : await readFile(caFile),
    login: login && {
      username: login.username,
      password: await readBrokerPassword(login.passwordFile),
    },
  };
}

/**
 * The password of an account at the broker or the mail server: one line of 1 to PASSWORD_BYTES_MAX bytes of UTF-8; a line end after it is no part of
 * it. No message holds a character of it.
 * Errors: "key.missing", "key.unreadable", "key.owner", "key.mode", "key.empty", "key.oversize" as of readPrivateFile; "password.malformed".
 */
export async function readBrokerPassword(path: string): Promise<Uint8Array> {
  const bytes = await readPrivateFile(path, PASSWORD_BYTES_MAX + LINE_END_BYTES_MAX);
  const text = parseUtf8(bytes)?.replace(/\r?\n$/, '');
  bytes.fill(0);
  const password = Buffer.from(text ?? '');
  if (text !== undefined && /^\P{Cc}+$/u.test(text) && password.length <= PASSWORD_BYTES_MAX) return password;
  const words = `${path} holds no password: put one line of 1 to ${PASSWORD_BYTES_MAX} bytes into it, without control characters`;
  throw new DockError('password.malformed', words, { retry: 'person' });
}

// Reads the password of a camera from its file. No message holds a character of it.

/** The longest that a known camera takes; each way of speaking has a length of its own, which the driver checks. */
const PASSWORD_CHARACTERS_MAX = 60;

/**
 * Printable ASCII, 1 to PASSWORD_CHARACTERS_MAX; a line end behind it is no part of it.
 * Errors: "key.missing", "key.unreadable", "key.owner", "key.mode", "key.empty", "key.oversize" as of readPrivateFile; "password.malformed".
 */
export async function readCameraPassword(path: string): Promise<string> {
  const bytes = await readPrivateFile(path, PASSWORD_CHARACTERS_MAX + LINE_END_BYTES_MAX);
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/\r?\n$/, '');
  bytes.fill(0);
  if (/^[\x20-\x7e]+$/.test(text) && text.length <= PASSWORD_CHARACTERS_MAX) return text;
  const words = `${path} holds no password of a camera: put one line of 1 to ${PASSWORD_CHARACTERS_MAX} printable ASCII characters into it`;
  throw new DockError('password.malformed', words, { retry: 'person' });
}
