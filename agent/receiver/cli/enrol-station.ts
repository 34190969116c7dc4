// Who may be enrolled: a station that the store's file does not know yet, or knows with this very key. Nothing is changed in that file.
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BrokerConfig } from '../../../config/broker-config.ts';
import { writeNewFile } from '../../../config/durable-file.ts';
import { readPublicKeyFile } from '../../../config/enrolment/keys.ts';
import { valueAt, type YamlTree } from '../../../config/yaml-tree.ts';
import { encodeUtf8, equalBytes } from '../../../protocol/format/bytes.ts';
import type { EnrolmentRequest } from '../../../protocol/transfer/enrolment.ts';
import { DockError, isAbsent, isDockError } from '../../../protocol/format/errors.ts';
import type { ReceiverId } from '../../../protocol/format/ids.ts';
import {
  encodePublicKey,
  keyIdHex,
  parsePublicKey,
  publicKeyLine,
  type PublicKey,
} from '../../../protocol/documents/minisign.ts';
import { revocationName } from '../keys/revocations.ts';
import { VaultLayout } from '../vault/vault-layout.ts';

/** What the receiver's file says, which may not be finished. Paths are absolute. */
export interface Store {
  readonly file: string;
  readonly receiver: ReceiverId;
  readonly signingFile: string;
  readonly vault: string;
  readonly broker: BrokerConfig;
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

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (isAbsent(error)) return false;
      throw error;
    },
  );
}

function taken(station: string, where: string): DockError {
  const message = `station ${station} is taken: ${where}. Give the new station another id, or, where it is the same station with a new key, see \`bodydock keys rotate\` and add its line by hand once you have compared it`;
  return new DockError('enrolment.taken', message, { retry: 'person' });
}

function keyInUse(where: string): DockError {
  const message = `${where}: each needs a key of its own. At the station: \`bodydock keys make station\``;
  return new DockError('enrolment.key-in-use', message, { retry: 'person' });
}
