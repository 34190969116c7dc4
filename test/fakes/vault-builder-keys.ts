// For the vault builder: changes and revocations of keys (SPEC 4.9), really signed.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import type { ReceiverId, StationId } from '../../protocol/format/ids.ts';
import {
  encodeKeyChange,
  encodeKeyRevocation,
  KEY_CHANGE_TRUSTED_COMMENT,
  KEY_REVOCATION_TRUSTED_COMMENT,
  type KeyChange,
  type KeyRevocation,
} from '../../protocol/documents/key-documents.ts';
import {
  keyIdHex,
  publicKeyLine,
  publicKeyOf,
  signDocument,
  type SecretKey,
} from '../../protocol/documents/minisign.ts';
import { writeSigned } from './vault-builder-signed.ts';
import type { StoreBuilder } from './vault-builder-store.ts';

/** Whose key becomes which. */
export interface KeyChangeWish {
  readonly holder: StationId | ReceiverId;
  readonly old: SecretKey;
  readonly fresh: SecretKey;
  readonly reason?: KeyChange['reason'];
  readonly at: string;
  readonly change?: (document: KeyChange) => KeyChange;
}

/** Writes a key change below the holder's folder; gives what `key-changed` says of it. A lost key signs nothing. */
export async function writeKeyChange(vault: string, wish: KeyChangeWish): Promise<CustodyEvent['facts']> {
  const { holder, old, fresh, reason = 'planned' } = wish;
  const line = (key: SecretKey): string => publicKeyLine(publicKeyOf(key));
  const made: KeyChange = {
    type: 'key-change',
    version: 1,
    holder,
    old_key: line(old),
    new_key: line(fresh),
    reason,
    changed_at: wish.at,
  };
  const bytes = encodeKeyChange(wish.change?.(made) ?? made);
  const sha256 = sha256Hex(bytes);
  const folder = join(vault, holder, 'keys');
  const path = join(folder, `${sha256.slice(0, 16)}.change.json`);
  await mkdir(folder, { recursive: true });
  await writeFile(path, bytes);
  if (reason === 'planned')
    await writeFile(`${path}.minisig`, signDocument(old, bytes, KEY_CHANGE_TRUSTED_COMMENT));
  await writeFile(`${path}.new.minisig`, signDocument(fresh, bytes, KEY_CHANGE_TRUSTED_COMMENT));
  const id = (key: SecretKey): string => keyIdHex(key.keyId);
  return { old_key_id: id(old), new_key_id: id(fresh), change_sha256: sha256 };
}

/** The store revokes a station's key, at the clock's time. */
export async function revokeKey(
  store: StoreBuilder,
  station: StationId,
  { keyId }: SecretKey,
  {
    reason = 'lost',
    key = store.key,
    said = {},
  }: { reason?: KeyRevocation['reason']; key?: SecretKey; said?: Partial<KeyRevocation> } = {},
): Promise<KeyRevocation> {
  const id = keyIdHex(keyId);
  const document: KeyRevocation = {
    type: 'key-revocation',
    version: 1,
    station,
    key_id: id,
    reason,
    revoked_at: store.clock.now(),
    ...said,
  };
  const path = join(store.vault, station, 'keys', `${id}.revocation.json`);
  await writeSigned(path, encodeKeyRevocation(document), key, KEY_REVOCATION_TRUSTED_COMMENT);
  const { compromised_since: since } = said;
  const doubt = since === undefined ? {} : { compromised_since: since };
  await store.enter('key-revoked', { station, key_id: id, reason, ...doubt });
  return document;
}
