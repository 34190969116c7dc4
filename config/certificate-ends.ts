// When the certificates end that a configuration names. Whether they fit is the business of tls-files.ts.
import { X509Certificate } from 'node:crypto';
import type { TlsFiles } from './broker-config.ts';
import { readPublicFile } from './guarded-file.ts';

const PEM_BYTES_MAX = 256 * 1024;

/** Ends in ms since 1970. Errors: the system's, "config.*"; the library's where a file is no certificate. */
export async function certificateEnds(
  tls: Pick<TlsFiles, 'caFile' | 'certFile'>,
): Promise<readonly { certificate: 'client' | 'authority'; endsAtMs: number }[]> {
  const [client, authority] = await Promise.all([endOf(tls.certFile), endOf(tls.caFile)]);
  return [
    { certificate: 'client', endsAtMs: client },
    { certificate: 'authority', endsAtMs: authority },
  ];
}

async function endOf(path: string): Promise<number> {
  return Date.parse(new X509Certificate(await readPublicFile(path, PEM_BYTES_MAX)).validTo);
}
