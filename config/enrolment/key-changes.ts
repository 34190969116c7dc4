// Key changes (SPEC 4.9) as files of one folder: `<name>.change.json` with the signatures of the old and of the new key. A station and a
// store know their own earlier keys from them.
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { encodeUtf8, equalBytes, parseUtf8 } from '../../protocol/format/bytes.ts';
import { DockError, isDockError, systemCode } from '../../protocol/format/errors.ts';
import {
  earlierKeys,
  encodeKeyChange,
  KEY_CHANGE_TRUSTED_COMMENT,
  KEY_DOCUMENT_BYTES_MAX,
  keyChangeName,
  laterKeys,
  NEW_KEY_SIGNATURE_SUFFIX,
  parseKeyChange,
  proveKeyChange,
  type KeyChange,
  type ProvenKeyChange,
} from '../../protocol/documents/key-documents.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../protocol/format/limits.ts';
import {
  publicKeyLine,
  signDocument,
  type PublicKey,
  type SecretKey,
} from '../../protocol/documents/minisign.ts';
import { replaceOwned } from '../durable-file.ts';
import { readPublicFile } from '../guarded-file.ts';
import { ownedFiles } from '../owned-files.ts';

const CHANGE_NAME = /^[0-9a-f]{16}\.change\.json$/;
/** One a year for longer than any station lives. */
const CHANGES_MAX = 256;

/** Where the key changes of a spool lie. */
export function keyChangesFolder(spoolPath: string): string {
  return join(spoolPath, 'keys');
}

/** What a holder knows of its own keys. */
export interface KeyHistory {
  /** The last one first. */
  readonly earlier: readonly PublicKey[];
  /** Keys to which changes lead from the current one: it was put aside where one of them has signed anything. */
  readonly later: readonly PublicKey[];
  /** The change that made the current key the current one; undefined for the first key. */
  readonly change: ProvenKeyChange | undefined;
}

/**
 * The keys of a holder before its current one. A folder that is not there holds none. A change that does not hold counts as none and is
 * told to `onRefused` with its file name.
 * Errors: those of the system where the folder cannot be listed.
 */
export async function loadKeyHistory(
  folder: string,
  holder: string,
  current: PublicKey,
  onRefused: (file: string, error: unknown) => void = () => undefined,
): Promise<KeyHistory> {
  const changes: ProvenKeyChange[] = [];
  const names = await changeNames(folder).catch((error: unknown) => {
    if (!['ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) throw error;
    onRefused(basename(folder), error); // something else in the place of the folder holds none
    return [];
  });
  for (const name of names) {
    try {
      const bytes = await readPublicFile(join(folder, name), KEY_DOCUMENT_BYTES_MAX);
      const path = join(folder, name + NEW_KEY_SIGNATURE_SUFFIX);
      const signature = parseUtf8(await readPublicFile(path, SIGNATURE_FILE_BYTES_MAX));
      changes.push(proveKeyChange(bytes, signature ?? '', holder));
    } catch (error) {
      onRefused(name, error);
    }
  }
  const line = publicKeyLine(current);
  return {
    earlier: earlierKeys(current, changes),
    later: laterKeys(current, changes),
    change: changes.find(({ change }) => change.new_key === line),
  };
}

async function changeNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => CHANGE_NAME.test(name))
    .toSorted()
    .slice(0, CHANGES_MAX);
}

/** Who signs a change. */
export interface ChangeSigners {
  /** Undefined where it is lost: then its signature stays out. */
  readonly old: SecretKey | undefined;
  readonly fresh: SecretKey;
}

/**
 * Puts a change with its signatures into a folder, durably, and gives its bytes; one of the same two keys that lies there already is
 * completed, so that a change that was cut off can be repeated.
 * Errors: "key.unwritable"; the system's.
 */
export async function keepKeyChange(
  folder: string,
  wanted: KeyChange,
  { old, fresh }: ChangeSigners,
): Promise<Uint8Array> {
  const bytes = (await beginning(folder, wanted)) ?? encodeKeyChange(wanted);
  const path = join(folder, keyChangeName(bytes));
  const sign = (key: SecretKey): Uint8Array =>
    encodeUtf8(signDocument(key, bytes, KEY_CHANGE_TRUSTED_COMMENT));
  const parts: [string, Uint8Array][] = [[path, bytes]];
  if (old !== undefined) parts.push([`${path}.minisig`, sign(old)]);
  parts.push([path + NEW_KEY_SIGNATURE_SUFFIX, sign(fresh)]);
  const files = await ownedFiles(folder);
  for (const [name, content] of parts) await replaceOwned(files, name, content);
  return bytes;
}

/** The change of these two keys that lies there, whole or not. */
async function beginning(folder: string, wanted: KeyChange): Promise<Uint8Array | undefined> {
  for (const name of await changeNames(folder)) {
    const bytes = await readPublicFile(join(folder, name), KEY_DOCUMENT_BYTES_MAX).catch((error: unknown) => {
      if (isDockError(error)) return undefined;
      throw error;
    });
    if (bytes !== undefined && sameKeys(bytes, wanted)) return bytes;
  }
  return undefined;
}

function sameKeys(bytes: Uint8Array, wanted: KeyChange): boolean {
  try {
    const found = parseKeyChange(bytes);
    return equalBytes(encodeKeyChange({ ...wanted, changed_at: found.changed_at }), bytes);
  } catch (error) {
    if (error instanceof DockError) return false;
    throw error;
  }
}
