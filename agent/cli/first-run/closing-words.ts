// The last lines of a first run: where things lie and the stock commands that check them.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDockingRecord } from '../../../protocol/documents/docking-record.ts';
import { parseManifest } from '../../../protocol/documents/manifest.ts';
import { systemCode } from '../../../protocol/format/errors.ts';
import { DOCKING, MANIFEST } from '../../../protocol/format/file-names.ts';
import { isRecordingId } from '../../../protocol/format/ids.ts';
import { FIRST_RUN_STATION, type OutFolder } from './out-folder.ts';

/** Lines that a user can copy; `recording` is one that lies in the vault, or undefined where there is none; `bodydock` is how that is typed. */
export function closingWords(out: OutFolder, recording: string | undefined, bodydock: string): string[] {
  const folder = join(out.vault, FIRST_RUN_STATION, recording ?? 'RECORDING');
  const check = [
    `  cd ${quote(folder)}`,
    `  minisign -Vm manifest.json -P "$(tail -1 ${quote(join(out.keys, 'station.pub'))})"`,
    `  minisign -Vm receipt.json -P "$(tail -1 ${quote(join(out.keys, 'store.pub'))})"`,
    `  age -d -i ${quote(join(out.keys, 'store.identity'))} payload.age | sha256sum   # is original.sha256 of manifest.json`,
    `  sha256sum chunks.bin                                  # is sealed.chunks_sha256 of manifest.json`,
    `  sha256sum manifest.json                               # is manifest_sha256 of receipt.json`,
    `  split -b 524288 --filter=sha256sum payload.age | cut -c 1-64 | tr a-f A-F | basenc --base16 -d | cmp - chunks.bin   # prints nothing where the payload is whole`,
  ];
  const lines = [`Vault: ${out.vault}`, `Keys:  ${out.keys}`];
  if (recording === undefined) return [...lines, 'There was no recording: nothing is in the vault.'];
  const identity = quote(join(out.keys, 'store.identity'));
  return [
    ...lines,
    // Before the "cd" below: npm finds its scripts only in the folder of this project.
    'Check everything, and restore one recording under its own name:',
    `  ${bodydock} verify ${quote(out.vault)} --identity ${identity}`,
    `  ${bodydock} open ${quote(folder)} --identity ${identity} --reason first-run --out ${quote(join(out.path, 'opened'))}`,
    'Check the same recording with stock tools (Debian: minisign, age, coreutils):',
    ...check,
  ];
}

/** A text as one word of a POSIX shell. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

// A look at the vault of a first run for its last words: what is in it, by the documents alone.

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
