// What an expiration would do with each recording, and why: for a person who looks before it runs. Reads only; decides nothing itself.
import { LATE_DOCKING_MS, notBefore, type Retention } from '../../../protocol/documents/retention.ts';
import type { RetentionDeps } from './deps.ts';
import { type ManyDue, surveyVault } from './expire.ts';
import type { ClockDoubt } from './outside-time.ts';
import type { RetentionTotals, SurveyedRecording } from './survey.ts';

/** Rows that are kept: some 60 MiB. Above that they are only counted. */
const ROWS_MAX = 100_000;
const DAY_MS = 86_400_000;

/** One recording, as a person wants to see it. */
export interface PreviewRow {
  readonly station: string;
  readonly recording: string;
  readonly state: SurveyedRecording['state'];
  /** It would be deleted now. Without a trusted clock nothing is. */
  readonly goes: boolean;
  readonly retention: Retention;
  readonly receivedAt: string;
  readonly sealedBytes: number;
  /** It is warned of before it goes: less than three days were left when it came, or its receipt is by a wrong clock. */
  readonly late: boolean;
  readonly warnedAt: string | null;
  /** Soonest instant at which it may go if nothing else happens; null while a hold without an end stands. */
  readonly goesAt: string | null;
  /** Its camera shows it as locked or as evidence. That alone keeps nothing: a hold does. */
  readonly evidence: boolean;
  readonly hold: { readonly order: string; readonly reason: string; readonly until: string | null } | null;
  /** Order to delete it. */
  readonly order: string | null;
}

/** All rows, the soonest due first. */
export interface Preview {
  readonly nowMs: number;
  readonly doubt: ClockDoubt | null;
  /** See Surveyed. */
  readonly waits: ManyDue | null;
  readonly totals: RetentionTotals;
  readonly rows: readonly PreviewRow[];
  /** Recordings without a row: there were more than ROWS_MAX. */
  readonly more: number;
}

/** Looks at the whole vault. Errors: those of surveyVault. */
export async function previewVault(deps: RetentionDeps): Promise<Preview> {
  const rows: PreviewRow[] = [];
  let more = 0;
  const { totals, doubt, waits } = await surveyVault(deps, (found) => {
    if (rows.length < ROWS_MAX) rows.push(rowOf(found, deps.clock.wallMs()));
    else more++;
  });
  const ordered = rows.toSorted((a, b) => (a.retention.due_at < b.retention.due_at ? -1 : 1));
  const mayGo = ({ state }: PreviewRow): boolean => state !== 'due' || (doubt === null && waits === null);
  const shown = ordered.map((row) => ({ ...row, goes: row.goes && mayGo(row) }));
  return { nowMs: deps.clock.wallMs(), doubt, waits, totals, rows: shown, more };
}

/** One row at `nowMs`. Pure. */
export function rowOf(found: SurveyedRecording, nowMs: number): PreviewRow {
  const { station, recording, state, retention, waitMs, warnedMs, hold, order, facts } = found;
  const { manifest, receipt } = facts;
  return {
    station,
    recording,
    state,
    goes: state === 'due' || state === 'ordered' || state === 'unfinished',
    retention,
    receivedAt: receipt.received_at,
    sealedBytes: manifest.sealed.size_bytes,
    late: waitMs > 0,
    warnedAt: warnedMs === undefined ? null : new Date(warnedMs).toISOString(),
    goesAt: goesAt(found, nowMs),
    evidence: manifest.locked,
    hold:
      hold === undefined ? null : { order: hold.order.order, reason: hold.order.reason, until: hold.until },
    order: order?.order ?? null,
  };
}

function goesAt(
  { state, retention, waitMs, warnedMs, hold, facts }: SurveyedRecording,
  nowMs: number,
): string | null {
  if (hold?.until === null) return null;
  if (state === 'ordered' || state === 'unfinished') return new Date(nowMs).toISOString();
  const { receipt, manifest } = facts;
  const later = notBefore(retention, receipt.received_at, manifest.sealed_at, nowMs);
  const times = [Date.parse(retention.due_at), later, nowMs];
  if (waitMs > 0) times.push((warnedMs ?? nowMs) + waitMs);
  if (hold !== undefined) times.push(Date.parse(hold.until));
  return new Date(Math.max(...times)).toISOString();
}

/** Whole days until an instant, rounded down: 0 is within the next 24 h, below 0 it is over. */
export function daysUntil(at: string, nowMs: number): number {
  return Math.floor((Date.parse(at) - nowMs) / DAY_MS);
}

/** Days that were left when a late one came, for its explanation. */
export const LATE_DAYS = LATE_DOCKING_MS / DAY_MS;
