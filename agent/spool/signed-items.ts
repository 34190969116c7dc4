// A signed item of one kind, as everything that pushes, keeps and answers for it sees it: recordings with their bytes, and docking records, which are a
// document and nothing more. Each kind says where its items are, what the log says of them, and what their receipts must say.
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';
import type { OfferMessage } from '../../protocol/transfer/messages.ts';
import type { SignedBytes } from './documents.ts';
import type { ReceiptMeant } from './receipt-match.ts';
import type { SpoolState } from './spooled-recording.ts';

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
