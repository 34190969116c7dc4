// Whether docking records follow each other in time as they do in their chain. Pure.
import type { DockingFacts } from './docking-facts.ts';
import { finding, note, type Remark } from './remark.ts';

/**
 * A remark for each docking that began before the one that it follows; a clock that was not synchronised may have been set back, and the record
 * of one that a cut ended is made by the first start that can read the log. Two cameras of one id in two bays have one chain, in the order of their ends.
 */
export function dockingOrderRemarks(all: Iterable<DockingFacts>): Remark[] {
  const byDigest = new Map<string, DockingFacts>();
  const parts = [...all];
  for (const part of parts) if (part.sha256 !== undefined) byDigest.set(part.sha256, part);
  return parts.flatMap(({ proven, where }) => {
    const before = byDigest.get(proven?.previous ?? '')?.proven;
    if (proven === undefined || before === undefined || proven.dockedAt >= before.dockedAt) return [];
    if (proven.docking === before.docking || proven.chain !== before.chain) return [];
    const message = `docking record: docking ${proven.docking} began at ${proven.dockedAt}, docking ${before.docking} that it follows at ${before.dockedAt}`;
    const sure = proven.clockSynchronised && before.clockSynchronised && proven.ended !== 'cut-off';
    const facts = { docking: proven.docking, previous: before.docking };
    const isTwice = proven.bay !== before.bay && (proven.endedAt ?? '') >= before.dockedAt;
    if (isTwice) return [note('docking-chain.order-twice', where, message, facts)];
    return [
      sure
        ? finding('docking-chain.order', where, message, facts)
        : note('docking-chain.order-unsure', where, message, facts),
    ];
  });
}
