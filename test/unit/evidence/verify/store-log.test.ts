// What several receivers of one vault say of the same thing, each in its own log: what counts is who said it first.
import { expect, test } from 'vitest';
import type { FoundPolicy } from '../../../../agent/evidence/verify/policy-check.ts';
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
    log.take(`r-${at}`, entry('receipt', time, { ...OF, kind: 'recording', receipt_sha256: time }));
  }
  const receipts = log.receipts.get(`${OF.station} ${OF.recording}`);
  expect(receipts).toMatchObject({ receipts: [EARLY, LATE], at: EARLY, time: EARLY });
  expect(log.orders.get(order.order)?.signatures).toMatchObject([{ role: 'officer', at: EARLY }]);
  expect(log.deletions.get(OF.recording)?.warnedAt).toBe(EARLY);
});

test('a policy that one receiver entered counts for what another one received after it', () => {
  const sha256 = 'f'.repeat(64);
  const policy = { days_min: 20, documents_days: 100 } as FoundPolicy['policy'];
  const log = new StoreLog(new Map([[sha256, { policy, sha256, where: 'policies/1', counts: true }]]));
  log.take('r-one', entry('policy', LATE, { number: 1, policy_sha256: sha256 }));
  const days = [EARLY, LATE].map((at) => log.daysAt('r-other', at).days);
  expect(days).toEqual([14, 20]);
});
