// Requests for a client certificate (SPEC 4.12): PKCS#10 with one common name and no attribute. Whoever holds the private key signs it.
// Written here and not by a library: those that know EC keys bring a dozen packages and a global patch for these few bytes.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { equalBytes } from '../format/bytes.ts';
import {
  DER_INTEGER,
  DER_SEQUENCE,
  DER_SET,
  der,
  derContext,
  derObjectId,
  derSequence,
  derText,
  readDerInside,
} from './der.ts';
import { signDer, splitSigned } from './der-signature.ts';
import { DockError } from '../format/errors.ts';

const COMMON_NAME = '2.5.4.3';

/** A name that is one common name. */
export function nameOf(commonName: string): Uint8Array {
  return derSequence(der(DER_SET, derSequence(derObjectId(COMMON_NAME), derText(commonName))));
}

/** The request in DER. Errors: "tls.key-kind". */
export function makeCertificateRequest(commonName: string, privateKey: KeyObject): Uint8Array {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return signDer(requestBody(commonName, publicKey), privateKey);
}

/**
 * The public key of a request that is for that name and whose signature holds.
 * Errors: "enrolment.certificate-request" with what is wrong.
 */
export function openCertificateRequest(request: Uint8Array, commonName: string): KeyObject {
  try {
    const { signed, verifiedBy } = splitSigned(request);
    const [, , key] = readDerInside(signed, DER_SEQUENCE);
    if (key === undefined || !equalBytes(signed, requestBody(commonName, key.whole)))
      throw refused(`it is not for the common name ${commonName} alone`);
    const publicKey = createPublicKey({ key: Buffer.from(key.whole), format: 'der', type: 'spki' });
    if (!verifiedBy(publicKey)) throw refused('its signature does not hold');
    return publicKey;
  } catch (error) {
    if (error instanceof DockError && error.code === 'enrolment.certificate-request') throw error;
    throw refused(error instanceof DockError ? error.message : 'its public key is none', error);
  }
}

/** The same as PEM, for an authority that has tools of its own. */
export function pemOf(label: 'CERTIFICATE' | 'CERTIFICATE REQUEST', bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

function requestBody(commonName: string, publicKey: Uint8Array): Uint8Array {
  return derSequence(der(DER_INTEGER, Uint8Array.of(0)), nameOf(commonName), publicKey, derContext(0));
}

function refused(why: string, cause?: unknown): DockError {
  const message = `the request for a certificate in it is not taken: ${why}. Make a new file: bodydock keys enrol`;
  return new DockError('enrolment.certificate-request', message, { retry: 'person', cause });
}
