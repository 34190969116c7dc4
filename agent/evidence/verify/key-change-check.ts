// Checks one key change (SPEC 4.9.1): its shape, its place, and both signatures.
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  KEY_CHANGE_TRUSTED_COMMENT,
  KEY_DOCUMENT_BYTES_MAX,
  parseKeyChange,
  type KeyChange,
} from '../../../protocol/documents/key-documents.ts';
import { equalBytes } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { parsePublicKey, type PublicKey } from '../../../protocol/documents/minisign.ts';
import type { KeyFolder } from './key-folders.ts';
import type { ReadFiles } from './read-files.ts';
import { below, finding, type Remark } from './remark.ts';
import { checkSignature, readDocument } from './signed-document.ts';

/** A key change whose shape, place and new signature hold. */
export interface FoundChange {
  readonly document: KeyChange;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly oldKey: PublicKey;
  readonly newKey: PublicKey;
  readonly folder: string;
  readonly name: string;
  readonly where: string;
  readonly inPlace: boolean;
}

/** Reads a change and verifies that somebody holds the new key. Errors: only those of the machine. */
export async function readKeyChange(
  files: ReadFiles,
  { folder, where, holder, inPlace }: KeyFolder,
  name: string,
): Promise<{ readonly change: FoundChange | undefined; readonly remarks: readonly Remark[] }> {
  const kind = {
    name: 'key-change',
    file: name,
    bytesMax: KEY_DOCUMENT_BYTES_MAX,
    parse: parseKeyChange,
  } as const;
  const read = await readDocument(files, folder, where, kind);
  const { bytes, value: document } = read;
  if (bytes === undefined || document === undefined) return { change: undefined, remarks: read.remarks };
  const place = below(where, name);
  const sha256 = sha256Hex(bytes);
  const oldKey = publicKey(document.old_key);
  const newKey = publicKey(document.new_key);
  const wrong = placeRemarks(place, name, sha256, document, holder);
  if (oldKey === undefined || newKey === undefined)
    wrong.push(finding('key-change.rule', place, 'key change: one of its keys is none'));
  if (newKey === undefined || oldKey === undefined || wrong.length > 0)
    return { change: undefined, remarks: wrong };
  const signed = await checkSignature(files, folder, where, signature(`${name}.new`, [newKey]), bytes);
  const change = { document, bytes, sha256, oldKey, newKey, folder, name, where: place, inPlace };
  return { change: signed.keyId === undefined ? undefined : change, remarks: signed.remarks };
}

/** Whether one of the keys that count, and the one that the change names as the old one, signed it. */
export async function checkOldSignature(
  files: ReadFiles,
  { document, bytes, oldKey, folder, name, where }: FoundChange,
  keys: readonly PublicKey[],
): Promise<{ readonly holds: boolean; readonly remarks: readonly Remark[] }> {
  const old = keys.filter((key) => equalBytes(key.keyId, oldKey.keyId) && equalBytes(key.key, oldKey.key));
  const parent = where.includes('/') ? where.slice(0, where.lastIndexOf('/')) : '.';
  const checked = await checkSignature(files, folder, parent, signature(name, old), bytes);
  return { holds: document.reason === 'planned' && checked.keyId !== undefined, remarks: checked.remarks };
}

function signature(of: string, keys: readonly PublicKey[]): Parameters<typeof checkSignature>[3] {
  const trustedComment = KEY_CHANGE_TRUSTED_COMMENT;
  return { name: 'key-change', signatureFile: `${of}.minisig`, trustedComment, keys };
}

function placeRemarks(
  place: string,
  name: string,
  sha256: string,
  document: KeyChange,
  holder: string,
): Remark[] {
  const remarks: Remark[] = [];
  if (!name.startsWith(`${sha256.slice(0, 16)}.`)) {
    const message = `key change: its SHA-256 is ${sha256}, which is not what its name says`;
    remarks.push(finding('key-change.rule', place, message, { found: sha256 }));
  }
  if (document.holder !== holder) {
    const message = `key change: it lies in the folder of ${holder} and names ${document.holder}`;
    remarks.push(
      finding('key-change.other-holder', place, message, { expected: holder, found: document.holder }),
    );
  }
  return remarks;
}

function publicKey(line: string): PublicKey | undefined {
  try {
    return parsePublicKey(line);
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}
