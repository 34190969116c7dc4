// Who may be enrolled: a station that the store's file does not know yet, or knows with this very key. Nothing is changed in that file.
import type { KeyObject, X509Certificate } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { BrokerConfig } from '../../../config/broker-config.ts';
import { intermediates, readCertificates } from '../../../config/certificate-files.ts';
import { usageError } from '../../../config/command-line.ts';
import { writeNewFile } from '../../../config/durable-file.ts';
import { type Authority, checkAuthority, issueCertificate } from '../../../config/enrolment/authority.ts';
import {
  clientCertificateFault,
  openCertificateRequest,
  readCertificateKey,
} from '../../../config/enrolment/certificates.ts';
import { readPublicKeyFile } from '../../../config/enrolment/keys.ts';
import { isThere } from '../../../config/guarded-file.ts';
import { valueAt, type YamlTree } from '../../../config/yaml-tree.ts';
import {
  encodePublicKey,
  keyIdHex,
  parsePublicKey,
  type PublicKey,
  publicKeyLine,
} from '../../../protocol/documents/minisign.ts';
import { encodeUtf8, equalBytes, parseBase64 } from '../../../protocol/format/bytes.ts';
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import type { ReceiverId } from '../../../protocol/format/ids.ts';
import type { EnrolmentRequest } from '../../../protocol/transfer/enrolment.ts';
import { revocationName } from '../keys/revocations.ts';
import { VaultLayout } from '../vault/vault-layout.ts';

/** What the receiver's file says, which may not be finished. Paths are absolute. */
export interface Store {
  readonly file: string;
  readonly receiver: ReceiverId;
  readonly signingFile: string;
  readonly vault: string;
  readonly broker: BrokerConfig;
  /** Those of the file; a policy in force says others. */
  readonly roles: { readonly officers: readonly string[]; readonly supervisors: readonly string[] };
  readonly tree: YamlTree;
}

/**
 * Whether the file knows this station with this key already.
 * Errors: "enrolment.taken", "enrolment.revoked", "enrolment.key-in-use"; the system's where the vault cannot be read.
 */
export async function admit(store: Store, request: EnrolmentRequest, own: PublicKey): Promise<boolean> {
  const { station, public_key: line } = request;
  const { tree, file, vault } = store;
  const key = parsePublicKey(line);
  const keyId = keyIdHex(key.keyId);
  const entries = stationsOf(tree);
  const lines = entries.filter(({ id }) => id === station).flatMap(({ keys }) => keys);
  const isKeyItself = (other: string): boolean => equalBytes(parsePublicKey(other).key, key.key); // by whatever id
  const elsewhere = entries.find(({ id, keys }) => id !== station && keys.some(isKeyItself));
  if (elsewhere !== undefined) throw keyInUse(`${file} has this key for station ${elsewhere.id}`);
  if (equalBytes(own.key, key.key) || roleKeys(tree).some(isKeyItself))
    throw keyInUse(`${file} has this key for the store itself or for a role`);
  if (lines.length > 0 && !lines.includes(line)) throw taken(station, `${file} has another key for it`);
  if (await isThere(join(new VaultLayout(vault).keys(station), revocationName(keyId)))) {
    const message = `key ${keyId} of station ${station} was revoked: it gets no certificate. At the station: \`bodydock keys rotate --reason lost\`, then a new request`;
    throw new DockError('enrolment.revoked', message, { retry: 'person' });
  }
  if (lines.length > 0) return true;
  const kept = await keptKey(store, station);
  if (kept !== undefined && publicKeyLine(kept) !== line)
    throw taken(station, `${publicFileOf(store, station)} holds another key`);
  return false;
}

/** Keeps the station's public key beside the store's, where whoever verifies the vault looks for it. Gives its path. Errors: "key.*". */
export async function keepStationKey(
  store: Store,
  { station, public_key: line }: EnrolmentRequest,
  known: boolean,
): Promise<string> {
  const path = publicFileOf(store, station);
  const kept = await keptKey(store, station).catch((error: unknown) => {
    if (known && isDockError(error)) return undefined;
    throw error;
  });
  if (kept === undefined && !(await isThere(path)))
    await writeNewFile(path, encodeUtf8(encodePublicKey(parsePublicKey(line))), 'public');
  return path;
}

function publicFileOf({ signingFile }: Store, station: string): string {
  return join(dirname(signingFile), `station-${station}.pub`);
}

async function keptKey(store: Store, station: string): Promise<PublicKey | undefined> {
  return readPublicKeyFile(publicFileOf(store, station)).catch((error: unknown) => {
    if (isDockError(error, 'key.missing')) return undefined;
    throw error;
  });
}

/** Stations as they stand in the file, good or not: a placeholder beside them must not hide one. */
function stationsOf({ value }: YamlTree): { id: string; keys: string[] }[] {
  const list = valueAt(value, ['stations']);
  return (Array.isArray(list) ? list : []).map((entry: unknown) => ({
    id: String(valueAt(entry, ['id'])),
    keys: textsOf(valueAt(entry, ['public_keys'])).filter(isKey),
  }));
}

function roleKeys({ value }: YamlTree): string[] {
  return ['officers', 'supervisors'].flatMap((role) =>
    textsOf(valueAt(value, ['roles', role])).filter(isKey),
  );
}

function textsOf(list: unknown): string[] {
  return (Array.isArray(list) ? list : []).filter((item): item is string => typeof item === 'string');
}

function isKey(text: string): boolean {
  try {
    parsePublicKey(text);
    return true;
  } catch {
    return false;
  }
}

function taken(station: string, where: string): DockError {
  const message = `station ${station} is taken: ${where}. Give the new station another id, or, where it is the same station with a new key, see \`bodydock keys rotate\` and add its line by hand once you have compared it`;
  return new DockError('enrolment.taken', message, { retry: 'person' });
}

function keyInUse(where: string): DockError {
  const message = `${where}: each needs a key of its own. At the station: \`bodydock keys make station\``;
  return new DockError('enrolment.key-in-use', message, { retry: 'person' });
}

// The certificates of an enrolment: what the request asks for, and what is issued here or was issued elsewhere for it.

const AUTHORITY_REMEDY = 'take the way of --csr and --certificate, and let its own tools sign';

/** Where the certificate comes from, or the request for it goes. */
export type CertificateSource =
  | {
      readonly kind: 'issue';
      readonly caFile: string;
      readonly keyFile: string;
      readonly days: number;
      /** Of an authority of our own. */
      readonly folder?: string;
    }
  | { readonly kind: 'issued'; readonly file: string }
  | { readonly kind: 'csr'; readonly file: string };

/** A key that wants a certificate. */
interface Requested {
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
      'this station asks for a certificate: make an authority (bodydock-receiver ca init) or name one (--ca-cert FILE --ca-key FILE), or write the request for one elsewhere (--csr FILE) and come back with --certificate FILE',
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
      key: await readCertificateKey(source.keyFile, AUTHORITY_REMEDY),
      file: source.keyFile,
      ...(source.folder !== undefined && { folder: source.folder }),
    };
    checkAuthority(authority, nowMs);
    const wish = { request, days: source.days, nowMs, role: 'station', name: station } as const;
    const issued = await issueCertificate(authority, wish);
    return { certificates: [issued, ...intermediates([certificate, ...more])], authorities };
  }
  const [certificate, ...more] = await readCertificates(source.file);
  const fault = clientCertificateFault(certificate, { commonName: station, publicKey, nowMs });
  if (fault === undefined) return { certificates: [certificate, ...intermediates(more)], authorities };
  const message = `${source.file}: this is no certificate for station ${station}: ${fault}. Have one issued from what --csr writes`;
  throw new DockError('enrolment.certificate', message, { retry: 'person' });
}
