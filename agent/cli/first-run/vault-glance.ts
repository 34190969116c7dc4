// A look at the vault of a first run for its last words: what is in it, by the documents alone.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDockingRecord } from '../../../protocol/documents/docking-record.ts';
import { systemCode } from '../../../protocol/format/errors.ts';
import { isRecordingId } from '../../../protocol/format/ids.ts';
import { parseManifest } from '../../../protocol/documents/manifest.ts';
import { DOCKING, MANIFEST } from '../../../protocol/format/file-names.ts';
import { FIRST_RUN_STATION } from './config-files.ts';
import type { OutFolder } from './out-folder.ts';

/** What lies in the vault of a first run. */
export interface VaultGlance {
  /** A recording for the closing words, a film or sound where there is one; undefined where there is none. */
  readonly example: string | undefined;
  /** Recordings, and files that accompany them. */
  readonly recordings: number;
  readonly accompanying: number;
  /** How many files count as rejected. */
  readonly rejected: number;
  /** Dockings with a record. */
  readonly dockings: number;
  /** ... of a camera with nothing on it. */
  readonly emptyDockings: number;
}

/** Reads every manifest and docking record, one at a time. Errors: the system's, "document.refused". */
export async function glanceAtVault(out: OutFolder): Promise<VaultGlance> {
  const station = join(out.vault, FIRST_RUN_STATION);
  let [recordings, accompanying, rejected, dockings, emptyDockings] = [0, 0, 0, 0, 0];
  let film: string | undefined;
  let other: string | undefined;
  for (const name of (await listVault(station)).filter((each) => isRecordingId(each)).sort()) {
    const docking = join(station, name, DOCKING);
    if (await exists(docking)) {
      const { part, inventory, later } = parseDockingRecord(await readFile(docking));
      if (part === 1) dockings++;
      if (inventory?.complete === true && inventory.entries === 0 && later === 0) emptyDockings++;
      continue;
    }
    const manifest = parseManifest(await readFile(join(station, name, MANIFEST)));
    if (manifest.role === 'media' && manifest.rejected === null) film ??= name;
    else other ??= name;
    if (manifest.role === 'media') recordings++;
    else accompanying++;
    if (manifest.rejected !== null) rejected++;
  }
  return { example: film ?? other, recordings, accompanying, rejected, dockings, emptyDockings };
}

async function listVault(station: string): Promise<string[]> {
  return readdir(station).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
