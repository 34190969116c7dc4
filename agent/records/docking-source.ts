// Docking records as signed items: an offer with nothing after its document.
import type { Files } from '../../protocol/format/ports.ts';
import { ITEM } from '../custody/ledger.ts';
import { documentDue } from '../spool/keep.ts';
import type { ItemType } from '../spool/signed-items.ts';
import type { DockingRecords } from './docking-records.ts';
import type { StoredRecord } from './stored-record.ts';

/** The records of one spool; `days` is `retention.days`. */
export function dockingRecordType(
  store: DockingRecords,
  files: Pick<Files, 'readAll'>,
  days: number,
): ItemType<StoredRecord> {
  return {
    kind: 'docking',
    store,
    entered: ITEM.recorded,
    entries: ({ recording, manifestSha256, facts: { docking, part, parts } }) => [
      {
        event: 'docking-recorded',
        facts: { docking, record: recording, sha256: manifestSha256, part, parts },
      },
    ],
    dueMs: documentDue(files, days),
    refusedCode: 'docking.refused',
  };
}
