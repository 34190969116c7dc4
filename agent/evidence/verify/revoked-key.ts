// What a revoked key still vouches for (SPEC 4.9.3): what the store had receipted before. One rule for all who read documents. Pure.
import type { CheckedReceipt } from './receipt-check.ts';
import { finding, type Remark } from './remark.ts';
import { revokedAt, type TrustedKeys } from './trusted-keys.ts';

/** A document of a station: who signed it, and the receipt beside it. */
export interface SignedByStation {
  readonly station: string;
  /** Hex id of the key whose signature holds. */
  readonly keyId: string;
  readonly receipt: Pick<CheckedReceipt, 'confirms' | 'value'>;
}

/** When the key was revoked that alone vouches for a document; undefined where it was not, or a receipt from before confirms it. */
export function revokedAlone(
  keys: TrustedKeys,
  { station, keyId, receipt: { confirms, value } }: SignedByStation,
): string | undefined {
  const at = revokedAt(keys, station, keyId);
  return at === undefined || (confirms && value !== undefined && value.received_at < at) ? undefined : at;
}

const CODES = {
  manifest: { code: 'manifest.revoked-key', word: 'manifest' },
  docking: { code: 'docking.revoked-key', word: 'docking record' },
} as const;

/** The finding for such a document; `where` is its path. */
export function revokedRemarks(
  kind: keyof typeof CODES,
  where: string,
  keys: TrustedKeys,
  signed: SignedByStation,
): Remark[] {
  const at = revokedAlone(keys, signed);
  if (at === undefined) return [];
  const { code, word } = CODES[kind];
  const { keyId } = signed;
  const message = `${word}: signed by key ${keyId}, which was revoked at ${at}; no receipt from before confirms it`;
  return [finding(code, where, message, { key_id: keyId, revoked_at: at })];
}
