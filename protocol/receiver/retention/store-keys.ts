// Keys whose receipts and deletion records are the store's own: the one in use, and earlier ones that its own key changes name (SPEC 4.9).
import { join } from 'node:path';
import { parseUtf8 } from '../../bytes.ts';
import { DockError } from '../../errors.ts';
import {
  KEY_CHANGE_TRUSTED_COMMENT,
  KEY_DOCUMENT_BYTES_MAX,
  parseKeyChange,
  type KeyChange,
} from '../../key-documents.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../limits.ts';
import { parsePublicKey, publicKeyLine, verifyDocument, type PublicKey } from '../../minisign.ts';
import { listIfThere, readIfThere } from '../durable.ts';
import type { RetentionDeps } from './deps.ts';

/** Changes of one store's key: one every few years. */
const CHANGES_MAX = 1000;

/** A change whose new key signed it. */
interface ProvenChange {
  readonly change: KeyChange;
  readonly bytes: Uint8Array;
  readonly signature: string;
}

/**
 * The keys, the one in use first. A change counts where the key that it leads to signed it: the store says of itself which key was its own.
 * Errors: the system's.
 */
export async function storeKeys(
  deps: Pick<RetentionDeps, 'files' | 'layout' | 'receiver' | 'publicKey'>,
): Promise<PublicKey[]> {
  const changes = await readChanges(deps);
  const keys = [deps.publicKey];
  for (const key of keys) {
    const earlier = changes
      .filter((each) => each.change.new_key === publicKeyLine(key) && isSignedBy(each, key))
      .map(({ change }) => parsePublicKey(change.old_key));
    for (const found of earlier)
      if (!keys.some((known) => publicKeyLine(known) === publicKeyLine(found))) keys.push(found); // walked as well
  }
  return keys;
}

async function readChanges({
  files,
  layout,
  receiver,
}: Pick<RetentionDeps, 'files' | 'layout' | 'receiver'>): Promise<ProvenChange[]> {
  const folder = layout.keys(receiver);
  const names = (await listIfThere(files, folder)).filter((name) => name.endsWith('.change.json'));
  const found: ProvenChange[] = [];
  for (const name of names.slice(0, CHANGES_MAX)) {
    const bytes = await readIfThere(files, join(folder, name), KEY_DOCUMENT_BYTES_MAX);
    const text = await readIfThere(files, join(folder, `${name}.new.minisig`), SIGNATURE_FILE_BYTES_MAX);
    const signature = text === undefined ? undefined : parseUtf8(text);
    const change = bytes === undefined ? undefined : parsed(bytes);
    if (bytes !== undefined && signature !== undefined && change?.holder === receiver)
      found.push({ change, bytes, signature });
  }
  return found;
}

function parsed(bytes: Uint8Array): KeyChange | undefined {
  try {
    return parseKeyChange(bytes);
  } catch (error) {
    if (error instanceof DockError) return undefined; // `verify` tells of it
    throw error;
  }
}

function isSignedBy({ bytes, signature }: ProvenChange, key: PublicKey): boolean {
  try {
    verifyDocument(bytes, signature, KEY_CHANGE_TRUSTED_COMMENT, [key]);
    return true;
  } catch {
    return false;
  }
}
