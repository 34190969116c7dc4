// Docking records as things to push (SPEC 6): an offer with nothing behind its document.
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import type { CustodyLog } from '../custody/custody-log.ts';
import { ITEM } from '../custody/ledger.ts';
import type { PushSource } from '../spool/signed-items.ts';
import { meantByDockingRecord } from '../spool/receipt-match.ts';
import type { DockingRecords } from './docking-records.ts';
import type { StoredRecord } from './stored-record.ts';

/** What the log says of a part that is durable. */
export function recordedEvent({ recording, manifestSha256, facts }: StoredRecord): CustodyEvent {
  const { docking, part, parts } = facts;
  return {
    event: 'docking-recorded',
    facts: { docking, record: recording, sha256: manifestSha256, part, parts },
  };
}

/** The records of one spool. */
export function dockingSource(records: DockingRecords, custody: Pick<CustodyLog, 'lacking'>): PushSource {
  return {
    kind: 'docking',
    store: records,
    unlogged: (recorded) => custody.lacking(recorded, ITEM.recorded),
    durableEvents: (record) => {
      const stored = records.get(record);
      return stored === undefined ? [] : [recordedEvent(stored)];
    },
    receiptMeant: meantByDockingRecord,
  };
}
