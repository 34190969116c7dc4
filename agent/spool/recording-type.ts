// Recordings as signed items.
import type { Files } from '../../protocol/format/ports.ts';
import { ITEM } from '../custody/ledger.ts';
import { recordingDue } from './keep.ts';
import type { ItemStore, ItemType } from './signed-items.ts';
import { spooledEvents, type SpooledRecording } from './spooled-recording.ts';

/** The recordings of one spool; `days` is `retention.days`. */
export function recordingType(
  store: ItemStore<SpooledRecording>,
  files: Pick<Files, 'readAll'>,
  days: number,
): ItemType<SpooledRecording> {
  return {
    kind: 'recording',
    store,
    entered: ITEM.spooled,
    entries: spooledEvents,
    dueMs: recordingDue(files, days),
    refusedCode: 'recording.refused',
  };
}
