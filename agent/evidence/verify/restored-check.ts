// Checks the statements that the store was restored from a backup (SPEC 4.14): signatures of store and roles, places, and what the store's own log
// says of them.
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import { type Role, ROLES, roleSignature } from '../../../protocol/documents/order.ts';
import {
  type Restored,
  RESTORED_TRUSTED_COMMENT,
  restoredCheckpoint,
  restoredName,
} from '../../../protocol/documents/restored.ts';
import { listFolder, oddName, type ReadFiles } from './read-files.ts';
import { below, finding, note, type Remark } from './remark.ts';
import { checkRoles, rolesWithoutKey } from './order-check.ts';
import { checkDocument } from './signed-document.ts';
import { restoredKind } from './document-kinds.ts';
import { storedRestored, type StoreLog } from './store-log.ts';
import type { TrustedKeys } from './trusted-keys.ts';

const NAME = /^[0-9a-f]{16}\.json$/;
const PART = /^[0-9a-f]{16}\.json(?:(?:\.officer|\.supervisor)?\.minisig)?$/;

/** A statement whose signature and place hold. */
export interface FoundRestored {
  readonly restored: Restored;
  readonly sha256: string;
  /** Hex id of the key whose signature holds. */
  readonly keyId: string;
  readonly where: string;
}

/** A receiver's folder of statements. */
interface StatementsQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  readonly where: string;
  readonly receiver: string;
  readonly vault: string | undefined;
  readonly keys: TrustedKeys;
  readonly signal: AbortSignal;
}

/** All statements in a receiver's folder of them. Errors: the signal's reason; those of the machine. */
export async function checkRestored(
  question: StatementsQuestion,
): Promise<{ readonly statements: FoundRestored[]; readonly remarks: Remark[] }> {
  const { files, folder, where } = question;
  const names = await listFolder(files, folder, where);
  if (names === undefined) return { statements: [], remarks: [] };
  if (!Array.isArray(names)) return { statements: [], remarks: [names] };
  const own = names.filter((name) => NAME.test(name));
  const signatures = (name: string): string[] => ROLES.map((role) => roleSignature(name, role));
  const known = new Set(own.flatMap((name) => [name, name + SIGNATURE_SUFFIX, ...signatures(name)]));
  const belongs = (name: string): boolean => PART.test(name);
  const remarks = names.filter((name) => !known.has(name)).map((name) => oddName(where, name, belongs));
  const statements: FoundRestored[] = [];
  for (const name of own) {
    question.signal.throwIfAborted();
    const checked = await checkStatement(question, name, names);
    remarks.push(...checked.remarks);
    if (checked.found !== undefined) statements.push(checked.found);
  }
  return { statements, remarks };
}

async function checkStatement(
  { files, folder, where, receiver, vault, keys }: StatementsQuestion,
  file: string,
  names: readonly string[],
): Promise<{ readonly found: FoundRestored | undefined; readonly remarks: readonly Remark[] }> {
  const checked = await checkDocument(files, folder, where, restoredKind(file), keys);
  const { bytes, value: restored, keyId } = checked;
  if (bytes === undefined || restored === undefined || keyId === undefined)
    return { found: undefined, remarks: checked.remarks };
  const place = below(where, file);
  const fields = [
    ['name', file, restoredName(bytes)],
    ['receiver', receiver, restored.receiver],
    ['vault', vault ?? restored.vault, restored.vault],
  ] as const;
  const words = fields
    .filter(([, expected, found]) => expected !== found)
    .map(([field, expected, found]) => `${field}: expected ${expected}, found ${found}`);
  if (words.length > 0)
    return { found: undefined, remarks: [finding('restored.rule', place, `restored: ${words.join('; ')}`)] };
  const kind = { name: 'restored', file, trustedComment: RESTORED_TRUSTED_COMMENT } as const;
  const by = await checkRoles({ files, folder, where, keys }, names, kind, bytes);
  const remarks = [...by.remarks, ...rolesRemarks(place, by, keys)];
  return { found: { restored, sha256: sha256Hex(bytes), keyId, where: place }, remarks };
}

/** That a store was restored, and lost what came since, its keeper does not say alone. */
function rolesRemarks(place: string, by: Readonly<Record<Role, string | null>>, keys: TrustedKeys): Remark[] {
  const open = rolesWithoutKey(keys);
  const lacking = ROLES.filter((role) => !open.includes(role) && by[role] === null);
  const isOneKey = by.officer !== null && by.officer === by.supervisor;
  if (lacking.length > 0 || isOneKey) {
    const why = isOneKey
      ? 'one key signed as both roles'
      : `the ${lacking.join(' and the ')} did not sign it`;
    return [finding('restored.unsigned', place, `restored: ${why}`)];
  }
  if (open.length === 0) return [];
  return [note('restored.not-judged', place, `restored: no key of ${open.join(' and ')} is given`)];
}

/** How much of the log's tree the vault still had. */
function past(statement: Restored): string {
  const size = restoredCheckpoint(statement)?.size;
  return size === undefined ? '' : `, and of the log what is past line ${size}`;
}

/** The break that each statement tells of, for good; and where statements and the store's own log do not fit. */
export function restoredRemarks(statements: readonly FoundRestored[], log: StoreLog): Remark[] {
  const here = new Set(statements.map(({ restored, sha256 }) => storedRestored(restored.receiver, sha256)));
  const missing = [...log.restored.values()]
    .filter(({ name }) => !here.has(name))
    .map(({ receiver, sha256 }) => {
      const message = `the log of receiver ${receiver} names the statement ${sha256} that its store was restored, which is not here`;
      return finding('restored.missing', receiver, message, { sha256 });
    });
  const told = statements.flatMap(({ restored, sha256, where }): Remark[] => {
    const { receiver, restored_at: at, complete_until: until } = restored;
    const message = `the vault was restored from a backup: what was received after ${until} and before ${at} may be missing${past(restored)}`;
    const remarks = [note('restored.break', where, message, { complete_until: until, restored_at: at })];
    const logged = log.restored.get(storedRestored(receiver, sha256));
    if (logged === undefined && log.signedBy.has(receiver))
      remarks.push(
        finding('restored.not-logged', where, 'the log of its receiver does not name this statement'),
      );
    else if (logged !== undefined && logged.completeUntil !== until) {
      const differs = `complete until ${until}, and until ${logged.completeUntil} by the log of its receiver`;
      remarks.push(finding('restored.other-logged', where, differs));
    }
    return remarks;
  });
  return [...told, ...missing];
}
