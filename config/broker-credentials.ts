// Reads what a connection to the broker is made with from the files that the configuration names.
import { readFile } from 'node:fs/promises';
import type { TlsCredentials } from '../protocol/io/broker-types.ts';
import type { BrokerConfig } from './broker-config.ts';

/** Read anew for every attempt, so that renewed files count without a restart. Errors: the system's. */
export async function readBrokerCredentials({ tls }: BrokerConfig): Promise<TlsCredentials> {
  if (tls === null) return {};
  const [ca, cert, key] = await Promise.all([
    readFile(tls.caFile),
    readFile(tls.certFile),
    readFile(tls.keyFile),
  ]);
  return { ca, cert, key };
}
