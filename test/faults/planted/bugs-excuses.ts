// Bugs of a verification that believes what anybody can write, or what somebody could who has a key that was put aside.
import type { PlantedBug } from './planted-bug.ts';

export const EXCUSE_BUGS: readonly PlantedBug[] = [
  {
    id: 'unsigned-line-excuses',
    what: 'a line behind the last checkpoint of a station’s log says what became of recordings that are not there',
    file: 'agent/evidence/verify/place-logs.ts',
    find: '      if (keyId === undefined) return;\n      entries.signed(entry, segment);\n      log.take(entry, keyId);\n',
    put: '      entries.signed(entry, segment);\n      log.take(entry, keyId);\n',
    suites: ['unit/evidence/verify/unsigned-excuse'],
  },
  {
    id: 'second-log-not-missed',
    what: 'of two receivers the whole log of one can be taken away',
    file: 'agent/evidence/verify/place-store.ts',
    find: 'noLog(context) : missingLogs(context)',
    put: 'noLog(context) : missingLogs(context).slice(0, 0)',
    suites: ['unit/evidence/verify/two-receivers'],
  },
  {
    id: 'old-key-excuses',
    what: 'a receiver that never was lets recordings go, by a key that the store put aside',
    file: 'agent/evidence/verify/place-logs.ts',
    find: 'if (doubted.segments.has(segment)) return;',
    put: 'if (doubted.segments.has(segment) && segment.length === 0) return;',
    suites: ['unit/evidence/verify/old-store-key'],
  },
  {
    id: 'log-goes-back-to-old-key',
    what: 'a log goes on by the key that it told a change away from',
    file: 'agent/evidence/verify/custody-links.ts',
    find: '    ...oldKeys(segments),\n',
    put: '    ...oldKeys(segments.slice(0, 0)),\n',
    suites: ['unit/evidence/verify/old-store-key'],
  },
  {
    id: 'old-key-signs-document',
    what: 'a recording that was made after a change of keys may be signed by the old one',
    file: 'agent/evidence/verify/log-account.ts',
    find: '    ...byOldKey(document, account, putAside),\n',
    put: '    ...byOldKey(document, account, putAside).slice(0, 0),\n',
    suites: ['unit/evidence/verify/signed-entries'],
  },
  {
    id: 'erased-while-asked-again',
    what: 'a station may erase what the store has lost and asks for again',
    file: 'agent/evidence/verify/log-account.ts',
    find: 'erasedAsked: known.erasedAsked || known.askedAgain',
    put: 'erasedAsked: known.erasedAsked',
    suites: ['unit/evidence/verify/signed-entries'],
  },
  {
    id: 'standing-hold-goes',
    what: 'a hold that nobody lifted may be taken away once the documents of its recording were let go',
    file: 'agent/evidence/verify/order-check.ts',
    find: "    if (!isOfBoth(signatures, 'hold')) return true;\n",
    put: "    if (!isOfBoth(signatures, 'hold') || this.#log.dropped.has(recording)) return true;\n",
    suites: ['unit/evidence/verify/store-log-records'],
  },
];
