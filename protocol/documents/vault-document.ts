// The document that says which vault a folder is (SPEC 4.4): `vault.json`.
import * as z from 'zod';
import { encodeUtf8, sha256Hex } from '../format/bytes.ts';
import { encodeDocument, parseDocument, sessionIdSchema, sha256Schema } from './document.ts';
import type { SessionId } from '../format/ids.ts';

export const VAULT_ID_BYTES_MAX = 4096;

const schema = z
  .strictObject({
    type: z.literal('vault'),
    version: z.literal(1),
    vault: sessionIdSchema,
    /** A bit of the id that was turned makes it another vault's else: every receipt would name that one. */
    vault_sha256: sha256Schema.optional(),
  })
  .refine(({ vault, vault_sha256 }) => (vault_sha256 ?? digestOf(vault)) === digestOf(vault), {
    message: 'vault_sha256 is not of this id',
  });

function digestOf(id: string): string {
  return sha256Hex(encodeUtf8(id));
}

export function encodeVaultId(vault: SessionId): Uint8Array {
  return encodeDocument(schema, { type: 'vault', version: 1, vault, vault_sha256: digestOf(vault) });
}

/** Errors: "document.version", "document.refused", "canonical.refused". */
export function parseVaultId(bytes: Uint8Array): SessionId {
  return parseDocument(schema, bytes, VAULT_ID_BYTES_MAX).vault;
}
