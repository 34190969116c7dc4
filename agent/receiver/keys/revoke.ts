// Revokes a key of a station: the signed document in the vault first, since it counts from then on, the entry in the store's log behind
// it. Typed again it finishes what a cut left, and changes nothing where all is done.
import { join } from 'node:path';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { ensureFolder } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import type { StationId } from '../../../protocol/format/ids.ts';
import {
  encodeKeyRevocation,
  KEY_DOCUMENT_BYTES_MAX,
  KEY_REVOCATION_TRUSTED_COMMENT,
  parseKeyRevocation,
  type KeyRevocation,
} from '../../../protocol/documents/key-documents.ts';
import { verifyDocument, type PublicKey } from '../../../protocol/documents/minisign.ts';
import type { Clock, Files, Signer } from '../../../protocol/format/ports.ts';
import { placeDocument, readDocument } from '../vault/stored-document.ts';
import type { VaultLayout } from '../vault/vault-layout.ts';
import { revocationName } from './revocations.ts';

export interface RevokeDeps {
  readonly files: Files;
  readonly layout: VaultLayout;
  readonly clock: Clock;
  /** With the store's key. */
  readonly signer: Signer;
  /** Those of the store, the one in use first: see storeKeys. */
  readonly storeKeys: readonly PublicKey[];
  /** Whether that stands in the store's log. */
  readonly isEntered: (event: CustodyEvent) => Promise<boolean>;
  readonly enter: (event: CustodyEvent) => Promise<unknown>;
}

/** What is revoked. Shape: `keyId` is 16 hex digits. */
export interface RevokeRequest {
  readonly station: StationId;
  readonly keyId: string;
  readonly reason: KeyRevocation['reason'];
}

/** `fresh` is false where the key was revoked before; then the revocation is the earlier one. */
export interface Revoked {
  readonly fresh: boolean;
  readonly revocation: KeyRevocation;
}

/** Errors: the system's, the signer's, those of `enter`. In any case of an error: type it again. */
export async function revokeKey(deps: RevokeDeps, request: RevokeRequest): Promise<Revoked> {
  const known = await knownRevocation(deps, request);
  const revocation = known ?? (await place(deps, request));
  const { station, key_id, reason } = revocation;
  const event: CustodyEvent = { event: 'key-revoked', facts: { station, key_id, reason } };
  if (known === undefined || !(await deps.isEntered(event))) await deps.enter(event);
  return { fresh: known === undefined, revocation };
}

/** Undefined where there is none, or none that the store signed: it counts here by its name, and is written anew for whoever verifies. */
async function knownRevocation(
  { files, layout, storeKeys }: RevokeDeps,
  { station, keyId }: RevokeRequest,
): Promise<KeyRevocation | undefined> {
  const path = join(layout.keys(station), revocationName(keyId));
  const document = await readDocument(files, path, KEY_DOCUMENT_BYTES_MAX);
  try {
    if (document === undefined) return undefined;
    verifyDocument(document.bytes, document.signature, KEY_REVOCATION_TRUSTED_COMMENT, storeKeys);
    const known = parseKeyRevocation(document.bytes);
    return known.station === station && known.key_id === keyId ? known : undefined;
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

async function place(
  { files, layout, clock, signer }: RevokeDeps,
  { station, keyId, reason }: RevokeRequest,
): Promise<KeyRevocation> {
  const revocation: KeyRevocation = {
    type: 'key-revocation',
    version: 1,
    station,
    key_id: keyId,
    reason,
    revoked_at: new Date(clock.wallMs()).toISOString(),
  };
  const bytes = encodeKeyRevocation(revocation);
  const signature = await signer.sign(bytes, KEY_REVOCATION_TRUSTED_COMMENT);
  const folder = layout.keys(station);
  for (const path of [layout.station(station), folder]) await ensureFolder(files, path);
  await placeDocument(files, join(folder, revocationName(keyId)), { bytes, signature });
  for (const path of [layout.station(station), layout.root]) await files.syncFolder(path);
  return revocation;
}
