// What both roles agreed for one vault (SPEC 4.16): how long recordings and documents stay, and who may sign orders. Pure: where policies
// lie, and which one is in force, is the business of who reads them.
import * as z from 'zod';
import { encodeBase64, parseBase64 } from '../format/bytes.ts';
import { encodeCanonical, parseCanonical } from '../format/canonical.ts';
import { DockError } from '../format/errors.ts';
import * as d from './document.ts';
import { publicKeySchema } from './key-documents.ts';
import { parsePublicKey } from './minisign.ts';
import { type RoleKeys, type RoleSignatures, SIGNATURE_CHARACTERS_MAX } from './order.ts';
import { type Days, DOCUMENTS_DAYS_DEFAULT, NO_POLICY, type PolicyTerms } from './retention.ts';

/** Trusted comment of both signatures. */
export const POLICY_TRUSTED_COMMENT = 'bodydock policy';
/** 128 keys of 56 characters, and some 400 bytes. */
export const POLICY_BYTES_MAX = 16 * 1024;
export const POLICY_NUMBER_MAX = 999_999;
/** Ten years: longer is a mistyped number. */
export const POLICY_DAYS_MAX = 3650;
export const POLICY_DOCUMENTS_DAYS_MAX = 36_525;
/** Holds by one role: longer takes both. */
export const POLICY_HOLD_DAYS_MAX = 90;
/** Of one station: less than one long recording would keep it waiting for ever. */
export const POLICY_STATION_BYTES_MIN = 1024 ** 3;
const KEYS_MAX = 64;

const keysSchema = z.array(publicKeySchema).min(1).max(KEYS_MAX);

const days = z.int().min(1).max(POLICY_DAYS_MAX);
const first = z.strictObject({
  type: z.literal('policy'),
  version: z.literal(1),
  number: z.int().min(1).max(POLICY_NUMBER_MAX),
  vault: d.sessionIdSchema,
  days_min: days,
  days_max: days,
  documents_days: z.int().min(1).max(POLICY_DOCUMENTS_DAYS_MAX),
  officers: keysSchema,
  supervisors: keysSchema,
  made_at: d.instantSchema,
});
const second = first.extend({
  version: z.literal(2),
  free_text_days: days.optional(),
  hold_days: z.int().min(1).max(POLICY_HOLD_DAYS_MAX).optional(),
  log_days: z.int().min(1).max(POLICY_DOCUMENTS_DAYS_MAX).optional(),
  station_bytes: z.int().min(POLICY_STATION_BYTES_MIN).optional(),
});
const policySchema = z
  .discriminatedUnion('version', [first, second])
  .refine(({ days_min: min, days_max: max }) => min <= max, 'days_min is more than days_max')
  .refine(({ officers, supervisors }) => areDifferent([...officers, ...supervisors]), 'a key is named twice');
export type Policy = z.infer<typeof policySchema>;

/** The keys themselves: anybody who holds the secret half can choose their ids. */
function areDifferent(lines: readonly string[]): boolean {
  try {
    const keys = lines.map((line) => encodeBase64(parsePublicKey(line).key));
    return new Set(keys).size === keys.length;
  } catch {
    return false;
  }
}

/** What only version 2 may say. */
export type LaterTerms = Pick<
  z.infer<typeof second>,
  'free_text_days' | 'hold_days' | 'log_days' | 'station_bytes'
>;

/** Fields of version 2; none in a policy of version 1. */
export function laterTerms(policy: Policy): LaterTerms {
  if (policy.version === 1) return {};
  const { free_text_days, hold_days, log_days, station_bytes } = policy;
  return { free_text_days, hold_days, log_days, station_bytes };
}

/** What a policy says; without one, and where it does not say it, what counts then. The one place that answers this. */
export function termsOf(policy: Policy | null): PolicyTerms {
  if (policy === null) return NO_POLICY;
  const said = laterTerms(policy);
  return {
    days: policy.days_min,
    documentsDays: policy.documents_days,
    holdDays: said.hold_days ?? NO_POLICY.holdDays,
    logDays: said.log_days,
    stationBytes: said.station_bytes ?? NO_POLICY.stationBytes,
    freeTextDays: said.free_text_days ?? NO_POLICY.freeTextDays,
  };
}

/** Canonical bytes of a policy. Errors: "document.refused". */
export function encodePolicy(policy: Policy): Uint8Array {
  return d.encodeDocument(policySchema, policy);
}

/** A policy from its bytes. Errors: "canonical.refused", "document.version", "document.refused". */
export function parsePolicy(bytes: Uint8Array): Policy {
  return d.parseDocument(policySchema, bytes, POLICY_BYTES_MAX, 2);
}

/** A policy with the texts of both signatures. */
export interface SignedPolicy {
  readonly bytes: Uint8Array;
  readonly signatures: RoleSignatures;
}

const signatureSchema = z.string().max(SIGNATURE_CHARACTERS_MAX);
/** A signed policy as it travels, and as a station keeps it. */
export const signedPolicyFields = {
  policy: z.base64().max(2 * POLICY_BYTES_MAX),
  officer: signatureSchema,
  supervisor: signatureSchema,
};
const signedPolicySchema = z.strictObject(signedPolicyFields);
/** The policy in base64, two signatures, and the names. */
export const POLICY_FILE_BYTES_MAX = 64 * 1024;

/** The text of a file that holds a policy with both signatures: canonical JSON. Errors: "document.refused". */
export function encodeSignedPolicy({ bytes, signatures }: SignedPolicy): Uint8Array {
  const { officer, supervisor } = signatures;
  return encodeCanonical({ policy: encodeBase64(bytes), officer, supervisor });
}

/** What such a text holds; nothing of it is verified. Errors: "canonical.refused", "document.refused". */
export function parseSignedPolicy(file: Uint8Array): SignedPolicy {
  const { success, data } = signedPolicySchema.safeParse(parseCanonical(file, POLICY_FILE_BYTES_MAX));
  const bytes = success ? parseBase64(data.policy) : undefined;
  if (!success || bytes === undefined)
    throw new DockError('document.refused', 'no policy with two signatures', { retry: 'never' });
  return { bytes, signatures: { officer: data.officer, supervisor: data.supervisor } };
}

/** Days that count at a store, by the policy in force and what its file says (SPEC 4.16.8); null: it says nothing. */
export function daysUnder(
  policy: Policy | null,
  said: { readonly days: number | null; readonly documentsDays: number | null },
): Days {
  const terms = termsOf(policy);
  const unsaid = policy === null ? DOCUMENTS_DAYS_DEFAULT : 0;
  return {
    days: Math.max(said.days ?? 0, terms.days),
    documentsDays: Math.max(said.documentsDays ?? unsaid, terms.documentsDays),
  };
}

/** Since when one counts that a store entered at that time (SPEC 4.16.6): not before the time that both roles signed. Both RFC 3339. */
export function inForceFrom({ made_at: madeAt }: Pick<Policy, 'made_at'>, enteredAt: string): string {
  return madeAt > enteredAt ? madeAt : enteredAt;
}

/** The keys that a policy names. */
export function rolesOf({ officers, supervisors }: Pick<Policy, 'officers' | 'supervisors'>): RoleKeys {
  return { officer: officers.map(parsePublicKey), supervisor: supervisors.map(parsePublicKey) };
}
