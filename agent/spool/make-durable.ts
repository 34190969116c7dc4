// From a finished sealing in `staging/` to a durable recording in `ready/`.
//
// Order: the sealing synced and closed payload and chunk list; then manifest and signature are written and synced; then the folder
// is synced, so that it holds all four names; then it is renamed; then `ready/` and `staging/` are synced. Only then it is durable.
import { join } from 'node:path';
import { encodeUtf8 } from '../../protocol/format/bytes.ts';
import { writeDurable } from '../../protocol/format/durable.ts';
import { chunksBytes, type Manifest } from '../../protocol/documents/manifest.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { damaged } from './documents.ts';
import type { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import { MANIFEST_NAME, MANIFEST_SIGNATURE_NAME, type SpoolLayout, type Staging } from './layout.ts';

/** A finished sealing with its manifest: the bytes that were signed, their signature, and what they say. */
export interface SealedDocuments {
  readonly manifestBytes: Uint8Array;
  readonly signature: string;
  readonly manifest: Manifest;
}

export interface DurableDeps {
  readonly files: Files;
  readonly layout: SpoolLayout;
  readonly syncs: FolderSyncs;
}

/**
 * Makes the sealing durable.
 * Errors: "spool.damaged" where payload or chunk list are not as long as the manifest says; the system's. Then the attempt is over.
 */
export async function makeDurable(
  deps: DurableDeps,
  staging: Staging,
  sealed: SealedDocuments,
): Promise<void> {
  const { files, layout, syncs } = deps;
  const { folder, recording } = staging;
  try {
    await checkLengths(files, staging, sealed.manifest);
    await writeDurable(files, join(folder, MANIFEST_NAME), sealed.manifestBytes);
    await writeDurable(files, join(folder, MANIFEST_SIGNATURE_NAME), encodeUtf8(sealed.signature));
    await files.syncFolder(folder);
    await files.rename(folder, join(layout.ready, recording));
    await Promise.all([syncs.sync(layout.ready), syncs.sync(layout.staging)]);
  } catch (error) {
    await undoRename(deps, staging).catch(() => undefined);
    throw error;
  }
}

/**
 * Takes a recording whose commit failed behind its rename out of `ready/` again, so that no later start of this machine finds it
 * whole there although it never became durable. Errors: the system's.
 */
export async function undoRename({ files, layout }: DurableDeps, staging: Staging): Promise<void> {
  const renamed = join(layout.ready, staging.recording);
  if ((await files.stat(renamed)) !== undefined) await files.rename(renamed, staging.folder);
}

async function checkLengths(files: Files, staging: Staging, { recording, sealed }: Manifest): Promise<void> {
  if (recording !== staging.recording) damaged(staging.recording, `its manifest names ${recording}`);
  const wanted: [string, number][] = [
    [staging.payloadPath, sealed.size_bytes],
    [staging.chunksPath, chunksBytes(sealed.size_bytes)],
  ];
  for (const [path, sizeBytes] of wanted) {
    const found = await files.stat(path);
    if (found?.kind === 'file' && found.sizeBytes === sizeBytes) continue;
    damaged(recording, `${path} has ${found?.sizeBytes ?? 'no'} bytes, the manifest says ${sizeBytes}`);
  }
}
