// What a round of retention tells as conditions: why nothing is deleted, what came late, what is held for long, what ends soon.
import type { ConditionFacts, Conditions } from '../../../protocol/format/ports.ts';
import { describeDoubt, DOUBT_REMEDY } from './clock-trust.ts';
import type { Expired } from './expire.ts';

/** Raises what stands behind this round and clears the rest. */
export function tellConditions(conditions: Conditions, { totals, doubt, failure }: Expired): void {
  const told = (code: string, stands: boolean, facts: ConditionFacts): void =>
    stands ? conditions.raise(code, null, facts) : conditions.clear(code, null);
  const { states, found } = totals;
  told('retention.clock', doubt !== null, {
    reason: doubt && describeDoubt(doubt),
    remedy: DOUBT_REMEDY,
    overdue: states.due + states.ordered,
  });
  told('retention.failed', failure !== undefined, { due: states.due + states.ordered + states.unfinished });
  told('retention.blocked', states.blocked > 0, {
    overdue: states.blocked,
    reason: 'an order of their station cannot be read, or nobody can tell what it holds',
  });
  told('retention.late', totals.late > 0, { count: totals.late, first_due_at: totals.firstLateDueAt });
  told('retention.evidence-due', totals.evidenceSoon > 0, {
    count: totals.evidenceSoon,
    first_due_at: totals.firstEvidenceDueAt,
  });
  told('retention.hold-lapsing', totals.lapsing > 0, {
    count: totals.lapsing,
    first_lapse_at: totals.firstLapseAt,
  });
  told('retention.held-long', totals.heldLong > 0, {
    count: totals.heldLong,
    first_ordered_at: totals.firstHeldAt,
  });
  const [first] = found;
  told('retention.odd', totals.findings > 0, {
    count: totals.findings,
    station: first?.station ?? null,
    recording: first?.recording ?? null,
    what: first?.what ?? null,
  });
}
