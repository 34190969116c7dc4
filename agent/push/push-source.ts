// What can be pushed, whatever its kind (SPEC 6): recordings with their bytes, and docking records, which are a document and nothing more.
// A source says where things of one kind lie, what the log says of them, and what their receipts must say.
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { RecordingId, SessionId } from '../../protocol/format/ids.ts';
import { parseManifest } from '../../protocol/documents/manifest.ts';
import type { OfferMessage } from '../../protocol/transfer/messages.ts';
import type { SenderSubject } from '../../protocol/transfer/transfer-state.ts';
import type { CustodyLog } from '../custody/custody-log.ts';
import { ITEM } from '../custody/ledger.ts';
import { meantByManifest, type ReceiptMeant } from '../spool/receipt-match.ts';
import type { SignedBytes } from '../spool/documents.ts';
import { spooledEvents, type SpooledRecording, type SpoolState } from '../spool/spooled-recording.ts';

export type PushKind = OfferMessage['kind'];

/** One thing that is pushed. */
export interface PushItem {
  /** A recording's id, or a docking record's `record`. */
  readonly recording: RecordingId;
  readonly state: SpoolState;
  /** Pushed before others. */
  readonly locked: boolean;
  /** Digest of the signed document. */
  readonly manifestSha256: string;
  /** Bytes behind the document; 0 for a docking record. */
  readonly sealedSizeBytes: number;
  readonly folder: string;
}

/** One that waits for its turn. */
export type PushTurn = Pick<PushItem, 'recording' | 'locked'>;

/** Where things of one kind lie. */
export interface PushStore<Item extends PushItem = PushItem> {
  get(recording: RecordingId): Item | undefined;
  /** Whatever is left of it, and be it its documents alone. */
  holds(recording: RecordingId): boolean;
  /** Those without a receipt that counts, the oldest first. */
  waiting(): readonly PushTurn[];
  /** The document and its signature, verified; "spool.damaged", "spool.unknown". */
  readManifest(recording: RecordingId): Promise<SignedBytes>;
  /** chunks.bin, compared with the document; "spool.damaged". */
  readChunks(recording: RecordingId): Promise<Uint8Array>;
  storeReceipt(recording: RecordingId, bytes: Uint8Array, signature: string): Promise<void>;
  /** Removes a receipt, durably: it counts as spooled again. Undefined where there is none, or it is not here. Errors: "spool.gone", "spool.write-failed". */
  takeBackReceipt(recording: RecordingId): Promise<Item | undefined>;
  quarantine(recording: RecordingId, reason: string): Promise<void>;
}

/** Things of one kind, with all that differs between the kinds. */
export interface PushSource {
  readonly kind: PushKind;
  readonly store: PushStore;
  /** What the log says of one that is durable; nothing where it is not here any more. */
  durableEvents(recording: RecordingId): CustodyEvent[];
  /** Of these, those of which the log does not say so. Errors: the system's. */
  unlogged(recordings: readonly RecordingId[]): Promise<readonly RecordingId[]>;
  /** What a receipt for this document must say. Errors: those of parsing it. */
  receiptMeant(bytes: Uint8Array): ReceiptMeant;
}

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
