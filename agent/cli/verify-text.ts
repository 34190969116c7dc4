// What `bodydock verify` prints for people: one line a recording, what was found below it, counts at the end. Nothing from a disk reaches
// a terminal unescaped.
import { printable } from '../../config/problems.ts';
import { keyIdHex } from '../../protocol/minisign.ts';
import { MEANINGS } from '../verify/meanings.ts';
import type { Place } from '../verify/place.ts';
import type { CheckedRecording } from '../verify/recording-check.ts';
import type { Remark } from '../verify/remark.ts';
import type { Totals } from '../verify/totals.ts';
import type { NamedKey, TrustedKeys } from '../verify/trusted-keys.ts';

const KINDS: Readonly<Record<Place['kind'], string>> = {
  recording: 'one recording',
  collection: 'single recordings',
  station: 'the folder of one station in a vault',
  vault: 'a vault',
  spool: 'the spool of a station',
};

/** What is verified, and with which keys: the result is worth as much as they are. */
export function placeText({ kind, path }: Place, keys: TrustedKeys): string {
  const named = (list: readonly NamedKey[]): string =>
    list.map(({ file, key }) => `${file} ${keyIdHex(key.keyId)}`).join(', ') || 'none';
  const trusted = `keys of ${keys.folder}: station: ${named(keys.station)}; store: ${named(keys.store)}`;
  return lines([`${path}: ${KINDS[kind]}`, trusted]);
}

/** One recording, with everything that was found in its folder. */
export function recordingText(checked: CheckedRecording): string {
  const bad = checked.remarks.some(({ kind }) => kind === 'finding');
  const facts = recordingFacts(checked);
  return (
    lines([`${bad ? 'BAD ' : 'good'}  ${checked.where === '.' ? checked.name : checked.where}  ${facts}`]) +
    remarkTexts(checked.remarks)
  );
}

function recordingFacts({ manifest, receipt, units, opened }: CheckedRecording): string {
  if (manifest === undefined) return 'no manifest that can be read';
  const { camera, role, original, rejected } = manifest;
  return [
    camera.id,
    role,
    `${original.size_bytes} bytes`,
    `${units} units good`,
    ...(rejected === null ? [] : [`rejected: ${rejected.reason}`]),
    ...(receipt === undefined ? [] : ['receipted']),
    ...(opened ? ['opened'] : []),
  ].join(', ');
}

/** Remarks with their meaning, indented below what they belong to. */
export function remarkTexts(remarks: readonly Remark[]): string {
  return remarks
    .map(({ kind, code, where, message }) =>
      lines([
        `  ${kind === 'finding' ? 'FINDING' : 'note'} ${code}  ${where}: ${message}`,
        `      ${MEANINGS[code]}`,
      ]),
    )
    .join('');
}

/** The counts, and the last line: good or not. */
export function totalsText(totals: Totals): string {
  const rejected = Object.entries(totals.rejected);
  const reasons = rejected.map(([reason, count]) => `${count} ${reason}`).join(', ');
  const counts = [
    `${totals.recordings} recordings: ${totals.good} good, ${totals.receipted} receipted, ${totals.opened} opened`,
    `${totals.units} units good, ${totals.sealed_bytes} bytes sealed, ${totals.original_bytes} bytes of originals`,
    ...(rejected.length === 0 ? [] : [`rejected, and kept all the same: ${reasons}`]),
    `custody log: ${totals.custody_segments} segments, ${totals.custody_entries} entries, ${totals.custody_checkpoints} checkpoints`,
  ];
  const verdict = totals.findings === 0 ? 'good: no finding' : `NOT GOOD: ${totals.findings} findings`;
  return lines([...counts, `${verdict}, ${totals.notes} notes`]);
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${printable(text)}\n`).join('');
}
