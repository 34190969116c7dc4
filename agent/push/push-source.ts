// What pushing does with items of one kind (SPEC 6): recordings as its source, and sessions of sending them.
import { DockError } from '../../protocol/format/errors.ts';
import type { RecordingId, SessionId } from '../../protocol/format/ids.ts';
import { parseManifest } from '../../protocol/documents/manifest.ts';
import type { SenderSubject } from '../../protocol/transfer/transfer-state.ts';
import type { CustodyLog } from '../custody/custody-log.ts';
import { ITEM } from '../custody/ledger.ts';
import { meantByManifest } from '../spool/receipt-match.ts';
import type { PushItem, PushSource, PushStore } from '../spool/signed-items.ts';
import { spooledEvents, type SpooledRecording } from '../spool/spooled-recording.ts';

/** Recordings of the spool as things to push. */
export function recordingSource(
  store: PushStore<SpooledRecording>,
  custody: Pick<CustodyLog, 'lacking'>,
): PushSource {
  return {
    kind: 'recording',
    store,
    unlogged: (recordings) => custody.lacking(recordings, ITEM.spooled),
    durableEvents: (recording) => {
      const spooled = store.get(recording);
      return spooled === undefined ? [] : spooledEvents(spooled);
    },
    receiptMeant: (bytes) => meantByManifest(parseManifest(bytes), bytes),
  };
}

/** All sources of one station: finds to which one an id belongs. */
export class PushSources {
  readonly all: readonly PushSource[];

  constructor(all: readonly PushSource[]) {
    this.all = all;
  }

  /** The source that has it, or undefined where none has. */
  of(recording: RecordingId): PushSource | undefined {
    return this.all.find(({ store }) => store.get(recording) !== undefined);
  }

  /** The source that holds whatever is left of it, or undefined. */
  holding(recording: RecordingId): PushSource | undefined {
    return this.all.find(({ store }) => store.holds(recording));
  }

  get(recording: RecordingId): PushItem | undefined {
    return this.of(recording)?.store.get(recording);
  }

  /** What is sent of it, as it is when its turn comes; undefined where nothing is any more. */
  subject(recording: RecordingId, session: SessionId): SenderSubject | undefined {
    const item = this.get(recording);
    if (item?.state !== 'spooled') return undefined;
    const { manifestSha256, sealedSizeBytes } = item;
    return { recording, session, manifestSha256, sealedSizeBytes };
  }

  /** Errors: "spool.unknown" where none has it. */
  mustOf(recording: RecordingId): PushSource {
    const source = this.of(recording);
    if (source !== undefined) return source;
    throw new DockError('spool.unknown', `${recording} is not in the spool`, { retry: 'never' });
  }
}
