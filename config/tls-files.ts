// Looks at the TLS files that a configuration names: are they there, do they fit together, do they name us, are they in date.
// Whether the broker takes them is known only by connecting.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { TlsFiles } from './broker-config.ts';
import type { FileFinds } from './file-finds.ts';
import { readPrivateFile, readPublicFile } from './guarded-file.ts';
import type { DeskConfig } from './receiver-config.ts';

const PEM_BYTES_MAX = 256 * 1024;
const DAY_MS = 86_400_000;
/** Days before a certificate's end from which on it is told (acceptance TLS-02). */
export const CERTIFICATE_WARN_DAYS = 30;

/** A certificate of the configuration and the file that it was read from. */
interface ReadCertificate {
  readonly path: string;
  readonly certificate: X509Certificate;
}

/** Those that could be read. */
export interface TlsCertificates {
  readonly ca: ReadCertificate | undefined;
  readonly own: ReadCertificate | undefined;
}

/** Checks whether the files can be used, and with each other. */
export async function checkTlsFiles(
  { caFile, certFile, keyFile }: Partial<TlsFiles>,
  finds: FileFinds,
): Promise<TlsCertificates> {
  const ca = caFile === undefined ? undefined : await readCertificate(caFile, finds);
  const own = certFile === undefined ? undefined : await readCertificate(certFile, finds);
  const key = keyFile === undefined ? undefined : await readKey(keyFile, finds);
  if (own !== undefined && key !== undefined && !own.certificate.checkPrivateKey(key)) {
    const message = `does not belong to the certificate in ${certFile}`;
    finds.problem(
      'tls.key-mismatch',
      keyFile ?? '',
      message,
      'name the key that the certificate was made with',
    );
  }
  return { ca, own };
}

/** Checks what they say; `commonName` is the id that our own must name, where it is known; `nowMs` the wall time. */
export function checkCertificates(
  { ca, own }: TlsCertificates,
  { commonName, nowMs }: { readonly commonName: string | undefined; readonly nowMs: number },
  finds: FileFinds,
): void {
  for (const each of [ca, own]) if (each !== undefined) checkDates(each, nowMs, finds);
  if (own !== undefined && commonName !== undefined) checkName(own, commonName, finds);
}

/** Those of the desk, as far as the file names them: a browser comes to a name in its certificate alone. Its dates only where `nowMs` is given. */
export async function checkDeskFiles(
  { caFile, certFile, keyFile, crlFile }: Partial<DeskConfig>,
  nowMs: number | undefined,
  finds: FileFinds,
): Promise<void> {
  const files = { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) };
  const found = await checkTlsFiles(files, finds);
  if (nowMs !== undefined) checkCertificates(found, { commonName: undefined, nowMs }, finds);
  if (found.own !== undefined && found.own.certificate.subjectAltName === undefined)
    finds.problem(
      'tls.no-host',
      found.own.path,
      'names no host, so no browser takes it',
      'issue one with `bodydock-receiver ca issue STORE --role desk-server`',
    );
  if (crlFile === undefined || crlFile === null) return;
  const list = await readPublicFile(crlFile, PEM_BYTES_MAX).catch((error: unknown) =>
    finds.error(crlFile, error),
  );
  if (list !== undefined && !/BEGIN X509 CRL/.test(Buffer.from(list).toString('latin1')))
    finds.problem(
      'tls.revocations',
      crlFile,
      'is no list of revoked certificates',
      'name a file in PEM form ("BEGIN X509 CRL")',
    );
}

async function readCertificate(path: string, finds: FileFinds): Promise<ReadCertificate | undefined> {
  const bytes = await readPublicFile(path, PEM_BYTES_MAX).catch((error: unknown) => finds.error(path, error));
  if (bytes === undefined) return undefined;
  try {
    return { path, certificate: new X509Certificate(bytes) };
  } catch {
    return finds.problem(
      'tls.certificate',
      path,
      'is no certificate',
      'name a file in PEM form ("BEGIN CERTIFICATE")',
    );
  }
}

async function readKey(path: string, finds: FileFinds): Promise<KeyObject | undefined> {
  const bytes = await readPrivateFile(path, PEM_BYTES_MAX).catch((error: unknown) =>
    finds.error(path, error),
  );
  if (bytes === undefined) return undefined;
  try {
    return createPrivateKey(Buffer.from(bytes));
  } catch {
    // OpenSSL's words are not repeated: what it could not parse may be a secret.
    return finds.problem(
      'tls.key',
      path,
      'is no private key, or has a passphrase and nobody is there to type it',
      'name a file in PEM form without passphrase ("BEGIN PRIVATE KEY")',
    );
  }
}

function checkDates({ path, certificate }: ReadCertificate, nowMs: number, finds: FileFinds): void {
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  const remedy = 'get a new certificate, or set the clock of this machine';
  if (nowMs > to) finds.problem('tls.expired', path, `expired at ${new Date(to).toISOString()}`, remedy);
  else if (nowMs < from)
    finds.problem('tls.not-yet-valid', path, `is not valid before ${new Date(from).toISOString()}`, remedy);
  else if (nowMs > to - CERTIFICATE_WARN_DAYS * DAY_MS)
    finds.warning('tls.expiring', path, `expires at ${new Date(to).toISOString()}: get a new certificate`);
}

function checkName({ path, certificate }: ReadCertificate, commonName: string, finds: FileFinds): void {
  const names = certificate.subject?.split('\n').filter((part) => part.startsWith('CN=')) ?? [];
  if (names.length === 1 && names[0] === `CN=${commonName}`) return;
  const found = names.map((name) => name.slice(3)).join(', ');
  const message = `names ${JSON.stringify(found)}, but the broker lets only ${JSON.stringify(commonName)} write the topics of this id`;
  finds.problem(
    'tls.name',
    path,
    message,
    'get a certificate whose common name is the id in the configuration',
  );
}
