// Checks one revocation of a station's key (SPEC 4.9.3).
import {
  KEY_DOCUMENT_BYTES_MAX,
  KEY_REVOCATION_TRUSTED_COMMENT,
  parseKeyRevocation,
  type KeyRevocation,
} from '../../../protocol/documents/key-documents.ts';
import type { KeyFolder } from './key-folders.ts';
import type { ReadFiles } from './read-files.ts';
import { below, finding, note, type Remark } from './remark.ts';
import { checkDocument } from './signed-document.ts';
import { storeKeys, type TrustedKeys } from './trusted-keys.ts';

/** A revocation whose signature and place hold. */
export interface FoundRevocation {
  readonly document: KeyRevocation;
  readonly where: string;
}

/** Checks the revocation of that name in a station's folder. Errors: only those of the machine. */
export async function checkRevocation(
  files: ReadFiles,
  { folder, where, holder }: KeyFolder,
  name: string,
  keys: TrustedKeys,
): Promise<{ readonly revocation: FoundRevocation | undefined; readonly remarks: readonly Remark[] }> {
  const checked = await checkDocument(files, folder, where, {
    name: 'key-revocation',
    file: name,
    bytesMax: KEY_DOCUMENT_BYTES_MAX,
    trustedComment: KEY_REVOCATION_TRUSTED_COMMENT,
    parse: parseKeyRevocation,
    keys: () => storeKeys(keys),
  });
  const place = below(where, name);
  const { value: document, keyId } = checked;
  if (document === undefined || keyId === undefined)
    return { revocation: undefined, remarks: checked.remarks };
  if (document.station !== holder || name !== `${document.key_id}.revocation.json`) {
    const message = `revocation: it names key ${document.key_id} of station ${document.station}`;
    return { revocation: undefined, remarks: [finding('key-revocation.rule', place, message)] };
  }
  const message = `key ${document.key_id} of station ${holder} was revoked at ${document.revoked_at}: ${document.reason}`;
  const told = note('key.revoked', place, message, { key_id: document.key_id, reason: document.reason });
  return { revocation: { document, where: place }, remarks: [told] };
}
