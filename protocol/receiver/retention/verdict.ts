// What is to be done with one recording now (SPEC 10). Pure: documents and orders were verified before.
import { LATE_DOCKING_MS, WARNED_MS, type Retention } from '../../retention.ts';
import type { Standing } from './order-book.ts';

const DAY_MS = 86_400_000;
/** No store was there before: a clock that said so had lost its time. */
const SANE_MS = Date.UTC(2025, 0, 1);
/** The store's log is read back for two months. */
const WAIT_DAYS_MAX = 30;

/**
 * `ordered` and `due` may be deleted now; `to-warn` must be warned of first and nobody was; `warned` waits for its due date and for the time
 * that a warning must be old; `held` is due or not, and stays.
 */
export type Verdict = 'ordered' | 'due' | 'to-warn' | 'warned' | 'held' | 'kept';

export interface VerdictFacts {
  readonly retention: Retention;
  /** See waitAfterWarning. */
  readonly waitMs: number;
  readonly receivedAt: string;
  readonly sealedAt: string;
  readonly standing: Standing;
  /** When the store's log says that its expiry was warned of; undefined where it does not. */
  readonly warnedMs: number | undefined;
}

/** The verdict at `nowMs`. */
export function verdictOf(
  { retention, waitMs, receivedAt, sealedAt, standing, warnedMs }: VerdictFacts,
  nowMs: number,
): Verdict {
  if (standing.hold !== undefined) return 'held';
  if (standing.deletion !== undefined) return 'ordered';
  const dueMs = Math.max(Date.parse(retention.due_at), notBefore(retention, receivedAt, sealedAt, nowMs));
  if (waitMs === 0) return nowMs >= dueMs ? 'due' : 'kept';
  if (warnedMs === undefined) return 'to-warn';
  return nowMs >= dueMs && nowMs - warnedMs > waitMs ? 'due' : 'warned';
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
