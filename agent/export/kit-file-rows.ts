// The table of what lies in a kit: each file, or each folder of like files, in plain words. Pure.
import { fill } from '../page/language.ts';
import type { KitKey } from './kit-keys.ts';
import { CHAIN_SCRIPT, CHECK_SCRIPT, FINDINGS_FILE, FORMAT_FILE, SPEC_FILE } from './kit-texts.ts';
import type { KitWords } from './kit-words-en.ts';

/** Paths of the kit and what is known of its keys. */
export interface KitPaths {
  readonly paths: readonly string[];
  readonly keys: readonly KitKey[];
  readonly otherPage: string;
}

/** A row for each file but signatures, which stand with their documents. */
export function fileRows({ paths, keys, otherPage }: KitPaths, words: KitWords): [string, string][] {
  const signed = new Set(paths.filter((path) => path.endsWith('.minisig')).map(baseOf));
  const own: [string, string][] = [
    ['INDEX.html', words.fileWords.page],
    [otherPage, words.fileWords.otherPage],
  ];
  const rows = paths
    .filter((path) => !path.endsWith('.minisig') && !path.endsWith('.html'))
    .map((path): [string, string] => {
      const what = wordsFor(path, keys, words);
      return [path, signed.has(path) ? `${what}; ${words.fileWords.signature}` : what];
    });
  return [...own, ...rows, ['SHA256SUMS', words.fileWords.sums]];
}

function baseOf(signature: string): string {
  return signature.replace(/(?:\.(?:officer|supervisor|new))?\.minisig$/, '');
}

function wordsFor(path: string, keys: readonly KitKey[], { fileWords }: KitWords): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const byName: Readonly<Record<string, string>> = {
    'manifest.json': fileWords.manifest,
    'payload.age': fileWords.payload,
    'chunks.bin': fileWords.chunks,
    'receipt.json': fileWords.receipt,
    'deletion.json': fileWords.deletion,
    'docking.json': fileWords.docking,
    'order.json': fileWords.order,
    [CHECK_SCRIPT]: fileWords.check,
    [CHAIN_SCRIPT]: fileWords.chain,
    [FORMAT_FILE]: fileWords.format,
    [SPEC_FILE]: fileWords.spec,
    [FINDINGS_FILE]: fileWords.findings,
  };
  const known = byName[name];
  if (known !== undefined) return known;
  if (path.startsWith('witness/')) return fileWords.witness;
  if (path.endsWith('.pub'))
    return keys.some(({ file, introduced }) => file === path && introduced)
      ? fileWords.introduced
      : fileWords.key;
  if (path.endsWith('.head.json')) return fileWords.head;
  if (path.startsWith('log/')) return fill(fileWords.log, path.split('/')[1] ?? '');
  return fileWords.change;
}
