// The port to where sealed recordings are kept for good. A recording is either whole and in place, or unfinished work, or absent.
//
// Promises of every adapter:
// 1. `complete` resolves only when all of the recording's folder is durable and in place; a power cut at any moment leaves it whole
//    in place or as unfinished work, never half in place.
// 2. One receiver works on a vault at a time, and no recording is worked on twice at a time. Epochs only grow.
// 3. Nothing is removed because it is odd: it is set aside and named.
import type { ItemKind } from '../../../protocol/documents/item-documents.ts';
import type { RecordingId, SessionId, StationId } from '../../../protocol/format/ids.ts';
import type { UnitPlaces } from './unit-store.ts';
import type { VaultCount } from './vault-count.ts';

/** A recording is named by its station and its id: folders of two stations never meet. */
export interface RecordingName {
  readonly station: StationId;
  readonly recording: RecordingId;
}

/** The bytes of a document and the text of its minisign file. */
export interface SignedDocument {
  readonly bytes: Uint8Array;
  readonly signature: string;
}

/** A recording that is in place. */
export interface StoredRecording {
  readonly manifest: SignedDocument;
  /** Only where both files of it are there. */
  readonly receipt: SignedDocument | undefined;
  /** Length of `payload.age`; undefined where there is none. */
  readonly payloadBytes: number | undefined;
  /** Payload and digest list went by a deletion record. */
  readonly deleted: boolean;
  readonly places: UnitPlaces;
}

/** A docking record, or another document without payload, that is in place. */
export interface StoredDocking {
  readonly record: SignedDocument;
  /** Only where both files of it are there. */
  readonly receipt: SignedDocument | undefined;
}

/** A recording that is being received. Errors of all: the system's. */
export interface VaultWork {
  /** Where its units go. Changes with newDigests and keepDigests. */
  readonly places: UnitPlaces;
  /** A digest list lies there from an earlier attempt; it must be checked before use. */
  readonly digestsFound: boolean;
  /**
   * Length of the payload of an earlier attempt. What is found of it counts once it was written again: a sync that failed may have been
   * reported to a process that is gone, and its pages pass for written.
   */
  readonly payloadBytes: number;
  /** Sets a digest list that is not the right one aside and begins a new one. */
  newDigests(): Promise<void>;
  /** The list was checked: it becomes the recording's. */
  keepDigests(): Promise<void>;
  /** What was written to the payload so far is durable, and found again after a power cut. */
  sync(): Promise<void>;
  /** All units were written: makes everything durable and puts the recording in place. */
  complete(): Promise<void>;
  /** Ends the work and keeps what is there for the next attempt. Never rejects, idempotent. */
  release(): Promise<void>;
  /** Ends the work after a failed write, sync or close: payload and digest list are dropped, since nobody knows what of them is on the medium. Never rejects. */
  abandon(): Promise<void>;
}

/** What is kept of something that was refused. */
export interface VaultNote {
  /** Null for one that the receiver's file does not name: there may be any number of them. */
  readonly station: StationId | null;
  /** A key of that station signed it; else anybody whom the broker lets through may have sent it. */
  readonly isSigned: boolean;
  readonly facts: Readonly<Record<string, string | number | null>>;
  readonly bytes?: Uint8Array | undefined;
}

/** The vault. Errors of all: the system's. */
export interface Vault {
  /** 128 random bits, drawn when the vault was made. */
  readonly id: SessionId;
  /** Fencing number of this run of the receiver: higher than that of each run before it on this vault. */
  readonly epoch: number;
  /** What is in place under that name; "damaged" where its documents cannot be read. */
  find(name: RecordingName): Promise<StoredRecording | 'damaged' | undefined>;
  /**
   * Another station under which the id lies, or is on its way, of what this one does not have yet: ids are random, and never given twice
   * (SPEC 6.8.18). What somebody else puts into the vault meanwhile may not be found. Errors: the system's.
   */
  otherHolder(name: RecordingName): Promise<StationId | undefined>;
  /** Removes what a cut left of something in place among the unfinished ones. Errors: the system's. */
  tidy(name: RecordingName): Promise<void>;
  /**
   * Opens the work on a recording, once at a time. `isGenuine` tells whether another manifest that lies there is signed by the station.
   * Errors: "vault.recording-conflict" where it is: one id must not name two recordings.
   */
  open(
    name: RecordingName,
    offer: SignedDocument,
    options: { sealedSizeBytes: number; isGenuine: (document: SignedDocument) => boolean },
  ): Promise<VaultWork>;
  /** What lies under the id as a docking record; "damaged" where something else does, a recording too. */
  findDocking(name: RecordingName): Promise<StoredDocking | 'damaged' | undefined>;
  /**
   * Puts a docking record, or a document of another `kind` without payload, and its receipt in place, durable in all. False where something lies
   * there already; nothing is changed then.
   */
  placeDocking(
    name: RecordingName & { readonly kind?: ItemKind },
    record: SignedDocument,
    receipt: SignedDocument,
  ): Promise<boolean>;
  /** Makes everything of a docking record in place durable once more, before its receipt is given again. */
  secureDocking(name: RecordingName): Promise<void>;
  /** Makes the receipt of what is in place durable. */
  storeReceipt(name: RecordingName, receipt: SignedDocument): Promise<void>;
  /** Makes the names of a stored receipt durable once more, before it is given again: the sync may have failed when it was stored. */
  secureReceipt(name: RecordingName): Promise<void>;
  /** Makes everything of a recording in place durable once more, before a receipt is made for it at a later time. */
  secure(name: RecordingName): Promise<void>;
  /** Moves a recording in place that is not whole to the quarantine. */
  setAside(name: RecordingName, reason: string): Promise<void>;
  /** Moves what was received of a recording that is not in place to the quarantine; nothing where nothing is there. */
  setAsideWork(name: RecordingName, reason: string): Promise<void>;
  /** Keeps a note about something refused, and its bytes where given, durably; a bounded number of them. Errors: the system's. */
  note(note: VaultNote): Promise<void>;
  /** The folder of a station's custody log, made durable where it is not there. Errors: the system's. */
  custodyFolder(station: StationId): Promise<string>;
  /** Whether the vault that was opened is still there: not another disk, not the folder below a mount point. */
  isPresent(): Promise<boolean>;
  /** Bytes that can still be written. */
  freeBytes(): Promise<number>;
  /** Whether the recording is begun already, or its station has not too many unfinished ones. */
  mayBegin(name: RecordingName): Promise<boolean>;
  /** Counts all of it. Errors: the system's; the signal's reason. */
  count(signal: AbortSignal): Promise<VaultCount>;
  /** Payload bytes of an unfinished recording that are on disk already; holes between them count as well. */
  unfinishedBytes(name: RecordingName): Promise<number>;
  /** Notes that this run has ended. Never rejects. */
  close(): Promise<void>;
}
