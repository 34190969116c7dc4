// What the store may drop of staff documents: a text at any time, a report when its days are over, and what either was, its station says.
import { expect, test } from 'vitest';
import { judgeDrops } from '../../../../agent/evidence/verify/drop-check.ts';
import type { StationLog } from '../../../../agent/evidence/verify/docking-log.ts';
import { LogAccount } from '../../../../agent/evidence/verify/log-account.ts';
import { OrderBook } from '../../../../agent/evidence/verify/order-check.ts';
import { PlaceFacts } from '../../../../agent/evidence/verify/place-facts.ts';
import { StoreLog } from '../../../../agent/evidence/verify/store-log.ts';
import type { CustodyEventName } from '../../../../protocol/custody/custody-entry.ts';

const STATION = 'dock-01';
const RECORD = 'a'.repeat(26);
const DIGEST = 'a'.repeat(64);
const RECEIVED_AT = '2026-01-01T00:00:00.000Z';
const entry = (event: CustodyEventName, at: string, facts: Record<string, string | number | null>) => ({
  sequence: 1,
  previous: DIGEST,
  boot: null,
  monotonic_ms: 0,
  event,
  at,
  facts,
});

/** Codes, and what was counted, where the store's log says `kind` of what went ten days after its receipt. */
function judged(kind: string, made?: { event: CustodyEventName; facts: Record<string, string | number> }) {
  const log = new StoreLog();
  const about = { station: STATION, recording: RECORD, receipt_sha256: DIGEST };
  log.take('r-a', entry('receipt', RECEIVED_AT, { kind, ...about }));
  const named = {
    manifest_sha256: DIGEST,
    received_at: RECEIVED_AT,
    deletion_sha256: null,
    deleted_at: null,
  };
  log.take('r-a', entry('documents-dropped', '2026-01-11T00:00:00.000Z', { ...about, ...named }));
  const facts = new PlaceFacts();
  const documents = new LogAccount();
  if (made !== undefined) documents.take(entry(made.event, RECEIVED_AT, made.facts));
  const station = {
    station: STATION,
    documents,
    dockings: { all: () => [] },
    segments: new Set(),
    follows: [],
  };
  const { findings, staff, dockings } = judgeDrops({
    log,
    facts,
    kept: [],
    orders: new OrderBook([], facts, log),
    stations: [station as unknown as StationLog],
    nowMs: Date.parse('2026-02-01T00:00:00.000Z'),
  });
  return { codes: findings.map(({ code }) => code), staff, dockings };
}

const document = (kind: string, sha256 = DIGEST) => ({
  event: 'document-recorded' as const,
  facts: { kind, record: RECORD, sha256 },
});
const docking = {
  event: 'docking-recorded' as const,
  facts: { docking: RECORD, record: RECORD, sha256: DIGEST, part: 1, parts: 1 },
};

test('a text may go at any time, a report only with its days', () => {
  expect(judged('staff-text', document('staff-text'))).toEqual({ codes: [], staff: 1, dockings: 0 });
  expect(judged('staff-report', document('staff-report'))).toMatchObject({
    codes: ['drop.too-early'],
    staff: 1,
  });
});

test('the word of the store counts only where the station says nothing', () => {
  expect(judged('staff-text')).toMatchObject({ codes: [], staff: 1 });
  expect(judged('staff-text', docking)).toMatchObject({ codes: ['drop.too-early'], dockings: 1 });
  expect(judged('staff-text', document('staff-report')).codes).toEqual(['drop.too-early']);
  expect(judged('staff-text', document('staff-text', 'b'.repeat(64))).codes).toEqual(['drop.too-early']);
});
