// Compares what a custody log says of dockings with their records (SPEC 4.3, 4.6). Pure.
import { DOCKING } from '../../../protocol/format/file-names.ts';
import type { LoggedDocking } from './docking-account.ts';
import type { DockingGroup } from './docking-groups.ts';
import { below, finding, note, type Remark } from './remark.ts';
import type { StationLog } from './station-log.ts';

/** A record is made as soon as its docking is over; where the log goes on for longer than this without one, it was not made. */
const RECORDED_WITHIN_MS = 3_600_000;
/** The first start behind a cut makes the record; a second one finds it made. */
const STARTS_MAX = 1;
/** Dockings that are named in one remark. */
const NAMED_MAX = 3;

/** Everything in which a log and the dockings of its station do not agree. */
export function dockingLogRemarks(log: StationLog, groups: readonly DockingGroup[]): Remark[] {
  const open: string[] = [];
  const remarks: Remark[] = [];
  for (const logged of log.dockings.all()) {
    if (logged.begun === undefined || isRecorded(logged)) continue;
    if (log.hasRefusedEnd && logged.keyChanged) remarks.push(refusedRecord(log, logged));
    else if (isOverdue(logged, log.dockings.lastAt)) remarks.push(notRecorded(log, logged));
    else open.push(logged.docking);
  }
  for (const group of groups) {
    const logged = log.dockings.of(group.docking);
    if (logged !== undefined) remarks.push(...differing(group, logged));
  }
  return [...remarks, ...openRemark(log, open), ...neverDocked(log)];
}

/** A misspelled id ends the use of no camera, and the one that was meant leaves days open. */
function neverDocked({ where, retired, dockings, fromTheStart }: StationLog): Remark[] {
  if (!fromTheStart || retired.size === 0) return [];
  const docked = new Set([...dockings.all()].map(({ camera }) => camera));
  const strange = [...retired].filter((camera) => !docked.has(camera));
  return strange.map((camera) => {
    const message = `camera ${camera} was taken out of use, and the log names no docking of it`;
    return note('custody.retired-unknown', where, message, { camera });
  });
}

/** The log names every part of the docking's record. */
export function isRecorded({ records }: LoggedDocking): boolean {
  const [first] = records.values();
  return first !== undefined && records.size >= first.parts;
}

/** The log goes on so far behind the docking's end that its record would stand there. */
function isOverdue({ overtaken, startsSince, endedAt }: LoggedDocking, lastAt = ''): boolean {
  if (overtaken || startsSince > STARTS_MAX) return true;
  return endedAt !== undefined && Date.parse(lastAt) - Date.parse(endedAt) > RECORDED_WITHIN_MS;
}

function notRecorded(
  { where }: StationLog,
  { docking, bay, camera, endedAt, records }: LoggedDocking,
): Remark {
  const parts = records.size === 0 ? 'no record' : `only ${records.size} parts of a record`;
  const message = `docking ${docking} of camera ${camera ?? 'unknown'} in bay ${bay ?? 'unknown'} ended at ${endedAt ?? 'an unknown time'}, and the log names ${parts} of it`;
  return finding('docking.not-recorded', where, message, { docking });
}

function refusedRecord({ where }: StationLog, { docking, camera }: LoggedDocking): Remark {
  const message = `docking ${docking} of camera ${camera ?? 'unknown'} has no record here: it was not over when the log begins to be refused`;
  return note('docking.record-refused', where, message, { docking });
}

function openRemark({ where }: StationLog, open: readonly string[]): Remark[] {
  if (open.length === 0) return [];
  const some = open.slice(0, NAMED_MAX).join(', ') + (open.length > NAMED_MAX ? ', ...' : '');
  return [note('docking.open', where, `${open.length} dockings go on: ${some}`, { dockings: open.length })];
}

function differing({ first, docking }: DockingGroup, logged: LoggedDocking): Remark[] {
  const { bay, cameraId, stay, inventory, ended } = first.proven;
  const { inventory: listed } = logged;
  // After a cut the record says only what could still be proven.
  const compared = listed !== undefined && !(inventory === null && ended === 'cut-off');
  const fields: readonly (readonly [string, string | number | null | undefined, string | number | null])[] = [
    ['bay', logged.bay, bay],
    ['camera', logged.camera, cameraId],
    ['stay', logged.stay, stay],
    ['inventory.entries', compared ? listed.entries : undefined, inventory?.entries ?? null],
    ['inventory.bytes', compared ? listed.bytes : undefined, inventory?.bytes ?? null],
    ['inventory.sha256', compared ? listed.sha256 : undefined, inventory?.sha256 ?? null],
    [
      'inventory',
      listed === undefined && logged.begun !== undefined ? 'none' : undefined,
      inventory && 'one',
    ],
  ];
  return fields
    .filter(([field, expected, found]) => expected !== undefined && !agrees(field, expected, found))
    .map(([field, expected, found]) => {
      const message = `docking record: docking ${docking}: ${field}: the custody log says ${expected}, the record ${found}`;
      return finding('docking.log-differs', below(first.where, DOCKING), message, { field, docking });
    });
}

function agrees(
  field: string,
  expected: string | number | null | undefined,
  found: string | number | null,
): boolean {
  return field === 'inventory' ? found === null : expected === found;
}
