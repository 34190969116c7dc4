// What a kit is put together from: places in a vault, with what their documents claim. Whether the claims hold is `verify`'s to say.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import type { DeletionRecord } from '../../../protocol/documents/deletion-record.ts';
import type { DockingRecord } from '../../../protocol/documents/docking-record.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import type { Order } from '../../../protocol/documents/order.ts';
import type { Receipt } from '../../../protocol/documents/receipt.ts';
import type { Witness } from '../../../protocol/custody/witness.ts';

/** One file that goes into the kit. Paths below the kit have `/` between their parts. */
export interface KitFile {
  readonly from: string;
  readonly to: string;
}

/** A recording, asked for or a sidecar of one. Documents are undefined where they cannot be read. */
export interface KitRecording {
  readonly station: string;
  readonly recording: string;
  /** Absolute; in the vault. */
  readonly folder: string;
  /** Names in the folder. */
  readonly names: readonly string[];
  readonly manifest: Manifest | undefined;
  readonly receipt: Receipt | undefined;
  readonly deletion: DeletionRecord | undefined;
}

/** One part of a docking record. */
export interface KitDocking {
  readonly record: string;
  readonly folder: string;
  readonly names: readonly string[];
  readonly document: DockingRecord;
  readonly receipt: Receipt | undefined;
}

/** A docking that was asked for. */
export interface AskedDocking {
  readonly station: string;
  readonly docking: string;
}

/** An entry of a log that concerns the recordings, with where it stands. */
export interface KitEntry {
  readonly keeper: string;
  readonly segment: string;
  readonly entry: CustodyEntry;
}

/** A signed head, as the two texts that minisign checks. */
export interface KitHead {
  readonly sequence: number;
  readonly document: string;
  readonly signature: string;
}

/** A segment of a custody log that holds entries of the recordings. */
export interface KitSegment {
  /** Station, or receiver for the store's own log. */
  readonly keeper: string;
  readonly segment: string;
  /** Absolute; in the vault. */
  readonly path: string;
  /** Whether a signature over the whole segment lies beside it. */
  readonly signed: boolean;
  readonly entries: number;
  /** The last one in the segment; undefined where none can be read. */
  readonly head: KitHead | undefined;
}

/** An order about one of the recordings, with the roles whose signatures lie beside it. */
export interface KitOrder {
  readonly order: Order;
  readonly folder: string;
  readonly names: readonly string[];
}

/** The witness of the day on which a recording was receipted. */
export interface KitWitness {
  readonly path: string;
  readonly witness: Witness;
}

/** All of a kit but its own texts. */
export interface KitParts {
  /** Recordings that were asked for, in that order. */
  readonly asked: readonly KitRecording[];
  /** Dockings that were asked for themselves, by one of their records. */
  readonly askedDockings: readonly AskedDocking[];
  readonly sidecars: readonly KitRecording[];
  readonly dockings: readonly KitDocking[];
  readonly segments: readonly KitSegment[];
  /** Entries about the recordings, by their keepers and in the order of their logs; a bounded number. */
  readonly entries: readonly KitEntry[];
  readonly orders: readonly KitOrder[];
  readonly witnesses: readonly KitWitness[];
  /** Key changes and revocations of stations and receivers, with their signatures. */
  readonly keyDocuments: readonly KitFile[];
}
