// Keys whose receipts and deletion records are the store's own: the one in use, and earlier ones that its own key changes name (SPEC 4.9).
import { join } from 'node:path';
import { parseUtf8 } from '../../../protocol/format/bytes.ts';
import { listIfThere, readIfThere } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import type { ReceiverId } from '../../../protocol/format/ids.ts';
import {
  earlierKeys,
  KEY_DOCUMENT_BYTES_MAX,
  NEW_KEY_SIGNATURE_SUFFIX,
  proveKeyChange,
  type ProvenKeyChange,
} from '../../../protocol/documents/key-documents.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import type { RetentionDeps } from './deps.ts';

/** Changes of one store's key: one every few years. */
const CHANGES_MAX = 1000;

/**
 * The keys, the one in use first. A change counts where the key that it leads to signed it: the store says of itself which key was its own.
 * Errors: the system's.
 */
export async function storeKeys(
  deps: Pick<RetentionDeps, 'files' | 'layout' | 'receiver' | 'publicKey'>,
): Promise<PublicKey[]> {
  return [deps.publicKey, ...earlierKeys(deps.publicKey, await readChanges(deps))];
}

async function readChanges({
  files,
  layout,
  receiver,
}: Pick<RetentionDeps, 'files' | 'layout' | 'receiver'>): Promise<ProvenKeyChange[]> {
  const folder = layout.keys(receiver);
  const names = (await listIfThere(files, folder)).filter((name) => name.endsWith('.change.json'));
  const found: ProvenKeyChange[] = [];
  for (const name of names.slice(0, CHANGES_MAX)) {
    const bytes = await readIfThere(files, join(folder, name), KEY_DOCUMENT_BYTES_MAX);
    const path = join(folder, name + NEW_KEY_SIGNATURE_SUFFIX);
    const signature = await readIfThere(files, path, SIGNATURE_FILE_BYTES_MAX);
    const change = bytes && proven(bytes, parseUtf8(signature ?? new Uint8Array(0)) ?? '', receiver);
    if (change !== undefined) found.push(change);
  }
  return found;
}

function proven(bytes: Uint8Array, signature: string, receiver: ReceiverId): ProvenKeyChange | undefined {
  try {
    return proveKeyChange(bytes, signature, receiver);
  } catch (error) {
    if (error instanceof DockError) return undefined; // `verify` tells of it
    throw error;
  }
}
