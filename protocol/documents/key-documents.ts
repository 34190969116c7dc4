// Documents about keys (SPEC 4.9): the change of a key, signed by the old one, and the store's revocation of a station's key.
import * as z from 'zod';
import { sha256Hex } from '../format/bytes.ts';
import * as d from './document.ts';
import { DockError } from '../format/errors.ts';
import { keyIdHex, parsePublicKey, publicKeyLine, verifyDocument, type PublicKey } from './minisign.ts';

export const KEY_CHANGE_TRUSTED_COMMENT = 'bodydock key-change';
export const KEY_REVOCATION_TRUSTED_COMMENT = 'bodydock key-revocation';
/** Behind the name of a key change: the signature by the new key; that by the old one ends as all signatures do. */
export const NEW_KEY_SIGNATURE_SUFFIX = '.new.minisig';
/** Both are some 400 bytes. */
export const KEY_DOCUMENT_BYTES_MAX = 4 * 1024;

/** Second line of a public key file: base64 of 42 bytes. */
export const publicKeySchema = z.string().regex(/^RW[A-Za-z0-9+/]{54}$/, 'not a minisign public key');
/** 16 hex digits of the 8 id bytes in file order. */
export const keyIdSchema = z.string().regex(/^[0-9a-f]{16}$/, 'not a key id');

/** Whether a name is a key id in hex. */
export function isKeyId(name: string): boolean {
  return keyIdSchema.safeParse(name).success;
}

export const keyChangeSchema = z
  .strictObject({
    type: z.literal('key-change'),
    version: z.literal(1),
    holder: z.union([d.stationIdSchema, d.receiverIdSchema]),
    old_key: publicKeySchema,
    new_key: publicKeySchema,
    reason: z.enum(['planned', 'lost']),
    changed_at: d.instantSchema,
  })
  .refine(({ old_key: old, new_key: fresh }) => old !== fresh, 'the new key is the old one');
export type KeyChange = z.infer<typeof keyChangeSchema>;

export const keyRevocationSchema = z
  .strictObject({
    type: z.literal('key-revocation'),
    version: z.literal(1),
    station: d.stationIdSchema,
    key_id: keyIdSchema,
    reason: z.enum(['lost', 'stolen', 'retired']),
    revoked_at: d.instantSchema,
    /** Since when somebody else may have had the key; absent where nobody says so. */
    compromised_since: d.instantSchema.optional(),
  })
  .refine(
    ({ revoked_at: at, compromised_since: since }) => since === undefined || since <= at,
    'compromised since a time after the revocation',
  );
export type KeyRevocation = z.infer<typeof keyRevocationSchema>;

/** Canonical bytes of a key change. Errors: "document.refused". */
export function encodeKeyChange(change: KeyChange): Uint8Array {
  return d.encodeDocument(keyChangeSchema, change);
}

/** A key change from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parseKeyChange(bytes: Uint8Array): KeyChange {
  return d.parseDocument(keyChangeSchema, bytes, KEY_DOCUMENT_BYTES_MAX);
}

/** Name of a change's file: the first 16 hex digits of its digest. */
export function keyChangeName(bytes: Uint8Array): string {
  return `${sha256Hex(bytes).slice(0, 16)}.change.json`;
}

/** A change whose new key signed it, and what `key-changed` says of it (SPEC 4.3). */
export interface ProvenKeyChange {
  readonly change: KeyChange;
  readonly facts: {
    readonly old_key_id: string;
    readonly new_key_id: string;
    readonly change_sha256: string;
  };
}

/**
 * Verifies the signature by the new key: anybody who holds that key says which key it had before.
 * Errors: those of parseKeyChange; "signature.*"; "key.malformed"; "key-change.holder" for somebody else's.
 */
export function proveKeyChange(bytes: Uint8Array, newKeySignature: string, holder: string): ProvenKeyChange {
  const change = parseKeyChange(bytes);
  const [old, fresh] = [parsePublicKey(change.old_key), parsePublicKey(change.new_key)];
  verifyDocument(bytes, newKeySignature, KEY_CHANGE_TRUSTED_COMMENT, [fresh]);
  if (change.holder !== holder)
    throw new DockError('key-change.holder', `a change of a key of ${change.holder}, not of ${holder}`, {
      retry: 'never',
    });
  const facts = {
    old_key_id: keyIdHex(old.keyId),
    new_key_id: keyIdHex(fresh.keyId),
    change_sha256: sha256Hex(bytes),
  };
  return { change, facts };
}

/** The keys that came before `current`, the last one first: each is named by a change that its successor signed. */
export function earlierKeys(current: PublicKey, changes: readonly ProvenKeyChange[]): PublicKey[] {
  const lines = [publicKeyLine(current)];
  for (const line of lines)
    for (const { change } of changes)
      if (change.new_key === line && !lines.includes(change.old_key)) lines.push(change.old_key);
  return lines.slice(1).map(parsePublicKey);
}

/** The keys that a holder had after this one, if changes lead from it to them and none leads back: it was put aside then. */
export function laterKeys(current: PublicKey, changes: readonly ProvenKeyChange[]): PublicKey[] {
  const earlier = new Set(earlierKeys(current, changes).map(publicKeyLine));
  const lines = [publicKeyLine(current)];
  for (const line of lines)
    for (const { change } of changes)
      if (change.old_key === line && !lines.includes(change.new_key)) lines.push(change.new_key);
  return lines
    .slice(1)
    .filter((line) => !earlier.has(line))
    .map(parsePublicKey);
}

/** What two people compare over the telephone: the fingerprint of the key's line. */
export function keyFingerprint(key: PublicKey): string {
  return fingerprintOf(sha256Hex(new TextEncoder().encode(publicKeyLine(key))));
}

/** The first 32 hex digits of a SHA-256, in groups of four. */
export function fingerprintOf(sha256: string): string {
  return sha256.slice(0, 32).replaceAll(/(.{4})(?!$)/g, '$1 ');
}

/** Canonical bytes of a revocation. Errors: "document.refused". */
export function encodeKeyRevocation(revocation: KeyRevocation): Uint8Array {
  return d.encodeDocument(keyRevocationSchema, revocation);
}

/** A revocation from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parseKeyRevocation(bytes: Uint8Array): KeyRevocation {
  return d.parseDocument(keyRevocationSchema, bytes, KEY_DOCUMENT_BYTES_MAX);
}
