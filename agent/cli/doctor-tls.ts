// A TLS handshake with the broker that goes on with a certificate it does not trust, only to say what is wrong with it. Sends nothing but
// the handshake. The agent's own connection (agent/platform/broker-socket.ts) never gets that far.
import { X509Certificate } from 'node:crypto';
import { checkServerIdentity, connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { CERTIFICATE_WARN_DAYS } from '../../config/tls-files.ts';
import type { TlsCredentials } from '../platform/broker-endings.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { found, type Finding } from './doctor-finding.ts';

const DAY_MS = 86_400_000;
const AUTHORITY_CODES = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
]);
/** Told by their own findings, from the certificate itself. */
const SEEN_OTHERWISE = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERR_TLS_CERT_ALTNAME_INVALID']);

export interface TlsLook {
  readonly host: string;
  readonly port: number;
  /** "host:port", for the findings. */
  readonly address: string;
  readonly caFile: string;
  readonly credentials: TlsCredentials;
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, 'after' | 'wallMs'>;
}

/** Everything that is wrong with it at once; one good finding where nothing is. Errors: the signal's reason. */
export async function lookAtTls(look: TlsLook, signal: AbortSignal): Promise<Finding[]> {
  signal.throwIfAborted();
  const { ca, cert, key } = look.credentials;
  let socket: TLSSocket;
  try {
    socket = connect({
      host: look.host,
      port: look.port,
      minVersion: 'TLSv1.3',
      rejectUnauthorized: false,
      ...(ca && { ca: Buffer.from(ca) }),
      ...(cert && { cert: Buffer.from(cert) }),
      ...(key && { key: Buffer.from(key) }),
    });
  } catch (error) {
    return [found('tls.failed', look.address, { reason: messageOf(error) })];
  }
  try {
    await handshake(socket, look, signal);
    return judge(socket, look);
  } catch (error) {
    signal.throwIfAborted();
    return [handshakeFinding(error, look.address)];
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

function handshake(socket: TLSSocket, { timeoutMs, clock }: TlsLook, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
      outcome();
    };
    const fail = (error: Error): void => settle(() => reject(error));
    const onAbort = (): void => fail(signal.reason as Error);
    const cancel = clock.after(timeoutMs, () =>
      fail(new Error(`no end of the handshake within ${timeoutMs} ms`)),
    );
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', fail);
    socket.once('close', () => fail(new Error('the other end hung up in the handshake')));
    socket.once('secureConnect', () => settle(resolve));
  });
}

function handshakeFinding(error: unknown, address: string): Finding {
  const reason = messageOf(error);
  if (/WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH_TOO_LONG|packet length too long/i.test(reason))
    return found('tls.plain', address);
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|unsupported protocol|protocol version/i.test(reason))
    return found('tls.version', address);
  return found('tls.failed', address, { reason });
}

function judge(socket: TLSSocket, { address, host, caFile, credentials, clock }: TlsLook): Finding[] {
  const certificate = socket.getPeerCertificate();
  const reason = whyUntrusted(socket);
  const findings: Finding[] = [];
  // OpenSSL says one thing of a certificate, whatever else is wrong with it.
  if (AUTHORITY_CODES.has(reason) || (SEEN_OTHERWISE.has(reason) && !isOfAuthority(socket, credentials))) {
    const values = { issuer: nameOf(certificate.issuer), authority: authorityOf(credentials), file: caFile };
    findings.push(found('tls.server-authority', address, values));
  }
  const names = (certificate.subjectaltname ?? nameOf(certificate.subject)).slice(0, 200);
  if (checkServerIdentity(host, certificate) !== undefined)
    findings.push(found('tls.server-name', address, { names, host }));
  findings.push(...dateFindings(certificate, address, clock.wallMs()));
  if (!socket.authorized && findings.length === 0 && !SEEN_OTHERWISE.has(reason))
    findings.push(found('tls.failed', address, { reason }));
  if (findings.some((each) => each.code !== 'tls.server-expiring')) return findings;
  const values = { protocol: socket.getProtocol() ?? 'TLS', until: instant(certificate.valid_to) };
  return findings.length > 0 ? findings : [found('tls.good', address, values)];
}

function dateFindings(certificate: PeerCertificate, address: string, nowMs: number): Finding[] {
  const from = Date.parse(certificate.valid_from);
  const until = Date.parse(certificate.valid_to);
  const values = { from: instant(certificate.valid_from), until: instant(certificate.valid_to) };
  if (nowMs > until) return [found('tls.server-expired', address, values)];
  if (nowMs < from) return [found('tls.server-not-yet-valid', address, values)];
  const soon = nowMs > until - CERTIFICATE_WARN_DAYS * DAY_MS;
  return soon ? [found('tls.server-expiring', address, values)] : [];
}

function instant(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? '?' : new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}

function nameOf(name: PeerCertificate['issuer'] | undefined): string {
  const common: unknown = name?.CN ?? name?.O;
  return typeof common === 'string' ? common.slice(0, 100) : '?';
}

function authorityOf({ ca }: TlsCredentials): string {
  try {
    const subject = new X509Certificate(ca ?? '').subject;
    return (/^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ')).slice(0, 100);
  } catch {
    return '?';
  }
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^[0-9A-F]+:error:[0-9A-F]+:([^:]*):[^:]*:([^:]*):[\s\S]*$/, '$1: $2').slice(0, 200);
}

/** Node gives the code as a text, against its types. */
function whyUntrusted({ authorizationError: code }: TLSSocket): string {
  const given: unknown = code;
  return typeof given === 'string' ? given : code instanceof Error ? code.message : '';
}

const CHAIN_MAX = 8;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** One certificate of those that the broker sent was signed by one of ca_file. */
function isOfAuthority(socket: TLSSocket, { ca }: TlsCredentials): boolean {
  const authorities =
    Buffer.from(ca ?? '')
      .toString('latin1')
      .match(PEM) ?? [];
  let at = socket.getPeerCertificate(true);
  for (let depth = 0; depth < CHAIN_MAX; depth++) {
    const certificate = new X509Certificate(at.raw);
    if (authorities.some((pem) => certificate.verify(new X509Certificate(pem).publicKey))) return true;
    if (at.issuerCertificate === at || at.issuerCertificate === undefined) return false;
    at = at.issuerCertificate;
  }
  return false;
}
