// What is to be done with one recording now (SPEC 10). Pure: documents and orders were verified before.
import { notBefore, type Retention } from '../../../protocol/documents/retention.ts';
import type { Standing } from './order-book.ts';

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
