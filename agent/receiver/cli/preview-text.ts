// The preview of an expiration as a table in the terminal, and as one JSON document. Pure.
import { columns } from '../../../config/columns.ts';
import { printable } from '../../../config/problems.ts';
import type { ManyDue } from '../retention/expire.ts';
import { describeDoubt } from '../retention/outside-time.ts';
import { daysUntil, LATE_DAYS, type Preview, type PreviewRow } from '../retention/preview.ts';

/** Recordings that are due later than this are counted and not listed. */
const NEAR_DAYS = 7;
/** Rows that a person still reads. `--json` has all of them. */
const ROWS_MAX = 200;
const HEAD = ['', 'station', 'recording', 'made', 'due', 'why'] as const;

/** Text for the terminal; `all`: every recording by its time, so that the id of each can be found. */
export function previewText(preview: Preview, all = false): string {
  const { rows, nowMs, doubt, waits } = preview;
  const near = all
    ? rows.toSorted((one, other) => (one.retention.from_at < other.retention.from_at ? -1 : 1))
    : rows.filter((row) => row.state !== 'kept' || daysUntil(row.retention.due_at, nowMs) < NEAR_DAYS);
  const shown = all ? near : near.slice(0, ROWS_MAX);
  const cells = shown.map((row) => cellsOf(row, nowMs));
  const table = cells.length === 0 ? [] : columns([[...HEAD], ...cells]);
  return [
    ...(doubt === null ? [] : [doubtText(preview), '']),
    ...(doubt !== null || waits === null ? [] : [waitsText(waits), '']),
    ...table,
    ...(table.length === 0 ? [] : ['']),
    ...summary(preview, near.length - shown.length, rows.length - near.length),
    '',
  ].join('\n');
}

/** "in 3 days", "within 24 hours", "2 days ago". */
export function dueIn(at: string, nowMs: number): string {
  const days = daysUntil(at, nowMs);
  if (days >= 0) return days === 0 ? 'within 24 hours' : `in ${count(days, 'day')}`;
  const ago = daysUntil(new Date(nowMs).toISOString(), Date.parse(at));
  return ago === 0 ? 'since today' : `since ${count(ago, 'day')}`;
}

/** Why nothing is deleted, and what to do. */
export function doubtText({ doubt, nowMs }: Pick<Preview, 'doubt' | 'nowMs'>): string {
  if (doubt === null) return '';
  if (doubt.kind === 'not-known')
    return `NOTHING IS DELETED: ${describeDoubt(doubt)}. After its first receipt this goes on by itself.`;
  return `NOTHING IS DELETED BY ITS TIME: ${describeDoubt(doubt)}.
Let a station of another machine, a witness or a time-stamp authority be reached: this goes on by itself then.
This machine's clock says ${new Date(nowMs).toISOString()} (UTC); if that is wrong, set it. What both roles order to be deleted still goes.`;
}

/** That so many at once wait for a day. */
export function waitsText({ due, recordings, fromMs }: ManyDue): string {
  return `${count(due, 'recording')} of ${recordings} are due at once, and WAIT FOR A DAY: they go from ${new Date(fromMs).toISOString()} on, if nobody holds them until then.`;
}

/** Shape: null, or counts and an instant. */
export function waitsJson(waits: Preview['waits']): Record<string, unknown> | null {
  return (
    waits && { due: waits.due, recordings: waits.recordings, goes_from: new Date(waits.fromMs).toISOString() }
  );
}

function cellsOf(row: PreviewRow, nowMs: number): string[] {
  const { station, recording, retention, goes } = row;
  const due = `${minuteOf(retention.due_at)} (${dueIn(retention.due_at, nowMs)})`;
  const made = `${minuteOf(retention.from_at)}${FROM[retention.basis]}`;
  return [goes ? 'GOES' : 'stays', station, recording, made, due, why(row, nowMs)];
}

function minuteOf(at: string): string {
  return at.slice(0, 16).replace('T', ' ');
}

/** What the time of a recording is, where nobody knows when it was made. */
const FROM = { capture: '', sealed: ' (sealed)', received: ' (came)' } as const;

/** The reason first, then what is worth knowing. */
function why(row: PreviewRow, nowMs: number): string {
  const notes = [reason(row, nowMs)];
  if (row.retention.basis === 'received')
    notes.push('counted from its arrival, since the station’s clock was not synchronised');
  if (row.evidence && row.hold === null) notes.push('marked as evidence on its camera, but nobody holds it');
  return notes.join('; ');
}

function reason(row: PreviewRow, nowMs: number): string {
  const { state, retention, warnedAt, goesAt } = row;
  switch (state) {
    case 'due':
      return dueReason(row);
    case 'ordered':
      return orderedReason(row);
    case 'unfinished':
      return 'its deletion was begun and is finished';
    case 'held':
      return heldReason(row.hold);
    case 'to-warn':
      return `came late, with less than ${LATE_DAYS} days left, or by a wrong clock of the store: warned of first, goes ${goesAt} at the soonest`;
    case 'warned':
      return `came late or by a wrong clock, warned of ${warnedAt}: goes ${goesAt} at the soonest`;
    case 'blocked':
      return 'an order of its station cannot be read, and could hold it';
    case 'kept':
      break;
  }
  return Date.parse(retention.due_at) > nowMs
    ? `not due: ${dueIn(retention.due_at, nowMs)}`
    : `sealed after it was received, so one of two clocks was wrong: goes ${goesAt} at the soonest`;
}

function dueReason({ goes, late, warnedAt, retention: { days, basis } }: PreviewRow): string {
  const since = `${count(days, 'day')} since ${BASES[basis]}${late ? `, warned of ${warnedAt}` : ''}`;
  return goes ? since : `due, and waits: ${since}`;
}

function orderedReason({ order }: PreviewRow): string {
  return `both roles ordered it to be deleted (order ${order})`;
}

function heldReason(hold: PreviewRow['hold']): string {
  if (hold === null) return 'held';
  const by = `held by order ${hold.order} (${hold.reason})`;
  return hold.until === null
    ? `${by} until both roles lift that`
    : `${by} until ${hold.until}, unless the other role signs too`;
}

const BASES = { capture: 'it was made', sealed: 'it was sealed', received: 'it came' } as const;

function summary({ totals, rows, more, nowMs }: Preview, hidden: number, later: number): string[] {
  const { states, unreceipted, deleted, findings, found } = totals;
  const going = rows.filter(({ goes }) => goes);
  const bytes = going.reduce((sum, { sealedBytes }) => sum + sealedBytes, 0);
  const next = rows.find(({ state, goes }) => state === 'kept' && !goes);
  const lines = [
    `${count(going.length, 'recording')} of ${totals.recordings} would be deleted (${megabytes(bytes)}); ${states.held} held, ${states['to-warn'] + states.warned} late, ${deleted} deleted before`,
  ];
  if (hidden > 0) lines.push(`${hidden} more that are near or special: --all lists them`);
  if (more > 0) lines.push(`${more} more than one list holds`);
  if (later > 0)
    lines.push(`${count(later, 'recording')} due in ${NEAR_DAYS} days or later: --all lists them, too`);
  if (next !== undefined)
    lines.push(`the next one is due ${dueIn(next.retention.due_at, nowMs)}, ${next.retention.due_at}`);
  if (unreceipted > 0)
    lines.push(`${count(unreceipted, 'recording')} without a receipt: never deleted as they are`);
  if (findings > 0) lines.push(`${count(findings, 'thing')} not as it should be, and left alone:`);
  for (const { station, recording, what } of found.slice(0, ROWS_MAX))
    lines.push(printable(`  ${station}${recording === null ? '' : ` ${recording}`}: ${what}`));
  return lines;
}

/** Everything, for a program. */
export function previewJson({ nowMs, doubt, waits, totals, rows, more }: Preview): string {
  const recordings = rows.map((row) => ({
    station: row.station,
    recording: row.recording,
    state: row.state,
    goes: row.goes,
    due_at: row.retention.due_at,
    due_in_days: daysUntil(row.retention.due_at, nowMs),
    goes_at: row.goesAt,
    basis: row.retention.basis,
    from_at: row.retention.from_at,
    received_at: row.receivedAt,
    sealed_size_bytes: row.sealedBytes,
    late: row.late,
    warned_at: row.warnedAt,
    evidence: row.evidence,
    hold: row.hold,
    order: row.order,
  }));
  const at = new Date(nowMs).toISOString();
  return `${JSON.stringify({ preview: true, at, clock_doubt: doubtJson(doubt), waits: waitsJson(waits), totals: totalsJson(totals), recordings, more })}\n`;
}

/** Shape: null, or kind and milliseconds. */
export function doubtJson(doubt: Preview['doubt']): { kind: string; by_ms: number } | null {
  return doubt && { kind: doubt.kind, by_ms: doubt.byMs };
}

/** Totals in the words of the file. */
export function totalsJson(totals: Preview['totals']): Record<string, unknown> {
  return {
    recordings: totals.recordings,
    bytes: totals.bytes,
    states: totals.states,
    unreceipted: totals.unreceipted,
    deleted: totals.deleted,
    late: totals.late,
    first_late_due_at: totals.firstLateDueAt,
    lapsing: totals.lapsing,
    first_lapse_at: totals.firstLapseAt,
    soon: totals.soon,
    evidence_soon: totals.evidenceSoon,
    first_evidence_due_at: totals.firstEvidenceDueAt,
    held_long: totals.heldLong,
    first_held_at: totals.firstHeldAt,
    findings: totals.findings,
    found: totals.found,
  };
}

/** "1 day", "3 days". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Decimal, as disks are sold. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
