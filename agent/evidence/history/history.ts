// What `bodydock custody` finds out about one recording or docking: the document that --json prints, and that text and page are made from.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import type { DeletionRecord } from '../../../protocol/documents/deletion-record.ts';
import type { DockingRecord } from '../../../protocol/documents/docking-record.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import type { Disclosure, Order } from '../../../protocol/documents/order.ts';
import type { Receipt } from '../../../protocol/documents/receipt.ts';
import type { Remark } from '../verify/remark.ts';

/**
 * How much a statement is worth. "confirmed": in a signed log, and the store signed a later head of the same unbroken chain.
 * "signed": signed by a trusted key. "claimed": neither; somebody could have written it afterwards.
 */
export type Proof = 'confirmed' | 'signed' | 'claimed';

/** Whose life is told. */
export interface Subject {
  readonly kind: 'recording' | 'docking';
  /** Id of the recording, or of the docking. */
  readonly id: string;
  /** Undefined in a spool whose log cannot be read. */
  readonly station: string | undefined;
}

/** One entry of a log that concerns the subject. */
export interface Step {
  readonly at: string;
  /** Station or receiver whose log it is. */
  readonly keeper: string;
  readonly event: CustodyEntry['event'];
  readonly facts: CustodyEntry['facts'];
  readonly segment: string;
  readonly sequence: number;
  readonly proof: Proof;
  /** Hex id of the key whose signature vouches for it. */
  readonly key_id: string | null;
  /** The store's document that names a later head. */
  readonly confirmed_by: string | null;
  /** Why it is only claimed. */
  readonly doubt: 'no-signature' | 'revoked-key' | null;
}

/** A log that was read, whole. */
export interface HistoryLog {
  readonly keeper: string;
  readonly kind: 'station' | 'store';
  readonly segments: number;
  readonly entries: number;
  /** Times of its first and last entry; null where it holds none. */
  readonly from_at: string | null;
  readonly to_at: string | null;
  /** It begins with the first segment ever. */
  readonly from_the_start: boolean;
  /** Entries about the subject that are counted and not listed. */
  readonly more_steps: number;
  readonly more_between: number;
}

/** The documents that tell of a subject, by their kinds. */
export interface DocumentShapes {
  readonly manifest: Manifest;
  readonly receipt: Receipt;
  readonly 'deletion-record': DeletionRecord;
  readonly 'docking-record': DockingRecord;
  readonly order: Order;
  readonly disclosure: Disclosure;
}

/** A document of one kind that says something about the subject. */
export interface DocumentOf<Kind extends keyof DocumentShapes> {
  readonly kind: Kind;
  /** Folder below the place, or file. */
  readonly where: string;
  readonly sha256: string | null;
  /** Hex ids of the keys whose signatures hold and count; empty: only claimed. */
  readonly signed_by: readonly string[];
  /** As it was signed; of a docking record in the life of one recording only that recording's entries. */
  readonly document: DocumentShapes[Kind];
}
export type HistoryDocument = { [Kind in keyof DocumentShapes]: DocumentOf<Kind> }[keyof DocumentShapes];

/** A recording that was made or met in the same docking. */
export interface Companion {
  readonly recording: string;
  readonly path_sha256: string;
  readonly relation: 'sidecar' | 'media' | 'of-docking';
  readonly event: 'pulled' | 'matched';
  readonly size_bytes: number | null;
  readonly sha256: string | null;
}

/** A key that signed something here. */
export interface HistoryKey {
  readonly key_id: string;
  readonly holder: 'station' | 'store' | 'officer' | 'supervisor';
  /** Where it came from: a file of the trusted keys, or a change of keys in the place. */
  readonly from: string;
  readonly revoked_at: string | null;
}

export interface History {
  readonly type: 'custody-history';
  readonly version: 1;
  readonly made_at: string;
  readonly program: string;
  readonly place: { readonly kind: 'vault' | 'spool'; readonly path: string };
  /** Where the trusted keys came from. */
  readonly keys_from: string;
  readonly subject: Subject;
  /** No finding contradicts this history. */
  readonly good: boolean;
  /** In the order of the logs: each station's or store's own order, the logs joined by time. */
  readonly steps: readonly Step[];
  /** What else happened at the keepers in that time and matters: clocks, keys, configuration, starts, breaks. */
  readonly between: readonly Step[];
  readonly documents: readonly HistoryDocument[];
  readonly companions: readonly Companion[];
  readonly more_companions: number;
  /** Units of the sealed file that lie here and fit their digests; null where it is not here. */
  readonly sealed_units_good: number | null;
  readonly logs: readonly HistoryLog[];
  readonly keys: readonly HistoryKey[];
  readonly findings: readonly Remark[];
  readonly notes: readonly Remark[];
}
