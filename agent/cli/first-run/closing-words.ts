// The last lines of a first run: where things lie and the stock commands that check them.
import { join } from 'node:path';
import { FIRST_RUN_STATION } from './config-files.ts';
import type { OutFolder } from './out-folder.ts';

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
