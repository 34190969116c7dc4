// Every kind of failure that a custody log tells of exists in German.
import { expect, test } from 'vitest';
import { FailureCount } from '../../../../agent/evidence/report/gather.ts';
import { kindWords } from '../../../../agent/evidence/report/report-html.ts';
import {
  CUSTODY_EVENTS,
  STORE_EVENTS,
  type CustodyEntry,
} from '../../../../protocol/custody/custody-entry.ts';

const NIL: Omit<CustodyEntry, 'event' | 'facts'> = {
  sequence: 1,
  previous: '0'.repeat(64),
  at: '2026-10-01T06:00:00.000Z',
  boot: null,
  monotonic_ms: 0,
};

test('each kind that comes from a custody log has its words in German', () => {
  const failures = new FailureCount();
  for (const event of [...CUSTODY_EVENTS, ...STORE_EVENTS])
    for (const reason of ['already-gone', 'store-behind'])
      failures.entry({ ...NIL, event, facts: { reason } });
  const kinds = failures.list().map(({ kind }) => kind.split(': ')[0] ?? '');
  expect(new Set(kinds).size).toBeGreaterThanOrEqual(8);
  expect(kinds.filter((kind) => kindWords(kind, 'de') === kind)).toEqual([]);
});
