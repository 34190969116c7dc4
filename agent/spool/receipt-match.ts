// Whether a receipt is about a document of ours: compared field by field with what it must say. Pure; signatures are verified elsewhere.
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { parseDockingRecord } from '../../protocol/documents/docking-record.ts';
import type { Manifest } from '../../protocol/documents/manifest.ts';
import { NO_CHUNKS_SHA256, type Receipt } from '../../protocol/documents/receipt.ts';

/** Whose receipts count (SPEC 8.2). */
export interface CountedStore {
  /** Those that the technician's file lists. */
  readonly receivers: readonly string[];
  /** The one that is pinned; undefined until a first receipt counts. */
  readonly vault: string | undefined;
}

/** Why a verified receipt is not of the store that counts, in words, or undefined where it is. */
export function otherStore(
  { receiver, vault }: Pick<Receipt, 'receiver' | 'vault'>,
  store: CountedStore,
): string | undefined {
  if (!store.receivers.includes(receiver)) return `receiver ${receiver} is not listed under store.receivers`;
  if (store.vault === undefined || store.vault === vault) return undefined;
  return `vault ${vault} of receiver ${receiver} is not ${store.vault}, of which the receipts before were`;
}

/** What a receipt must say (SPEC 4.2). */
export type ReceiptMeant = Readonly<
  Pick<Receipt, 'kind' | 'manifest_sha256' | 'sealed_size_bytes' | 'chunks_sha256'> & {
    recording: string;
    station: string;
  }
>;

/** What the receipt of a recording must say, from its manifest and the manifest's bytes. */
export function meantByManifest(manifest: Manifest, bytes: Uint8Array): ReceiptMeant {
  return {
    kind: 'recording',
    recording: manifest.recording,
    station: manifest.station,
    manifest_sha256: sha256Hex(bytes),
    sealed_size_bytes: manifest.sealed.size_bytes,
    chunks_sha256: manifest.sealed.chunks_sha256,
  };
}

/** What the receipt of a docking record must say, from its bytes. Errors: those of parseDockingRecord. */
export function meantByDockingRecord(bytes: Uint8Array): ReceiptMeant {
  const { record, station } = parseDockingRecord(bytes);
  return {
    kind: 'docking',
    recording: record,
    station,
    manifest_sha256: sha256Hex(bytes),
    sealed_size_bytes: 0,
    chunks_sha256: NO_CHUNKS_SHA256,
  };
}

/** The first field in which a verified receipt is not about that document of this station, in words, or undefined. */
export function receiptMismatch(receipt: Receipt, meant: ReceiptMeant, station: string): string | undefined {
  const pairs: readonly [string, string | number, string | number][] = [
    ['kind', receipt.kind, meant.kind],
    ['station', receipt.station, station],
    ['station of the document', meant.station, station],
    ['recording', receipt.recording, meant.recording],
    ['manifest_sha256', receipt.manifest_sha256, meant.manifest_sha256],
    ['sealed_size_bytes', receipt.sealed_size_bytes, meant.sealed_size_bytes],
    ['chunks_sha256', receipt.chunks_sha256, meant.chunks_sha256],
  ];
  const wrong = pairs.find(([, theirs, own]) => theirs !== own);
  return wrong === undefined ? undefined : `${wrong[0]}: the receipt says ${wrong[1]}, ours is ${wrong[2]}`;
}
