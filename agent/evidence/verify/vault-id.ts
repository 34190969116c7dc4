// Reads which vault a folder is. The id file is written by the receiver; here it is only read.
import { dirname, join } from 'node:path';
import { DockError } from '../../../protocol/format/errors.ts';
import { parseVaultId, VAULT_ID_BYTES_MAX } from '../../../protocol/documents/vault-document.ts';
import { VAULT_ID } from '../../../protocol/format/file-names.ts';
import { type Place } from './place.ts';
import { readSmall, type ReadFiles } from './read-files.ts';
import { finding, note, type Remark } from './remark.ts';

/** The id of the vault that the place is or lies in; undefined where there is none or it cannot be read. */
export async function readVaultId(
  files: ReadFiles,
  place: Place,
): Promise<{ readonly id: string | undefined; readonly remarks: readonly Remark[] }> {
  const root = rootOf(place);
  if (root === undefined) return { id: undefined, remarks: [] };
  const read = await readSmall(files, join(root, VAULT_ID), VAULT_ID_BYTES_MAX);
  const own = place.kind === 'vault';
  if (read.kind === 'missing')
    return { id: undefined, remarks: own ? [note('vault.no-id', '.', `${VAULT_ID} is not there`)] : [] };
  if (read.kind !== 'bytes') return refused(`${VAULT_ID}: ${read.why}`);
  try {
    return { id: parseVaultId(read.bytes), remarks: [] };
  } catch (error) {
    if (!(error instanceof DockError)) throw error;
    return refused(`${VAULT_ID}: ${error.message}`);
  }
}

function rootOf({ kind, path }: Place): string | undefined {
  if (kind === 'vault') return path;
  if (kind === 'station') return dirname(path);
  return kind === 'recording' ? dirname(dirname(path)) : undefined;
}

function refused(message: string): { readonly id: undefined; readonly remarks: readonly Remark[] } {
  return { id: undefined, remarks: [finding('vault.id-refused', VAULT_ID, message)] };
}
