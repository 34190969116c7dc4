// The table of what lies in a kit: each kind of file in plain words, once. Pure.
import {
  CHUNKS,
  DELETION,
  DOCKING,
  MANIFEST,
  ORDER,
  PAYLOAD,
  RECEIPT,
  SEGMENT_SUFFIX,
  SIGNATURE_SUFFIX,
} from '../../../protocol/format/file-names.ts';
import { CHAIN_SCRIPT, CHECK_SCRIPT, FINDINGS_FILE, FORMAT_FILE, SPEC_FILE } from './kit-texts.ts';
import type { KitParts } from './kit-parts.ts';
import type { KitWords } from './kit-words-en.ts';

/** A row for each kind of file that is there, in the order of the table; signatures have one for all of them. */
export function fileRows(
  paths: readonly string[],
  parts: KitParts,
  { fileWords, recordingFolder, dockingFolder }: KitWords,
): [string, string][] {
  const records = new Set(parts.dockings.map(({ record }) => record));
  const isDocking = (path: string): boolean => records.has(path.split('/')[0] ?? '');
  const is =
    (name: string) =>
    (path: string): boolean =>
      path.endsWith(`/${name}`);
  const kinds: [string, string, (path: string) => boolean][] = [
    [FINDINGS_FILE, fileWords.findings, (path) => path === FINDINGS_FILE],
    [CHECK_SCRIPT, fileWords.check, (path) => path === CHECK_SCRIPT],
    [`${recordingFolder}/${MANIFEST}`, fileWords.manifest, is(MANIFEST)],
    [`${recordingFolder}/${PAYLOAD}`, fileWords.payload, is(PAYLOAD)],
    [`${recordingFolder}/${CHUNKS}`, fileWords.chunks, is(CHUNKS)],
    [`${recordingFolder}/${RECEIPT}`, fileWords.receipt, (path) => is(RECEIPT)(path) && !isDocking(path)],
    [`${recordingFolder}/${DELETION}`, fileWords.deletion, is(DELETION)],
    [`${dockingFolder}/${DOCKING}`, fileWords.docking, is(DOCKING)],
    [`${dockingFolder}/${RECEIPT}`, fileWords.receipt, (path) => is(RECEIPT)(path) && isDocking(path)],
    ['orders/*/order.json', fileWords.order, is(ORDER)],
    ['log/*/*.jsonl', fileWords.log, (path) => path.endsWith(SEGMENT_SUFFIX)],
    ['log/*/*.head.json', fileWords.head, (path) => path.endsWith('.head.json')],
    ['witness/*/*.json', fileWords.witness, (path) => path.startsWith('witness/')],
    ['keys/*.pub', fileWords.key, (path) => path.endsWith('.pub')],
    ['keys/*/*.json', fileWords.change, (path) => /^keys\/.*\.json$/.test(path)],
    ['*.minisig', fileWords.signature, (path) => path.endsWith(SIGNATURE_SUFFIX)],
    [CHAIN_SCRIPT, fileWords.chain, (path) => path === CHAIN_SCRIPT],
    [FORMAT_FILE, fileWords.format, (path) => path === FORMAT_FILE],
    [SPEC_FILE, fileWords.spec, (path) => path === SPEC_FILE],
  ];
  const rows = kinds.filter(([, , isOfKind]) => paths.some(isOfKind));
  return [
    ['INDEX.html, README.txt', fileWords.page],
    ...rows.map(([path, words]): [string, string] => [path, words]),
    ['SHA256SUMS', fileWords.sums],
  ];
}
