// What `bodydock verify` prints for people: one line a recording, what was found below it, counts at the end. Nothing from a disk reaches
// a terminal unescaped.
import { printable } from '../../config/problems.ts';
import { keyIdHex } from '../../protocol/minisign.ts';
import type { CheckedDocking } from '../verify/docking-check.ts';
import { meaningOf } from '../verify/meanings.ts';
import type { Place } from '../verify/place.ts';
import type { CheckedRecording } from '../verify/recording-check.ts';
import type { Remark } from '../verify/remark.ts';
import { remedyOf } from '../verify/remedies.ts';
import type { Totals } from '../verify/totals.ts';
import type { NamedKey, TrustedKeys } from '../verify/trusted-keys.ts';

const KINDS: Readonly<Record<Place['kind'], string>> = {
  recording: 'one recording or docking record',
  collection: 'single recordings',
  station: 'the folder of one station in a vault',
  vault: 'a vault',
  spool: 'the spool of a station',
};

/** What is verified, and with which keys: the result is worth as much as they are. */
export function placeText({ kind, path }: Place, keys: TrustedKeys): string {
  const named = (list: readonly NamedKey[]): string =>
    list.map(({ file, key }) => `${file} ${keyIdHex(key.keyId)}`).join(', ') || 'none';
  const roles = `officer: ${named(keys.officer)}; supervisor: ${named(keys.supervisor)}`;
  const trusted = `keys of ${keys.folder}: station: ${named(keys.station)}; store: ${named(keys.store)}; ${roles}`;
  return lines([`${path}: ${KINDS[kind]}`, trusted]);
}

/** One recording, with everything that was found in its folder. */
export function recordingText(checked: CheckedRecording): string {
  return folderText(checked, recordingFacts(checked));
}

/** One part of a docking record, with everything that was found in its folder. */
export function dockingText(checked: CheckedDocking): string {
  return folderText(checked, dockingFacts(checked));
}

function folderText(
  { where, name, remarks }: Pick<CheckedRecording, 'where' | 'name' | 'remarks'>,
  facts: string,
): string {
  const bad = remarks.some(({ kind }) => kind === 'finding');
  return (
    lines([`${bad ? 'BAD ' : 'good'}  ${where === '.' ? name : where}  ${facts}`]) + remarkTexts(remarks)
  );
}

function recordingFacts({ manifest, receipt, deletion, units, opened }: CheckedRecording): string {
  if (manifest === undefined) return 'no manifest that can be read';
  const { camera, role, original, rejected } = manifest;
  return [
    camera.id,
    role,
    `${original.size_bytes} bytes`,
    deletion === undefined ? `${units} units good` : `deleted at ${deletion.deleted_at} (${deletion.reason})`,
    ...(rejected === null ? [] : [`rejected: ${rejected.reason}`]),
    ...(receipt === undefined ? [] : ['receipted']),
    ...(opened ? ['opened'] : []),
  ].join(', ');
}

function dockingFacts({ record, receipt }: CheckedDocking): string {
  if (record === undefined) return 'no docking record that can be read';
  const { camera, part, parts, inventory, later, docked_at: dockedAt, ended, ended_at: endedAt } = record;
  const seen = inventory === null ? 'no inventory' : `${inventory.entries} entries`;
  return [
    camera.id,
    `docked at ${dockedAt}`,
    `${ended}${endedAt === null ? '' : ` at ${endedAt}`}`,
    ...(parts === 1 ? [] : [`part ${part} of ${parts}`]),
    later === 0 ? seen : `${seen} and ${later} later`,
    ...(receipt === undefined ? [] : ['receipted']),
  ].join(', ');
}

/** Remarks with their meaning, and what to do where there is something, indented below what they belong to. */
export function remarkTexts(remarks: readonly Remark[]): string {
  return remarks.map(remarkText).join('');
}

function remarkText({ kind, code, where, message }: Remark): string {
  const remedy = remedyOf({ kind, code });
  return lines([
    `  ${kind === 'finding' ? 'FINDING' : 'note'} ${code}  ${where}: ${message}`,
    `      ${meaningOf(code)}`,
    ...(remedy === undefined ? [] : [`      To do: ${remedy}`]),
  ]);
}

/** The counts, and the last line: good or not. */
export function totalsText(totals: Totals): string {
  const rejected = Object.entries(totals.rejected);
  const reasons = rejected.map(([reason, count]) => `${count} ${reason}`).join(', ');
  const counts = [
    `${totals.recordings} recordings: ${totals.good} good, ${totals.receipted} receipted, ${totals.opened} opened, ${totals.deleted} deleted, ${totals.held} held`,
    `${totals.dockings} dockings, ${totals.dockings_empty} of them of a camera with nothing on it: proof that nothing was recorded`,
    `${totals.units} units good, ${totals.sealed_bytes} bytes sealed, ${totals.original_bytes} bytes of originals`,
    ...(rejected.length === 0 ? [] : [`rejected, and kept all the same: ${reasons}`]),
    `store: ${totals.orders} orders, ${totals.disclosures} disclosures, ${totals.witnesses} days witnessed`,
    `keys: ${totals.key_changes} changes, ${totals.key_revocations} revocations`,
    `custody log: ${totals.custody_segments} segments, ${totals.custody_entries} entries, ${totals.custody_checkpoints} checkpoints`,
  ];
  const verdict = totals.findings === 0 ? 'good: no finding' : `NOT GOOD: ${totals.findings} findings`;
  return lines([...counts, `${verdict}, ${totals.notes} notes`]);
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${printable(text)}\n`).join('');
}
