// What SPEC 4.6 asks of one part of a docking record beyond the shape of its fields. Pure.
import type { DockingEntry, DockingRecord } from '../../../protocol/documents/docking-record.ts';

/** Why an entry was not taken (SPEC 4.3, `not-taken`), or was not reached before the docking ended. */
const WAIT_REASONS: ReadonlySet<string> = new Set([
  'changing',
  'unreadable',
  'too-damaged',
  'camera-failed',
  'spool-full',
  'spool-failed',
  'quarantined',
  'agent-failed',
  'not-reached',
]);
const REJECT_REASONS: ReadonlySet<string> = new Set(['empty', 'unknown-kind', 'odd-name', 'damaged']);
/** Broken entries that are told of one part. */
const TOLD_MAX = 8;

/** Every rule that the part breaks, in words; empty for a good one. */
export function brokenDockingRules(record: DockingRecord): string[] {
  return [...clock(record), ...end(record), ...inventory(record), ...order(record), ...entries(record)];
}

/** SPEC 9.1: what was measured follows from the two times. */
function clock({ camera_clock: clock }: DockingRecord): string[] {
  if (clock === null) return [];
  const offset = Date.parse(clock.claimed_at) - Date.parse(clock.read_at);
  if (offset === clock.offset_ms) return [];
  return [
    `camera_clock.offset_ms is ${clock.offset_ms}; ${clock.claimed_at} less ${clock.read_at} is ${offset}`,
  ];
}

function end({ ended, ended_at: endedAt }: DockingRecord): string[] {
  if (ended === 'cut-off' || endedAt !== null) return [];
  return [`ended as ${ended} without a time`];
}

/** Without a listing there is nothing that it could have shown; after a cut the log may still tell of single files. */
function inventory({ inventory, entries, later, ended }: DockingRecord): string[] {
  if (inventory !== null || ended === 'cut-off' || (later === 0 && entries.length === 0)) return [];
  return ['entries without an inventory'];
}

function order({ entries }: DockingRecord): string[] {
  const first = entries.findIndex(({ later }) => later);
  if (first < 0 || entries.slice(first).every(({ later }) => later)) return [];
  return ['an entry of the first listing stands behind a later one'];
}

function entries({ entries }: DockingRecord): string[] {
  const broken = entries.flatMap((entry, at) => {
    const why = brokenEntry(entry);
    return why === undefined ? [] : [`entry ${at} ${why}`];
  });
  if (broken.length <= TOLD_MAX) return broken;
  return [...broken.slice(0, TOLD_MAX), `${broken.length - TOLD_MAX} more entries`];
}

function brokenEntry({ fate, reason }: DockingEntry): string | undefined {
  if (reason === null) return undefined;
  const known = fate === 'waiting' ? WAIT_REASONS : REJECT_REASONS;
  return known.has(reason) ? undefined : `is ${fate} for the unknown reason ${reason}`;
}
