// Opens the TCP or TLS connection to a broker. Hands a socket out only when the far end is verified: before that not one byte of ours,
// besides the handshake, has left. Speaks no MQTT.
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Clock } from '../../protocol/format/ports.ts';
import type { Ending, TlsCredentials } from './broker-endings.ts';

const PORT_TCP = 1883;
const PORT_TLS = 8883;
/** Two messages of a unit may wait inside Node, so that the next is read while one is sent. */
const WAITING_BYTES = 1024 * 1024;
/** Without AES instructions ChaCha20 costs a third of AES; the broker follows our order unless it insists on its own. */
const CHACHA20_FIRST = 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256';
/** System errors of the network; every other error inside a handshake is a matter of trust. */
const NETWORK_CODES = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

export interface SocketOptions {
  /** mqtt:// or mqtts://, with a host and an optional port. */
  readonly url: URL;
  /** Only for mqtts://. */
  readonly credentials: TlsCredentials;
  /** False where the processor has no AES instructions. */
  readonly preferAes: boolean;
  /** For TCP and TLS together. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** A verified connection, and what it reads. */
export interface OpenedSocket {
  readonly socket: Socket;
  readonly input: SocketInput;
}

/** A verified connection, or why there is none. */
export type SocketOutcome =
  ({ readonly ok: true } & OpenedSocket) | { readonly ok: false; readonly ending: Ending };

/** True for the scheme with TLS. */
export function isTlsUrl(url: URL): boolean {
  return url.protocol === 'mqtts:';
}

/** "host:port" as connected to, for logs and conditions. */
export function brokerAddress(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

function portOf(url: URL): number {
  return url.port === '' ? (isTlsUrl(url) ? PORT_TLS : PORT_TCP) : Number(url.port);
}

function openRaw(options: SocketOptions, { onread }: SocketInput): Socket | TLSSocket {
  const { url } = options;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const common = { host, port: portOf(url), noDelay: true, writableHighWaterMark: WAITING_BYTES, onread };
  if (!isTlsUrl(url)) return connectTcp(common);
  const { ca, cert, key, crl } = options.credentials;
  return connectTls({
    ...common,
    minVersion: 'TLSv1.3',
    rejectUnauthorized: true,
    ...(options.preferAes ? {} : { ciphers: CHACHA20_FIRST }),
    ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
    ...(cert === undefined ? {} : { cert: Buffer.from(cert) }),
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
    ...(crl === undefined ? {} : { crl: Buffer.from(crl) }),
  });
}

/** The error of a connection as an ending: `secure` says whether it was past TCP and inside TLS. */
export function endingOfError(error: Error, secure: boolean): Ending {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const detail = error.message === '' ? code : error.message;
  const trust = /^ERR_(?:SSL|TLS)_/.test(code) || (secure && !NETWORK_CODES.has(code));
  return { kind: trust ? 'tls' : 'unreachable', detail: plainDetail(detail) };
}

/** OpenSSL's errors carry thread ids and source lines; the sixth part is the reason. */
function plainDetail(detail: string): string {
  return detail.replace(/^[0-9A-F]+:error:[0-9A-F]+:([^:]*):[^:]*:([^:]*):[\s\S]*$/, '$1: $2').slice(0, 200);
}

/**
 * Opens and verifies. TLS 1.3 at least; certificate chain, dates, revocation (where a list is given) and server name are checked by
 * Node before "secureConnect", and the socket is handed out only after it.
 * Shape: the socket has an error listener; what it reads goes to `input`, and to nobody else.
 * Errors: none but the signal's reason; what went wrong is the outcome.
 */
export async function openSocket(options: SocketOptions, signal: AbortSignal): Promise<SocketOutcome> {
  signal.throwIfAborted();
  const input = new SocketInput();
  let socket: Socket;
  try {
    socket = openRaw(options, input);
  } catch (error) {
    // Credentials that are no PEM, or a key that is not the certificate's.
    const detail = error instanceof Error ? plainDetail(error.message) : 'credentials that cannot be used';
    return { ok: false, ending: { kind: 'tls', detail } };
  }
  return new Promise((resolve, reject) => {
    let connected = false;
    const settle = (outcome: () => void): void => {
      cancelTimeout();
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError).removeListener('close', onClose);
      socket.on('error', () => undefined);
      outcome();
    };
    const fail = (ending: Ending): void =>
      settle(() => {
        socket.destroy();
        resolve({ ok: false, ending });
      });
    const onAbort = (): void =>
      settle(() => {
        socket.destroy();
        reject(signal.reason as Error);
      });
    const onError = (error: Error): void => fail(endingOfError(error, connected && isTlsUrl(options.url)));
    const onClose = (): void =>
      fail({ kind: 'unreachable', detail: 'the peer hung up before the connection stood' });
    const cancelTimeout = options.clock.after(options.timeoutMs, () => {
      const what = connected ? 'the TLS handshake' : 'the connection';
      fail({ kind: 'unreachable', detail: `${what} did not stand within ${options.timeoutMs} ms` });
    });
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError).once('close', onClose);
    socket.once('connect', () => (connected = true));
    const ready = isTlsUrl(options.url) ? 'secureConnect' : 'connect';
    socket.once(ready, () => settle(() => resolve({ ok: true, socket, input })));
  });
}

// What one socket reads, in one buffer over and over: a stream of Node's makes a new one of 64 KiB for every read, which is garbage a moment
// later.

/** Half a unit. */
const READ_BYTES = 256 * 1024;

/** The reading side of one socket. */
class SocketInput {
  /** For the options of `net.connect` and `tls.connect`. */
  readonly onread: OnReadOpts;
  #take: (bytes: Buffer) => void = () => undefined;

  constructor() {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    this.onread = {
      buffer,
      callback: (bytesRead) => {
        this.#take(buffer.subarray(0, bytesRead));
        return true;
      },
    };
  }

  /** Hands on all that comes from now on, as a view that is good until `take` returns. What came before is dropped. */
  start(take: (bytes: Buffer) => void): void {
    this.#take = take;
  }
}

// Whether this processor has AES instructions: the Raspberry Pi 4 has none, and TLS then costs three times as much with AES.

/**
 * Reads the processor's features.
 * Shape: true where "aes" is listed, and where the system does not tell.
 * Errors: none.
 * Source: Linux, /proc/cpuinfo ("flags" on x86, "Features" on Arm).
 */
export async function hasAesInstructions(path = '/proc/cpuinfo'): Promise<boolean> {
  const text = await readFile(path, 'latin1').catch(() => '');
  const features = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1];
  return features === undefined || / aes(?: |$)/.test(features);
}
