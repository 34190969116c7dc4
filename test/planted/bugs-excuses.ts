// Bugs of a verification that believes what anybody can write, or what somebody could who has a key that was put aside.
import type { PlantedBug } from './planted-bug.ts';

export const EXCUSE_BUGS: readonly PlantedBug[] = [
  {
    id: 'unsigned-line-excuses',
    what: 'a line behind the last checkpoint of a station’s log says what became of recordings that are not there',
    file: 'agent/verify/place-logs.ts',
    find: '      if (keyId === undefined) return;\n      log.take(entry);\n',
    put: '      void keyId;\n      log.take(entry);\n',
    suites: ['agent/verify/unsigned-excuse'],
  },
  {
    id: 'second-log-not-missed',
    what: 'of two receivers the whole log of one can be taken away',
    file: 'agent/verify/place-store.ts',
    find: 'noLog(context) : missingLogs(context)',
    put: 'noLog(context) : missingLogs(context).slice(0, 0)',
    suites: ['agent/verify/two-receivers'],
  },
  {
    id: 'old-key-excuses',
    what: 'a receiver that never was lets recordings go, by a key that the store put aside',
    file: 'agent/verify/place-logs.ts',
    find: 'keyId === undefined || doubted.segments.has(segment)',
    put: 'keyId === undefined || (doubted.segments.has(segment) && segment.length === 0)',
    suites: ['agent/verify/old-store-key'],
  },
  {
    id: 'log-goes-back-to-old-key',
    what: 'a log goes on by the key that it told a change away from',
    file: 'agent/verify/custody-links.ts',
    find: '    ...oldKeys(segments),\n',
    put: '    ...oldKeys(segments.slice(0, 0)),\n',
    suites: ['agent/verify/old-store-key'],
  },
];
