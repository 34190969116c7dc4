// Bugs of what is handed out and told of a vault: kits, reports, restored originals.
import type { PlantedBug } from './planted-bug.ts';

export const EVIDENCE_BUGS: readonly PlantedBug[] = [
  {
    id: 'kit-without-logs',
    what: 'a kit is called good although the logs name a receipt, a docking record or an order that was taken away',
    file: 'agent/export/make-kit.ts',
    find: 'findingsIn([...own, ...notTold(logged, own)])',
    put: 'findingsIn([...own, ...notTold(logged, [...own, ...logged])])',
    suites: ['agent/export/kit-logs'],
  },
];
