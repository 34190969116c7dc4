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
    find: "        leaves: why === NOT_COME ? 'open' : 'undecided',\n",
    put: '        leaves: undefined,\n',
    suites: ['agent/report/logs'],
  },
  {
    id: 'report-day-empty-beside-unknown',
    what: 'a day is proven without recording although a file of an unknown kind was taken on it',
    file: 'agent/report/gather.ts',
    find: "  if (media !== null || (rejected !== null && role === 'other')) return original.size_bytes > 0;\n",
    put: '  if (media !== null) return original.size_bytes > 0;\n',
    suites: ['agent/report/report'],
  },
  {
    id: 'report-day-proven-beside-camera-that-is-out',
    what: 'a day is proven without recording although a camera in use has not docked since',
    file: 'agent/report/proven-days.ts',
    find: '    for (const { camera, lastListed } of inUse) if (lastListed <= day) waits.add(camera);\n',
    put: "    for (const { camera, lastListed } of inUse) if (lastListed === '') waits.add(camera);\n",
    suites: ['agent/report/proven-days'],
  },
  {
    id: 'report-day-proven-by-claimed-time',
    what: 'the time that a file claims, by no measured clock, decides of which day a recording is',
    file: 'agent/report/gather.ts',
    find: "    if (basis === 'clock-measured' && earliest !== null && latest !== null)\n",
    put: '    if (earliest !== null && latest !== null)\n',
    suites: ['agent/report/proven-days'],
  },
  {
    id: 'report-day-proven-beside-film-of-other-name',
    what: 'a day is proven without recording although a file that is no recording by its name holds a film',
    file: 'agent/report/gather.ts',
    find: "  if (media !== null || (rejected !== null && role === 'other')) return original.size_bytes > 0;\n",
    put: "  if (rejected !== null && role === 'other') return original.size_bytes > 0;\n",
    suites: ['agent/report/proven-days'],
  },
];
