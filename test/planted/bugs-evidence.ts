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
  {
    id: 'report-counts-stolen',
    what: 'a report counts what a stolen key signed behind its revocation',
    file: 'agent/report/sources.ts',
    find: '  if (revokedAlone(keys, { station, keyId, receipt }) !== undefined) return [unproven()];\n',
    put: '',
    suites: ['agent/report/logs'],
  },
  {
    id: 'report-day-empty-beside-missing',
    what: 'a day is proven without recording although the log names another docking of it whose record is not here',
    file: 'agent/report/gather.ts',
    find: "    for (const day of this.#open) days.set(day, worse(days.get(day), 'undecided'));\n",
    put: '',
    suites: ['agent/report/logs'],
  },
  {
    id: 'report-day-empty-beside-unknown',
    what: 'a day is proven without recording although a file of an unknown kind was taken on it',
    file: 'agent/report/gather.ts',
    find: "  return role === 'other' && rejected !== null && original.size_bytes > 0;\n",
    put: "  return role === 'other' && rejected?.reason === 'damaged' && original.size_bytes > 0;\n",
    suites: ['agent/report/report'],
  },
];
