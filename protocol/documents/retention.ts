// When a recording is due (SPEC 10.1), from its manifest and its receipt alone: the same answer at the store, at the station and for an expert.
import type { DockingRecord } from './docking-record.ts';
import type { Manifest } from './manifest.ts';

const DAY_MS = 86_400_000;
/** What is due sooner than this after its receipt is warned of first (SPEC 10.2). */
export const LATE_DOCKING_MS = 3 * DAY_MS;
/** A warning must be this old before such a recording is deleted. */
export const WARNED_MS = DAY_MS;
/** No store was there before: a clock that said so had lost its time. */
const SANE_MS = Date.UTC(2025, 0, 1);
/** The store's log is read back for four months. */
const WAIT_DAYS_MAX = 30;

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

/** The fewest days that a recording, and documents after it, stay. */
export interface Days {
  readonly days: number;
  readonly documentsDays: number;
}

/** What a policy says (SPEC 4.16), each with what counts where it does not say it. */
export interface PolicyTerms extends Days {
  /** After so many days holds by one role lapse. */
  readonly holdDays: number;
  /** Fewest days that ended segments of a station's log stay; undefined: by `documentsDays`. */
  readonly logDays: number | undefined;
  /** Most bytes of one station in the vault; may be infinite. */
  readonly stationBytes: number;
  /** Most days that the text of a staff report stays. */
  readonly freeTextDays: number;
}

/** Days that a store announced (SPEC 10.3.18); `time` is one of its log (RFC 3339). */
export interface DaysFrom extends Days {
  readonly time: string;
}

/** A policy that was in force from a time of the store's log on. */
export interface TermsFrom extends PolicyTerms {
  readonly time: string;
  readonly sha256: string;
}

/** What a store's log says of days, each in its order. */
export interface RetentionHistory {
  readonly announced: readonly DaysFrom[];
  /** By their numbers. */
  readonly policies: readonly TermsFrom[];
}

/** What no setting of the store's keeper makes shorter without a policy (SPEC 10.3.19). */
export const RETENTION_DAYS_MIN = 14;
export const DOCUMENTS_DAYS_MIN = 90;
/** Documents of deleted recordings stay so long where neither file nor policy says otherwise. */
export const DOCUMENTS_DAYS_DEFAULT = 730;

/** What counts without a policy. */
export const NO_POLICY: PolicyTerms = {
  days: RETENTION_DAYS_MIN,
  documentsDays: DOCUMENTS_DAYS_MIN,
  holdDays: 7,
  logDays: undefined,
  stationBytes: Number.POSITIVE_INFINITY,
  freeTextDays: 90,
};
/** Ended segments of a station's log stay so many days longer than documents where no policy says how long. */
export const LOG_DAYS_LATER = 30;

/** Days for which a station keeps an ended segment of its log that the store holds (SPEC 4.3.6). */
export const STATION_LOG_DAYS = 730;
/** The most days for which it keeps its copy of what the store holds (SPEC 10.4), without a policy that allows fewer. */
export const SPOOL_DAYS_MAX = 14;

/** Those days with the most that a policy allows. */
export function spoolDays(daysMax = SPOOL_DAYS_MAX): number {
  return Math.min(SPOOL_DAYS_MAX, daysMax);
}

/** By which policy a document was signed; both undefined where it is gone. */
export interface SignedUnder {
  /** Digest of the policy that it names. */
  readonly policySha256: string | undefined;
  /** Where it names none: since when another one may have counted than at its receipt (RFC 3339). */
  readonly signedAt: string | undefined;
}

/** What a document says of it. */
export function underOf(document: Manifest | DockingRecord): SignedUnder {
  const policySha256 = 'policy_sha256' in document ? document.policy_sha256 : undefined;
  return {
    policySha256,
    signedAt: document.type === 'docking-record' ? document.docked_at : document.sealed_at,
  };
}

/** The one in force at that time (RFC 3339) of policies by their numbers; undefined: none. */
export function inForceAt<P extends Pick<TermsFrom, 'time'>>(
  policies: readonly P[],
  at: string,
): P | undefined {
  return policies.findLast(({ time }) => time <= at);
}

/** All that were in force at some time from `since` to `until`; undefined for none. Without `since`, and where that is later, at `until`. */
export function inForceBetween<P extends Pick<TermsFrom, 'time'>>(
  policies: readonly P[],
  since: string | undefined,
  until: string,
): readonly (P | undefined)[] {
  if (since === undefined || since >= until) return [inForceAt(policies, until)];
  return [inForceAt(policies, since), ...policies.filter(({ time }) => time > since && time <= until)];
}

/** What counts for what was received at a time. */
export interface CountedDays extends Days {
  readonly logDays: number;
}

/**
 * What counts for what was received at that time (RFC 3339). `named`: the fewest of the policy that the document itself names: what was
 * sealed under it keeps its days, whichever came in force before it was received (SPEC 4.16.20); `since`: of one that names none (4.16.28).
 */
export function countedDays(
  { announced, policies }: RetentionHistory,
  receivedAt: string,
  { named, since }: { readonly named?: Days | undefined; readonly since?: string | undefined } = {},
): CountedDays {
  const said = announced.findLast(({ time }) => time <= receivedAt);
  const floors = inForceBetween(policies, named === undefined ? since : undefined, receivedAt);
  const all = [...floors.map((each) => each ?? NO_POLICY), said, named].filter((each) => each !== undefined);
  const documentsDays = Math.max(...all.map((each) => each.documentsDays));
  return {
    days: Math.max(...all.map(({ days }) => days)),
    documentsDays,
    logDays: inForceAt(policies, receivedAt)?.logDays ?? documentsDays + LOG_DAYS_LATER,
  };
}

/** After how many days holds by one role lapse of which the first was ordered at that time (RFC 3339). */
export function holdDaysAt(policies: RetentionHistory['policies'], orderedAt: string): number {
  return (inForceAt(policies, orderedAt) ?? NO_POLICY).holdDays;
}

/** For how many days words of the staff stay that were received at that time (RFC 3339). */
export function freeTextDaysAt(policies: RetentionHistory['policies'], receivedAt: string): number {
  return (inForceAt(policies, receivedAt) ?? NO_POLICY).freeTextDays;
}

/** The newest time at which something was entered that is as old now as the segments that it ends must be, ms since 1970; -Infinity: none. */
export function segmentsOverMs(history: RetentionHistory, nowMs: number): number {
  const times = [...history.announced, ...history.policies].map(({ time }) => time);
  const starts = [...new Set(['', ...times])].toSorted();
  const ends = starts.map((start, at) => {
    const fromMs = start === '' ? Number.NEGATIVE_INFINITY : Date.parse(start);
    const beforeMs = Date.parse(starts[at + 1] ?? '9999') - 1;
    const overMs = Math.min(nowMs - countedDays(history, start).logDays * DAY_MS, beforeMs);
    return overMs >= fromMs ? overMs : Number.NEGATIVE_INFINITY;
  });
  return Math.max(...ends);
}
