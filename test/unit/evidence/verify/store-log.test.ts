// What several receivers of one vault say of the same thing, each in its own log: what counts is who said it first.
import { expect, test } from 'vitest';
import { StoreLog } from '../../../../agent/evidence/verify/store-log.ts';
import type { CustodyEntry } from '../../../../protocol/custody/custody-entry.ts';

const EARLY = '2026-11-25T08:00:00.000Z';
const LATE = '2026-11-26T08:00:00.000Z';
const OF = { station: 'dock-1', recording: 'a'.repeat(26) };

function entry(event: CustodyEntry['event'], at: string, facts: CustodyEntry['facts']): CustodyEntry {
  return { sequence: 2, previous: '0'.repeat(64), at, boot: null, monotonic_ms: 1, event, facts };
}

test.each([[[EARLY, LATE]], [[LATE, EARLY]]])('logs are read in the order %j', (times) => {
  const log = new StoreLog();
  const order = { ...OF, order: 'o'.repeat(26), verb: 'hold', role: 'officer', order_sha256: 'f'.repeat(64) };
  for (const [at, time] of times.entries()) {
    log.take(`r-${at}`, entry('order', time, order));
    log.take(`r-${at}`, entry('expiry-warned', time, { ...OF, due_at: LATE }));
  }
  expect(log.orders.get(order.order)?.signatures).toMatchObject([{ role: 'officer', at: EARLY }]);
  expect(log.deletions.get(OF.recording)?.warnedAt).toBe(EARLY);
});
