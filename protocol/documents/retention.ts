// When a recording is due (SPEC 10.1), from its manifest and its receipt alone: the same answer at the store, at the station and for an expert.
import type { Manifest } from './manifest.ts';

const DAY_MS = 86_400_000;
/** What is due sooner than this after its receipt is warned of first (SPEC 10.2). */
export const LATE_DOCKING_MS = 3 * DAY_MS;
/** A warning must be this old before such a recording is deleted. */
export const WARNED_MS = DAY_MS;
/** No store was there before: a clock that said so had lost its time. */
const SANE_MS = Date.UTC(2025, 0, 1);
/** The store's log is read back for two months. */
const WAIT_DAYS_MAX = 30;
/** A hold with one signature lapses after this long (SPEC 4.8). */
export const HOLD_ALONE_MS = 7 * DAY_MS;

/** Instants are RFC 3339 UTC with milliseconds. */
export interface Retention {
  readonly days: number;
  readonly basis: 'capture' | 'sealed' | 'received';
  readonly from_at: string;
  readonly due_at: string;
}

/** Units: days of 24 h. `receivedAt` is the receipt's time, RFC 3339 UTC. Errors: none for documents that parsed. */
export function retentionOf(
  manifest: Pick<Manifest, 'capture' | 'sealed_at' | 'clock_synchronised'>,
  receivedAt: string,
  days: number,
): Retention {
  const start = startOf(manifest);
  const receivedMs = Date.parse(receivedAt);
  const fromMs = Math.min(start.at === null ? receivedMs : Date.parse(start.at), receivedMs);
  return {
    days,
    basis: start.basis,
    from_at: new Date(fromMs).toISOString(),
    due_at: new Date(fromMs + days * DAY_MS).toISOString(),
  };
}

/**
 * A manifest that was sealed after its receipt was given, by a time that is over now: the store's clock was behind then, or the station's ahead.
 * Which of them nobody can tell, so it stays until the later of both due dates (SPEC 10.2). In ms since 1970; 0 where that is not so.
 */
export function notBefore({ days }: Retention, receivedAt: string, sealedAt: string, nowMs: number): number {
  const sealedMs = Date.parse(sealedAt);
  if (sealedMs > nowMs || Date.parse(receivedAt) >= sealedMs - DAY_MS) return 0;
  return sealedMs + days * DAY_MS;
}

/**
 * How old the warning must be before it goes, in ms; 0 where it needs none (SPEC 10.2). A docking so late that hardly any of its time is left
 * needs a day. A receipt by a store's clock that had lost its time, which would make it due at once, needs as long as recordings stay.
 */
export function waitAfterWarning(retention: Retention, receivedAt: string): number {
  const receivedMs = Date.parse(receivedAt);
  if (receivedMs < SANE_MS) return Math.min(retention.days, WAIT_DAYS_MAX) * DAY_MS;
  return Date.parse(retention.due_at) - receivedMs < LATE_DOCKING_MS ? WARNED_MS : 0;
}

function startOf({
  capture,
  sealed_at: sealedAt,
  clock_synchronised: synchronised,
}: Pick<Manifest, 'capture' | 'sealed_at' | 'clock_synchronised'>): {
  basis: Retention['basis'];
  at: string | null;
} {
  if (synchronised !== true) return { basis: 'received', at: null };
  if (capture.basis !== 'clock-unmeasured' && capture.latest_at !== null)
    return { basis: 'capture', at: capture.latest_at };
  return { basis: 'sealed', at: sealedAt };
}

/** Days that count from a time of the store's log on (RFC 3339): announced (SPEC 10.3.18), or the fewest of a policy (4.16.7). */
export interface DaysFrom {
  readonly time: string;
  readonly days: number;
  readonly documentsDays: number;
}

/** What a store's log says of days, each in its order. */
export interface RetentionHistory {
  readonly announced: readonly DaysFrom[];
  /** Of the policies that were in force, with their digests. */
  readonly policies: readonly (DaysFrom & { readonly sha256: string })[];
}

/** What no setting of the store's keeper makes shorter without a policy (SPEC 10.3.19). */
export const RETENTION_DAYS_MIN = 14;
export const DOCUMENTS_DAYS_MIN = 90;
/** Documents of deleted recordings stay so long where neither file nor policy says otherwise. */
export const DOCUMENTS_DAYS_DEFAULT = 730;

/**
 * What counts for what was received at that time (RFC 3339). `named`: the fewest of the policy that the document itself names: what was
 * sealed under it keeps its days, whichever came in force before it was received (SPEC 4.16.20).
 */
export function countedDays(
  { announced, policies }: RetentionHistory,
  receivedAt: string,
  named?: Omit<DaysFrom, 'time'>,
): Omit<DaysFrom, 'time'> {
  const said = announced.findLast(({ time }) => time <= receivedAt);
  const policy = policies.findLast(({ time }) => time <= receivedAt);
  const floor = policy ?? { days: RETENTION_DAYS_MIN, documentsDays: DOCUMENTS_DAYS_MIN };
  const all = [floor, said, named].filter((each) => each !== undefined);
  return {
    days: Math.max(...all.map(({ days }) => days)),
    documentsDays: Math.max(...all.map(({ documentsDays }) => documentsDays)),
  };
}
