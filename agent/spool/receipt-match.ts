// Whether a receipt is about a document of ours: compared field by field with what it must say. Pure; signatures are verified elsewhere.
import { sha256Hex } from '../../protocol/format/bytes.ts';
import type { Receipt } from '../../protocol/documents/receipt.ts';
import { itemDocument, type ItemKind } from '../../protocol/documents/item-documents.ts';

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

/** What the receipt for a document of that kind must say, from its bytes. Errors: those of parsing it. */
export function receiptMeant(kind: ItemKind, bytes: Uint8Array): ReceiptMeant {
  const { recording, station, sealedSizeBytes, chunksSha256 } = itemDocument(kind).content(bytes);
  return {
    kind,
    recording,
    station,
    manifest_sha256: sha256Hex(bytes),
    sealed_size_bytes: sealedSizeBytes,
    chunks_sha256: chunksSha256,
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
