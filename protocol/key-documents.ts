// Documents about keys (SPEC 4.9): the change of a key, signed by the old one, and the store's revocation of a station's key.
import * as z from 'zod';
import * as d from './document.ts';

export const KEY_CHANGE_TRUSTED_COMMENT = 'bodydock key-change';
export const KEY_REVOCATION_TRUSTED_COMMENT = 'bodydock key-revocation';
/** Both are some 400 bytes. */
export const KEY_DOCUMENT_BYTES_MAX = 4 * 1024;

/** Second line of a public key file: base64 of 42 bytes. */
const publicKeySchema = z.string().regex(/^RW[A-Za-z0-9+/]{54}$/, 'not a minisign public key');
/** 16 hex digits of the 8 id bytes in file order. */
export const keyIdSchema = z.string().regex(/^[0-9a-f]{16}$/, 'not a key id');

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

export const keyRevocationSchema = z.strictObject({
  type: z.literal('key-revocation'),
  version: z.literal(1),
  station: d.stationIdSchema,
  key_id: keyIdSchema,
  reason: z.enum(['lost', 'stolen', 'retired']),
  revoked_at: d.instantSchema,
});
export type KeyRevocation = z.infer<typeof keyRevocationSchema>;

/** Canonical bytes of a key change. Errors: "document.refused". */
export function encodeKeyChange(change: KeyChange): Uint8Array {
  return d.encodeDocument(keyChangeSchema, change);
}

/** A key change from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parseKeyChange(bytes: Uint8Array): KeyChange {
  return d.parseDocument(keyChangeSchema, bytes, KEY_DOCUMENT_BYTES_MAX);
}

/** Canonical bytes of a revocation. Errors: "document.refused". */
export function encodeKeyRevocation(revocation: KeyRevocation): Uint8Array {
  return d.encodeDocument(keyRevocationSchema, revocation);
}

/** A revocation from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parseKeyRevocation(bytes: Uint8Array): KeyRevocation {
  return d.parseDocument(keyRevocationSchema, bytes, KEY_DOCUMENT_BYTES_MAX);
}
