// An order of the two roles about one recording (SPEC 4.8), and a disclosure (SPEC 4.11). Who signed is decided by minisign files beside.
import * as z from 'zod';
import { SIGNATURE_SUFFIX } from '../format/file-names.ts';
import { DockError } from '../format/errors.ts';
import * as d from './document.ts';
import { keyIdHex, type PublicKey, verifyDocument } from './minisign.ts';

/** Trusted comment of both signatures of an order. */
export const ORDER_TRUSTED_COMMENT = 'bodydock order';
/** An order or a disclosure is some 400 bytes. */
export const ORDER_BYTES_MAX = 4 * 1024;
/** A reason is a code, never words: a name could are in words. */
export const reasonCodeSchema = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, 'not a code of 1 to 64 of a-z, 0-9 and "-"');

/** The two roles. */
export const ROLES = ['officer', 'supervisor'] as const;
export type Role = (typeof ROLES)[number];

/** Name of the signature of a role beside a document. */
export function roleSignature(file: string, role: Role): string {
  return `${file}.${role}${SIGNATURE_SUFFIX}`;
}

/** Keys by role. */
export type RoleKeys = Readonly<Record<Role, readonly PublicKey[]>>;
/** Texts of the signatures of both roles. */
export type RoleSignatures = Readonly<Record<Role, string>>;
/** Of one signature file of a role. */
export const SIGNATURE_CHARACTERS_MAX = 4096;

/**
 * Verifies that both roles signed a document, by keys of theirs.
 * Errors, for a kind "policy": "policy.signature" with why one does not hold; "policy.one-key" where one key signed as both.
 */
export function verifyRoles(kind: string, bytes: Uint8Array, signed: RoleSignatures, keys: RoleKeys): void {
  const ids = ROLES.map((role) => {
    try {
      return keyIdHex(verifyDocument(bytes, signed[role], `bodydock ${kind}`, keys[role]).keyId);
    } catch (error) {
      if (!(error instanceof DockError)) throw error;
      const message = `the signature of the ${role} does not hold: ${error.message}`;
      throw new DockError(`${kind}.signature`, message, { retry: 'person', cause: error });
    }
  });
  if (ids[0] === ids[1])
    throw new DockError(`${kind}.one-key`, 'both roles signed with one key: two persons must sign', {
      retry: 'person',
    });
}

export const orderSchema = z.strictObject({
  type: z.literal('order'),
  version: z.literal(1),
  order: d.sessionIdSchema,
  verb: z.enum(['hold', 'unhold', 'delete']),
  station: d.stationIdSchema,
  recording: d.recordingIdSchema,
  manifest_sha256: d.sha256Schema,
  reason: reasonCodeSchema,
  ordered_at: d.instantSchema,
});
export type Order = z.infer<typeof orderSchema>;

export const disclosureSchema = z.strictObject({
  type: z.literal('disclosure'),
  version: z.literal(1),
  disclosure: d.sessionIdSchema,
  station: d.stationIdSchema,
  recording: d.recordingIdSchema,
  manifest_sha256: d.sha256Schema,
  command: z.enum(['open', 'export']),
  reason: reasonCodeSchema,
  asked_at: d.instantSchema,
});
export type Disclosure = z.infer<typeof disclosureSchema>;

/** Canonical bytes of an order. Errors: "document.refused". */
export function encodeOrder(order: Order): Uint8Array {
  return d.encodeDocument(orderSchema, order);
}

/** An order from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parseOrder(bytes: Uint8Array): Order {
  return d.parseDocument(orderSchema, bytes, ORDER_BYTES_MAX);
}

/** Canonical bytes of a disclosure. Errors: "document.refused". */
export function encodeDisclosure(disclosure: Disclosure): Uint8Array {
  return d.encodeDocument(disclosureSchema, disclosure);
}

/** A disclosure from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parseDisclosure(bytes: Uint8Array): Disclosure {
  return d.parseDocument(disclosureSchema, bytes, ORDER_BYTES_MAX);
}
