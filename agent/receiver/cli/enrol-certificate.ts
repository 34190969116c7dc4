// The certificates of an enrolment: what the request asks for, and what is issued here or was issued elsewhere for it.
import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { intermediates, readCertificates } from '../../../config/certificate-files.ts';
import { readPrivateFile } from '../../../config/guarded-file.ts';
import { parseBase64 } from '../../../protocol/format/bytes.ts';
import {
  checkAuthority,
  clientCertificateFault,
  issueClientCertificate,
  openCertificateRequest,
  type Authority,
} from '../../../config/enrolment/certificates.ts';
import type { EnrolmentRequest } from '../../../protocol/transfer/enrolment.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { usageError } from '../../../config/command-line.ts';
import type { Store } from './enrol-station.ts';

const PEM_BYTES_MAX = 256 * 1024;

/** Where the certificate comes from, or the request for it goes. */
export type CertificateSource =
  | { readonly kind: 'issue'; readonly caFile: string; readonly keyFile: string; readonly days: number }
  | { readonly kind: 'issued'; readonly file: string }
  | { readonly kind: 'csr'; readonly file: string };

/** A key that wants a certificate. */
export interface Requested {
  readonly request: Uint8Array;
  readonly publicKey: KeyObject;
  readonly source: CertificateSource;
}

/** Undefined where the station wants none. Errors: "usage" where source and request do not fit; "enrolment.certificate-request". */
export async function requestedKey(
  { certificate_request: text, station }: EnrolmentRequest,
  source: CertificateSource | undefined,
): Promise<Requested | undefined> {
  if (text === null) {
    if (source === undefined) return undefined;
    throw usageError(
      'this station asks for no certificate (its broker is on its own machine): leave out what names one',
    );
  }
  if (source === undefined)
    throw usageError(
      'this station asks for a certificate: name the authority (--ca-cert FILE --ca-key FILE), or write the request for one elsewhere (--csr FILE) and come back with --certificate FILE',
    );
  const request = parseBase64(text) ?? new Uint8Array();
  return { request, publicKey: await openCertificateRequest(request, station), source };
}

/** What goes to the station. */
export interface Chain {
  /** The station's own first. */
  readonly certificates: readonly [X509Certificate, ...X509Certificate[]];
  readonly authorities: readonly X509Certificate[];
}

/** Errors: "key.*", "tls.*", "openssl.*", "enrolment.certificate" where what was issued elsewhere does not fit; "usage". */
export async function certificatesFor(
  { broker }: Store,
  station: string,
  { request, publicKey, source }: Requested,
  brokerCa = broker.tls?.caFile,
): Promise<Chain> {
  if (brokerCa === undefined)
    throw usageError(
      'receiver.yaml names no ca_file: name the authority of the broker with --broker-ca FILE',
    );
  const authorities = await readCertificates(brokerCa);
  const nowMs = Date.now();
  if (source.kind === 'issue') {
    const [certificate, ...more] = await readCertificates(source.caFile);
    const authority: Authority = {
      certificate,
      key: await readAuthorityKey(source.keyFile),
      file: source.keyFile,
    };
    checkAuthority(authority, nowMs);
    const issued = await issueClientCertificate(authority, { request, days: source.days, nowMs });
    return { certificates: [issued, ...intermediates([certificate, ...more])], authorities };
  }
  const [certificate, ...more] = await readCertificates(source.file);
  const fault = clientCertificateFault(certificate, { commonName: station, publicKey, nowMs });
  if (fault === undefined) return { certificates: [certificate, ...intermediates(more)], authorities };
  const message = `${source.file}: this is no certificate for station ${station}: ${fault}. Have one issued from what --csr writes`;
  throw new DockError('enrolment.certificate', message, { retry: 'person' });
}

async function readAuthorityKey(path: string): Promise<KeyObject> {
  const bytes = await readPrivateFile(path, PEM_BYTES_MAX);
  try {
    return createPrivateKey(Buffer.from(bytes));
  } catch {
    // OpenSSL's words are not repeated: what it could not parse may be a secret.
    const message = `${path} is no private key in PEM form, or has a passphrase: take the way of --csr and --certificate, and let its own tools sign`;
    throw new DockError('tls.key', message, { retry: 'person' });
  }
}
