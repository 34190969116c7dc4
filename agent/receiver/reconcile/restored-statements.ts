// The statements that a vault was restored from a backup (SPEC 4.14): read as they lie in it. Stations verify and follow them.
import { join } from 'node:path';
import {
  type Role,
  ROLES,
  type RoleSignatures,
  roleSignature,
  SIGNATURE_CHARACTERS_MAX,
} from '../../../protocol/documents/order.ts';
import { parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { listIfThere, readIfThere } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { isReceiverId } from '../../../protocol/format/ids.ts';
import type { Files, Log } from '../../../protocol/format/ports.ts';
import { parseRestored, RESTORED_BYTES_MAX, type Restored } from '../../../protocol/documents/restored.ts';
import { readDocument } from '../vault/vault-dockings.ts';
import type { VaultLayout } from '../vault/vault-layout.ts';
import type { SignedDocument } from '../vault/vault.ts';

const NAME = /^[0-9a-f]{16}\.json$/;

/** One statement of a vault. */
export interface Statement {
  readonly document: SignedDocument;
  readonly restored: Restored;
  readonly sha256: string;
  /** Where both roles have signed it; nothing of them is verified. */
  readonly signatures: RoleSignatures | undefined;
}

/** All statements in a vault, the one that counts last. One that cannot be read is told to the log and left out. Errors: the system's. */
export async function readStatements(files: Files, layout: VaultLayout, log: Log): Promise<Statement[]> {
  const found: Statement[] = [];
  for (const receiver of (await files.list(layout.root)).filter(isReceiverId))
    for (const name of await listIfThere(files, layout.restored(receiver))) {
      if (!NAME.test(name)) continue;
      const path = join(layout.restored(receiver), name);
      const document = await readDocument(files, path, RESTORED_BYTES_MAX);
      const restored = document && parsed(document);
      if (document === undefined || restored === undefined)
        log.error('statement that the store was restored cannot be read', { receiver, name });
      else {
        const [officer, supervisor] = await Promise.all(
          ROLES.map((role) => readSignature(files, path, role)),
        );
        const signatures = officer && supervisor ? { officer, supervisor } : undefined;
        found.push({ document, restored, sha256: sha256Hex(document.bytes), signatures });
      }
    }
  return found.toSorted((a, b) => (a.restored.restored_at < b.restored.restored_at ? -1 : 1));
}

/** Undefined where there is none that can be read. Errors: the machine's. */
async function readSignature(files: Files, path: string, role: Role): Promise<string | undefined> {
  try {
    const bytes = await readIfThere(files, roleSignature(path, role), SIGNATURE_CHARACTERS_MAX);
    return bytes && parseUtf8(bytes);
  } catch (error) {
    if (['EFBIG', 'EISDIR', 'ELOOP', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

function parsed({ bytes }: SignedDocument): Restored | undefined {
  try {
    return parseRestored(bytes);
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}
