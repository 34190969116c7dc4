// Client certificates of stations (SPEC 4.12): requests for them (PKCS#10 with one common name and no attribute), made and read by openssl,
// and what is wrong with one that came from elsewhere. Who issues is authority.ts.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  type X509Certificate,
} from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openssl } from '../../agent/platform/openssl.ts';
import { encodeUtf8, equalBytes } from '../../protocol/format/bytes.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import { writeNewFile } from '../durable-file.ts';
import { readPrivateFile } from '../guarded-file.ts';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
/** Kinds of keys that make a certificate here: EC, RSA, Ed25519. */
const KEY_KINDS: readonly (string | undefined)[] = ['ec', 'rsa', 'ed25519'];

/** The private key of a certificate, and the file that holds it, for openssl to read. */
export interface CertificateKey {
  readonly key: KeyObject;
  readonly file: string;
}

const KEY_PEM_BYTES_MAX = 256 * 1024;

/** Errors: "key.*"; "tls.key" where it is no private key that can be read here. */
export async function readCertificateKey(
  path: string,
  remedy = 'move it away to have a new one made',
  read = readPrivateFile,
): Promise<KeyObject> {
  const bytes = await read(path, KEY_PEM_BYTES_MAX);
  try {
    return createPrivateKey(Buffer.from(bytes));
  } catch {
    // OpenSSL's words are not repeated: what it could not parse may be a secret.
    const message = `${path} is no private key in PEM form, or has a passphrase and nobody is there to type it: ${remedy}`;
    throw new DockError('tls.key', message, { retry: 'person' });
  }
}

/** A new private key (EC, P-256) in a new file. Errors: "key.*". */
export async function writeCertificateKey(path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await writeNewFile(path, encodeUtf8(pem.toString()), 'secret');
  return privateKey;
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

/** A folder of our own for the files that openssl reads, gone afterwards. No secret is written into it. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-openssl-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Errors: "tls.key-kind". */
export function checkKeyKind({ asymmetricKeyType: kind }: KeyObject): void {
  if (KEY_KINDS.includes(kind)) return;
  const message = `a key of kind ${kind ?? 'secret'} makes no certificate here: use EC (P-256), RSA or Ed25519`;
  throw new DockError('tls.key-kind', message, { retry: 'person' });
}

function refused(why: string, cause?: unknown): DockError {
  const message = `the request for a certificate in it is not taken: ${why}. Make a new file: bodydock keys enrol`;
  return new DockError('enrolment.certificate-request', message, { retry: 'person', cause });
}
