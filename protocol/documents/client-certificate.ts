// Client certificates of stations (SPEC 4.12): issues one with an authority's key, and says what is wrong with one that came from elsewhere.
import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import { nameOf } from './certificate-request.ts';
import {
  DER_INTEGER,
  DER_OCTET_STRING,
  DER_SEQUENCE,
  der,
  derContext,
  derObjectId,
  derPositive,
  derSequence,
  derTime,
  derTrue,
  readDer,
  readDerInside,
  type DerValue,
} from './der.ts';
import { signatureAlgorithm, signDer } from './der-signature.ts';
import { DockError } from '../format/errors.ts';
import type { Random } from '../format/ports.ts';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const DER_BIT_DIGITAL_SIGNATURE = Uint8Array.of(0x03, 0x02, 0x07, 0x80);
const SERIAL_BYTES = 16;
const SUBJECT_KEY_ID = derObjectId('2.5.29.14');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Who issues. The private key belongs to the certificate: checkAuthority says so. */
export interface Authority {
  readonly certificate: X509Certificate;
  readonly privateKey: KeyObject;
}

/** Errors: "tls.authority" where the two cannot issue at that time, with what to do. */
export function checkAuthority({ certificate, privateKey }: Authority, nowMs: number): void {
  if (!certificate.ca) throw noAuthority('it is no certificate of an authority (CA:TRUE)');
  if (!certificate.checkPrivateKey(privateKey)) throw noAuthority('the key does not belong to it');
  if (nowMs < Date.parse(certificate.validFrom) || nowMs > Date.parse(certificate.validTo))
    throw noAuthority(`it is valid from ${certificate.validFrom} to ${certificate.validTo}`);
}

export interface CertificateWish {
  readonly commonName: string;
  readonly publicKey: KeyObject;
  readonly days: number;
  readonly nowMs: number;
  readonly random: Random;
}

/** A client certificate in DER: valid from an hour ago, since clocks differ, and no longer than its authority. Errors: "tls.key-kind". */
export function issueClientCertificate(authority: Authority, wish: CertificateWish): Uint8Array {
  const { certificate, privateKey } = authority;
  const { commonName, publicKey, days, nowMs, random } = wish;
  const serial = random.bytes(SERIAL_BYTES);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and of one length
  const endMs = Math.min(nowMs + days * DAY_MS, Date.parse(certificate.validTo));
  const startMs = Math.max(nowMs - HOUR_MS, Date.parse(certificate.validFrom));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const body = derSequence(
    derContext(0, der(DER_INTEGER, Uint8Array.of(2))),
    derPositive(serial),
    signatureAlgorithm(privateKey),
    authoritySubject(certificate),
    derSequence(derTime(startMs), derTime(endMs)),
    nameOf(commonName),
    spki,
    derContext(3, extensions(spki, authorityKeyId(certificate))),
  );
  return signDer(body, privateKey);
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

function extensions(spki: Uint8Array, issuerKeyId: Uint8Array | undefined): Uint8Array {
  const critical = (id: string, value: Uint8Array): Uint8Array =>
    derSequence(derObjectId(id), derTrue(), der(DER_OCTET_STRING, value));
  const plain = (id: string, value: Uint8Array): Uint8Array =>
    derSequence(derObjectId(id), der(DER_OCTET_STRING, value));
  return derSequence(
    critical('2.5.29.19', derSequence()),
    critical('2.5.29.15', DER_BIT_DIGITAL_SIGNATURE),
    plain('2.5.29.37', derSequence(derObjectId(CLIENT_AUTH))),
    plain('2.5.29.14', der(DER_OCTET_STRING, keyIdOf(spki))),
    ...(issuerKeyId === undefined ? [] : [plain('2.5.29.35', derSequence(der(0x80, issuerKeyId)))]),
  );
}

/** RFC 7093 section 2, method 1. */
function keyIdOf(spki: Uint8Array): Uint8Array {
  const bits = readDerInside(spki, DER_SEQUENCE)[1]?.content.subarray(1) ?? new Uint8Array();
  return createHash('sha256').update(bits).digest().subarray(0, 20);
}

/** Byte by byte as it stands in the authority's certificate: whoever builds the chain compares bytes. */
function authoritySubject(certificate: X509Certificate): Uint8Array {
  const subject = bodyOf(certificate)[4];
  if (subject === undefined) throw noAuthority('it has no subject');
  return subject.whole;
}

function authorityKeyId(certificate: X509Certificate): Uint8Array | undefined {
  const tagged = bodyOf(certificate).find(({ tag }) => tag === 0xa3);
  if (tagged === undefined) return undefined;
  for (const extension of readDerInside(tagged.content, DER_SEQUENCE)) {
    const [id, ...rest] = readDer(extension.content);
    const value = rest.at(-1);
    if (id === undefined || value === undefined || !Buffer.from(id.whole).equals(SUBJECT_KEY_ID)) continue;
    return readDer(value.content)[0]?.content;
  }
  return undefined;
}

/** Fields of the signed part, from the serial number on: the version in front of it is optional and left out. */
function bodyOf(certificate: X509Certificate): DerValue[] {
  const [body] = readDerInside(certificate.raw, DER_SEQUENCE);
  const fields = body === undefined ? [] : readDer(body.content);
  return fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
}

function noAuthority(why: string): DockError {
  const message = `this authority cannot issue: ${why}. Name its certificate with --ca-cert and the key of it with --ca-key`;
  return new DockError('tls.authority', message, { retry: 'person' });
}
