// What both steps of an enrolment need of the station's side: its file, which may not be finished, and the private key of its certificate.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { BrokerConfig } from '../../config/broker-config.ts';
import { readPrivateFile } from '../../config/guarded-file.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { StationId } from '../../protocol/format/ids.ts';

const PEM_BYTES_MAX = 256 * 1024;

/** What its file says of a station that may have nothing else yet. Paths are absolute. */
export interface EnrollingStation {
  readonly id: StationId;
  readonly signingFile: string;
  readonly broker: BrokerConfig;
}

/** Errors: "key.*"; "tls.key" where it is no private key that can be read here. */
export async function readCertificateKey(path: string): Promise<KeyObject> {
  const bytes = await readPrivateFile(path, PEM_BYTES_MAX);
  try {
    return createPrivateKey(Buffer.from(bytes));
  } catch {
    // OpenSSL's words are not repeated: what it could not parse may be a secret.
    const message = `${path} is no private key in PEM form, or has a passphrase and nobody is there to type it: move it away to have a new one made`;
    throw new DockError('tls.key', message, { retry: 'person' });
  }
}
