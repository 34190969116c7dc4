// For the vault builder: policies of both roles (SPEC 4.16), really signed by role keys, and entered into the store's log.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  publicKeyLine,
  publicKeyOf,
  type SecretKey,
  signDocument,
} from '../../protocol/documents/minisign.ts';
import { roleSignature, ROLES } from '../../protocol/documents/order.ts';
import { encodePolicy, type Policy, POLICY_TRUSTED_COMMENT } from '../../protocol/documents/policy.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import type { RoleKeys } from './vault-builder-orders.ts';
import type { VaultBuilder } from './vault-builder.ts';

export interface PolicyWish {
  readonly number?: number;
  readonly roles?: RoleKeys;
  readonly by?: RoleKeys;
  readonly change?: Partial<Policy>;
  /** Of the folder; the number where it is left out. */
  readonly folder?: string;
  readonly isEntered?: boolean;
}

/** Puts a policy of 7 days, and 30 for documents, into a vault and its log. Gives its digest. */
export async function placePolicy(builder: VaultBuilder, wish: PolicyWish = {}): Promise<string> {
  const { number = 1, by = builder.orders.keys, roles = builder.orders.keys, isEntered = true } = wish;
  const line = (key: SecretKey): string => publicKeyLine(publicKeyOf(key));
  const bytes = encodePolicy({
    type: 'policy',
    version: 1,
    number,
    vault: builder.vaultId,
    days_min: 7,
    days_max: 30,
    documents_days: 30,
    officers: [line(roles.officer)],
    supervisors: [line(roles.supervisor)],
    made_at: builder.clock.now(),
    ...wish.change,
  });
  const folder = join(builder.vault, 'policies', wish.folder ?? String(number));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'policy.json'), bytes);
  for (const role of ROLES)
    await writeFile(
      join(folder, roleSignature('policy.json', role)),
      signDocument(by[role], bytes, POLICY_TRUSTED_COMMENT),
    );
  const sha256 = sha256Hex(bytes);
  if (isEntered) await builder.receiver.enter('policy', { number, policy_sha256: sha256 });
  return sha256;
}
