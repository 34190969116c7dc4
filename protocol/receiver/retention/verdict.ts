// What is to be done with one recording now (SPEC 10). Pure: documents and orders were verified before.
import { LATE_DOCKING_MS, WARNED_MS, type Retention } from '../../retention.ts';
import type { Standing } from './order-book.ts';

/**
 * `ordered` and `due` may be deleted now; `to-warn` is due sooner than 72 h after its receipt and nobody was warned; `warned` waits for
 * its due date and for 24 h since the warning; `held` is due or not, and stays.
 */
export type Verdict = 'ordered' | 'due' | 'to-warn' | 'warned' | 'held' | 'kept';

export interface VerdictFacts {
  readonly retention: Retention;
  readonly receivedAt: string;
  readonly standing: Standing;
  /** When the store's log says that its expiry was warned of; undefined where it does not. */
  readonly warnedMs: number | undefined;
}

/** The verdict at `nowMs`. */
export function verdictOf(
  { retention, receivedAt, standing, warnedMs }: VerdictFacts,
  nowMs: number,
): Verdict {
  if (standing.hold !== undefined) return 'held';
  if (standing.deletion !== undefined) return 'ordered';
  const dueMs = Date.parse(retention.due_at);
  if (!isLate(retention, receivedAt)) return nowMs >= dueMs ? 'due' : 'kept';
  if (warnedMs === undefined) return 'to-warn';
  return nowMs >= dueMs && nowMs - warnedMs > WARNED_MS ? 'due' : 'warned';
}

/** Docked so late that hardly any of its time is left. */
export function isLate({ due_at: dueAt }: Retention, receivedAt: string): boolean {
  return Date.parse(dueAt) - Date.parse(receivedAt) < LATE_DOCKING_MS;
}
