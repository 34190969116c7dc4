// Which recordings the manifests in a station's folder of the vault replace (SPEC 6.10): these are not missing. Reads no payload.
import { join } from 'node:path';
import { listIfThere, readIfThere } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { isRecordingId, type StationId } from '../../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { parseManifest } from '../../../protocol/documents/manifest.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import { MANIFEST, type VaultLayout } from '../vault/vault-layout.ts';

/** What reading needs. */
export interface SupersededDeps {
  readonly files: Files;
  readonly layout: VaultLayout;
  readonly signal: AbortSignal;
}

/** Ids that they name; a manifest that cannot be read names none. Errors: the system's, where the folder cannot be listed; the signal's reason. */
export async function supersededIn(
  { files, layout, signal }: SupersededDeps,
  station: StationId,
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const recording of await listIfThere(files, layout.station(station))) {
    if (!isRecordingId(recording)) continue;
    signal.throwIfAborted();
    const path = join(layout.recording({ station, recording }), MANIFEST);
    for (const replaced of await replacedBy(files, path)) found.add(replaced);
  }
  return found;
}

async function replacedBy(files: Files, path: string): Promise<readonly string[]> {
  try {
    const bytes = await readIfThere(files, path, MANIFEST_BYTES_MAX);
    return bytes === undefined ? [] : parseManifest(bytes).supersedes;
  } catch (error) {
    if (error instanceof DockError || systemCode(error) !== undefined) return [];
    throw error;
  }
}
