// Says in a vault that it was restored, as `bodydock-receiver restored` does, for tests without processes.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { WrittenEnd } from '../../agent/receiver/custody/log-end.ts';
import { appendStoreEvents } from '../../agent/receiver/custody/store-log.ts';
import { placeDocument } from '../../agent/receiver/vault/vault-dockings.ts';
import { readVaultId } from '../../agent/receiver/vault/vault-id.ts';
import { VaultLocks } from '../../agent/receiver/vault/vault-lock.ts';
import { VaultLayout } from '../../agent/receiver/vault/vault-layout.ts';
import type { RolesConfig } from '../../config/roles-config.ts';
import {
  encodeRestored,
  parseRestored,
  RESTORED_TRUSTED_COMMENT,
  restoredName,
  type Restored,
  type RestoredCheckpoint,
} from '../../protocol/documents/restored.ts';
import {
  inlineSigner,
  makeSecretKey,
  publicKeyLine,
  publicKeyOf,
  type SecretKey,
  signDocument,
} from '../../protocol/documents/minisign.ts';
import { type Role, ROLES, roleSignature } from '../../protocol/documents/order.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { parseReceiverId } from '../../protocol/format/ids.ts';
import { MemoryLog } from './log-memory.ts';
import { seededRandom } from './random-seeded.ts';

/** What a statement says; with a checkpoint it is of version 2. */
export type StatementChange = Partial<Omit<Restored, 'type' | 'version'>> & {
  readonly checkpoint?: RestoredCheckpoint | null;
};

const ROLE_KEYS: Readonly<Record<Role, SecretKey>> = {
  officer: makeSecretKey(seededRandom(21)),
  supervisor: makeSecretKey(seededRandom(22)),
};

/** Of who signs these statements. */
export const STATEMENT_ROLES: RolesConfig = {
  officers: [publicKeyOf(ROLE_KEYS.officer)],
  supervisors: [publicKeyOf(ROLE_KEYS.supervisor)],
};

/** The same, as files of configuration name them. */
export const STATEMENT_ROLE_LINES = {
  officers: STATEMENT_ROLES.officers.map(publicKeyLine),
  supervisors: STATEMENT_ROLES.supervisors.map(publicKeyLine),
};

/** With the store's signature, and those of both roles. */
export interface SignedStatement {
  readonly bytes: Uint8Array;
  readonly signature: string;
  readonly roles: Readonly<Record<Role, string>>;
}

/** What both write beside a statement. */
export function rolesSign(bytes: Uint8Array): SignedStatement['roles'] {
  const by = (role: Role): string => signDocument(ROLE_KEYS[role], bytes, RESTORED_TRUSTED_COMMENT);
  return { officer: by('officer'), supervisor: by('supervisor') };
}

/** A statement, signed but nowhere yet. */
export async function signed(
  key: SecretKey,
  { checkpoint, ...statement }: Pick<Restored, 'vault'> & StatementChange,
): Promise<SignedStatement> {
  const fields = {
    type: 'restored',
    receiver: parseReceiverId('r-a'),
    restored_at: new Date().toISOString(),
    complete_until: '2020-01-01T00:00:00.000Z',
    custody_head: null,
    ...statement,
  } as const;
  const bytes = encodeRestored(
    checkpoint === undefined ? { ...fields, version: 1 } : { ...fields, version: 2, checkpoint },
  );
  const signature = await inlineSigner(key).sign(bytes, RESTORED_TRUSTED_COMMENT);
  return { bytes, signature, roles: rolesSign(bytes) };
}

/** The same about that vault. */
export async function signStatement(
  vault: string,
  key: SecretKey,
  change: StatementChange = {},
): Promise<SignedStatement> {
  const layout = new VaultLayout(vault);
  const id = change.vault ?? (await readVaultId(nodeFiles(), layout));
  if (id === undefined) throw new Error(`${vault} is no vault`);
  return signed(key, { ...change, vault: id });
}

/** Makes a statement in the vault, with its entry in the store's log. Gives its digest. */
export async function sayRestored(
  vault: string,
  key: SecretKey,
  change: StatementChange = {},
): Promise<string> {
  const document = await signStatement(vault, key, change);
  const receiver = change.receiver ?? parseReceiverId('r-a');
  const folder = new VaultLayout(vault).restored(receiver);
  await mkdir(folder, { recursive: true });
  const path = join(folder, restoredName(document.bytes));
  for (const role of ROLES) await writeFile(roleSignature(path, role), document.roles[role]);
  await placeDocument(nodeFiles(), path, document);
  const sha256 = sha256Hex(document.bytes);
  const complete_until = change.complete_until ?? '2026-01-01T00:00:00.000Z';
  await appendStoreEvents(
    {
      vaultPath: vault,
      vault: parseRestored(document.bytes).vault,
      locks: new VaultLocks(vault, nodeClock()),
      written: new WrittenEnd(),
      receiver,
      version: 'test',
      files: nodeFiles(),
      clock: nodeClock(),
      random: nodeRandom(),
      log: new MemoryLog(),
      signer: inlineSigner(key),
      publicKey: publicKeyOf(key),
      bootId: null,
      signal: new AbortController().signal,
    },
    [{ event: 'restored', facts: { restored_sha256: sha256, complete_until } }],
  );
  return sha256;
}
