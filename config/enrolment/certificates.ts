// Client certificates of stations (SPEC 4.12): requests for them (PKCS#10 with one common name and no attribute), made and read by openssl;
// one issued with an authority's key; and what is wrong with one that came from elsewhere.
import { createPublicKey, randomBytes, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openssl } from '../../agent/platform/openssl.ts';
import { encodeUtf8, equalBytes } from '../../protocol/format/bytes.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const SERIAL_BYTES = 16;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Kinds of keys that make a certificate here: EC, RSA, Ed25519. */
const KEY_KINDS: readonly (string | undefined)[] = ['ec', 'rsa', 'ed25519'];

/** The private key of a certificate, and the file that holds it, for openssl to read. */
export interface CertificateKey {
  readonly key: KeyObject;
  readonly file: string;
}

/** The request in DER. Errors: "tls.key-kind", "openssl.*". */
export async function makeCertificateRequest(
  commonName: string,
  { key, file }: CertificateKey,
): Promise<Uint8Array> {
  checkKeyKind(key);
  return withFolder(async (folder) => {
    await writeFile(join(folder, 'openssl.cnf'), requestConfig(commonName));
    const words = ['-new', '-batch', '-config', 'openssl.cnf', '-key', resolve(file), '-outform', 'DER'];
    return (await openssl(['req', ...words], { folder })).stdout;
  });
}

/**
 * The public key of a request that is for that name and whose signature holds.
 * Errors: "enrolment.certificate-request" with what is wrong; "openssl.missing".
 */
export async function openCertificateRequest(request: Uint8Array, commonName: string): Promise<KeyObject> {
  try {
    return await requestedKey(request, commonName);
  } catch (error) {
    if (isDockError(error, 'enrolment.certificate-request') || isDockError(error, 'openssl.missing'))
      throw error;
    throw refused('it is none that openssl can read', error);
  }
}

async function requestedKey(request: Uint8Array, commonName: string): Promise<KeyObject> {
  const reading = ['req', '-inform', 'DER', '-config', '/dev/null'];
  const again = await openssl([...reading, '-outform', 'DER'], { input: request });
  // Only the one encoding of a request is one: nothing may follow it that nobody looked at.
  if (!equalBytes(again.stdout, request)) throw refused('its bytes are not the encoding of a request');
  // Nothing of the request but its key is printed: its text could say whatever is looked for.
  const { stdout, stderr } = await openssl([...reading, '-verify', '-noout', '-pubkey'], { input: request });
  const said = stdout.toString();
  if (!/verify OK/.test(said + stderr)) throw refused('its signature does not hold');
  const [pem = ''] = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/.exec(said) ?? [];
  const publicKey = createPublicKey(pem);
  const body = requestBody(commonName, publicKey);
  const at = 2 + Math.max(0, (request[1] ?? 0) - 0x80); // after tag and length of the whole
  if (!equalBytes(request.subarray(at, at + body.length), body))
    throw refused(`it is not for the common name ${commonName} alone`);
  return publicKey;
}

/** What is signed of a request: version, name, key and no attribute. Source: RFC 2986. */
function requestBody(commonName: string, publicKey: KeyObject): Uint8Array {
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, encodeUtf8(commonName)))));
  const key = publicKey.export({ type: 'spki', format: 'der' });
  return der(SEQUENCE, Uint8Array.of(0x02, 0x01, 0), name, key, Uint8Array.of(0xa0, 0));
}

const [SEQUENCE, SET, UTF8_STRING] = [0x30, 0x31, 0x0c];
/** The object id 2.5.4.3. */
const COMMON_NAME = Uint8Array.of(0x06, 0x03, 0x55, 0x04, 0x03);

/** One value in DER. */
function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...size), content]);
}

/** The same as PEM, for an authority that has tools of its own. */
export function requestPem(request: Uint8Array): string {
  const lines = Buffer.from(request)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
}

/** Who issues. The private key belongs to the certificate: checkAuthority says so. */
export interface Authority extends CertificateKey {
  readonly certificate: X509Certificate;
}

/** Errors: "tls.authority" where the two cannot issue at that time, with what to do; "tls.key-kind". */
export function checkAuthority({ certificate, key }: Authority, nowMs: number): void {
  checkKeyKind(key);
  if (!certificate.ca) throw noAuthority('it is no certificate of an authority (CA:TRUE)');
  if (!certificate.checkPrivateKey(key)) throw noAuthority('the key does not belong to it');
  if (nowMs < Date.parse(certificate.validFrom) || nowMs > Date.parse(certificate.validTo))
    throw noAuthority(`it is valid from ${certificate.validFrom} to ${certificate.validTo}`);
}

export interface CertificateWish {
  /** In DER, as openCertificateRequest took it. */
  readonly request: Uint8Array;
  readonly days: number;
  readonly nowMs: number;
}

/**
 * A client certificate for the key of a request: valid from an hour ago, since clocks differ, and no longer than its authority.
 * Errors: "openssl.*".
 */
export async function issueClientCertificate(
  { certificate, file }: Authority,
  { request, days, nowMs }: CertificateWish,
): Promise<X509Certificate> {
  const endMs = Math.min(nowMs + days * DAY_MS, Date.parse(certificate.validTo));
  const startMs = Math.max(nowMs - HOUR_MS, Date.parse(certificate.validFrom));
  return withFolder(async (folder) => {
    const put = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
    await put('openssl.cnf', ISSUE_CONFIG);
    await put('ca.pem', certificate.toString());
    await put('request.pem', requestPem(request));
    await put('index', '');
    const serial = randomBytes(SERIAL_BYTES);
    serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and of one length
    await put('serial', `${serial.toString('hex')}\n`);
    const dates = ['-startdate', issueTime(startMs), '-enddate', issueTime(endMs)];
    const files = ['-cert', 'ca.pem', '-keyfile', resolve(file), '-in', 'request.pem', '-out', 'issued.pem'];
    await openssl(['ca', '-batch', '-notext', '-config', 'openssl.cnf', ...dates, ...files], { folder });
    return new X509Certificate(await readFile(join(folder, 'issued.pem')));
  });
}

/** Why a certificate is not one for that station and key at that time; undefined where it is. */
export function clientCertificateFault(
  certificate: X509Certificate,
  wanted: { readonly commonName: string; readonly publicKey: KeyObject; readonly nowMs: number },
): string | undefined {
  const { commonName, publicKey, nowMs } = wanted;
  const names = certificate.subject?.split('\n').filter((part) => part.startsWith('CN=')) ?? [];
  if (names.length !== 1 || names[0] !== `CN=${commonName}`)
    return `its common name is not ${commonName} alone`;
  if (!certificate.publicKey.equals(publicKey)) return 'it was made for another private key';
  if (certificate.ca) return 'it is a certificate of an authority (CA:TRUE)';
  const uses: unknown = certificate.keyUsage; // Node's name for the extended ones; undefined where they are not restricted
  if (Array.isArray(uses) && !uses.includes(CLIENT_AUTH)) return 'it is not for clients (clientAuth)';
  if (nowMs > Date.parse(certificate.validTo)) return `it ended at ${certificate.validTo}`;
  if (nowMs < Date.parse(certificate.validFrom)) return `it begins at ${certificate.validFrom}`;
  return undefined;
}

function requestConfig(commonName: string): string {
  return `[req]
prompt = no
string_mask = utf8only
distinguished_name = name
[name]
CN = ${commonName}
`;
}

/** Of a request only its name and key are taken. The name is the common name alone: openCertificateRequest saw to that. */
const ISSUE_CONFIG = `[ca]
default_ca = station
[station]
database = index
serial = serial
new_certs_dir = .
default_md = default
policy = name
unique_subject = no
copy_extensions = none
x509_extensions = client
[name]
commonName = supplied
[client]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`;

/** Shape: "20261201103000Z". */
function issueTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
}

/** A folder of our own for the files that openssl reads, gone afterwards. No secret is written into it. */
async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-openssl-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function checkKeyKind({ asymmetricKeyType: kind }: KeyObject): void {
  if (KEY_KINDS.includes(kind)) return;
  const message = `a key of kind ${kind ?? 'secret'} makes no certificate here: use EC (P-256), RSA or Ed25519`;
  throw new DockError('tls.key-kind', message, { retry: 'person' });
}

function noAuthority(why: string): DockError {
  const message = `this authority cannot issue: ${why}. Name its certificate with --ca-cert and the key of it with --ca-key`;
  return new DockError('tls.authority', message, { retry: 'person' });
}

function refused(why: string, cause?: unknown): DockError {
  const message = `the request for a certificate in it is not taken: ${why}. Make a new file: bodydock keys enrol`;
  return new DockError('enrolment.certificate-request', message, { retry: 'person', cause });
}
