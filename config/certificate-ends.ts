// When the certificates end that a configuration names. Whether they fit is the business of tls-files.ts.
import type { TlsFiles } from './broker-config.ts';
import { intermediates, readCertificates } from './certificate-files.ts';

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
