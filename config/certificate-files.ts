// Reads certificates from PEM files: all that stand in one, in their order.
import { X509Certificate } from 'node:crypto';
import { parseUtf8 } from '../protocol/format/bytes.ts';
import { DockError } from '../protocol/format/errors.ts';
import type { TlsFiles } from './broker-config.ts';
import { readPublicFile } from './guarded-file.ts';

const PEM_BYTES_MAX = 256 * 1024;
const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** At least one. Errors: "key.missing", "key.unreadable", "key.empty", "key.oversize"; "tls.certificate" where it holds none. */
export async function readCertificates(
  path: string,
): Promise<readonly [X509Certificate, ...X509Certificate[]]> {
  const text = parseUtf8(await readPublicFile(path, PEM_BYTES_MAX)) ?? '';
  try {
    const [first, ...rest] = (text.match(PEM) ?? []).map((pem) => new X509Certificate(pem));
    if (first !== undefined) return [first, ...rest];
  } catch (error) {
    throw noCertificate(path, error);
  }
  throw noCertificate(path);
}

/** Those that somebody else vouches for: what stands between a certificate and the authority that everybody has. */
export function intermediates(certificates: readonly X509Certificate[]): X509Certificate[] {
  return certificates.filter(({ subject, issuer }) => subject !== issuer);
}

function noCertificate(path: string, cause?: unknown): DockError {
  const message = `${path} holds no certificate in PEM form ("BEGIN CERTIFICATE"), or a damaged one: name another file`;
  return new DockError('tls.certificate', message, { retry: 'person', cause });
}

// When the certificates end that a configuration names. Whether they fit is the business of tls-files.ts.

/** Ends in ms since 1970: of the client's certificate and of those between it and its authority, and of every authority. Errors: those of readCertificates. */
export async function certificateEnds({
  caFile,
  certFile,
}: Pick<TlsFiles, 'caFile' | 'certFile'>): Promise<
  readonly { certificate: 'client' | 'authority'; endsAtMs: number }[]
> {
  const [own, authorities] = await Promise.all([
    certFile === undefined ? [] : readCertificates(certFile),
    readCertificates(caFile),
  ]);
  const endMs = ({ validTo }: { readonly validTo: string }): number => Date.parse(validTo);
  return [
    ...[...own.slice(0, 1), ...intermediates(own.slice(1))].map((each) => ({
      certificate: 'client' as const,
      endsAtMs: endMs(each),
    })),
    ...authorities.map((each) => ({ certificate: 'authority' as const, endsAtMs: endMs(each) })),
  ];
}
