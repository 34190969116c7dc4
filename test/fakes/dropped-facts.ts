// What an entry `documents-dropped` says of a recording whose documents go in order.
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { encodeReceipt } from '../../protocol/documents/receipt.ts';
import type { BuiltRecording } from './vault-builder.ts';

/** Facts of the entry; the deletion record is not named. */
export interface DroppedFacts {
  readonly station: string;
  readonly recording: string;
  readonly manifest_sha256: string;
  readonly receipt_sha256: string;
  readonly received_at: string;
  readonly deletion_sha256: null;
  readonly deleted_at: null;
}

/** Undefined for a recording without a receipt: the store lets none of these go. */
export function droppedFacts({
  id,
  manifest,
  manifestBytes,
  receipt,
}: Pick<BuiltRecording, 'id' | 'manifest' | 'manifestBytes' | 'receipt'>): DroppedFacts | undefined {
  if (receipt === undefined) return undefined;
  return {
    station: manifest.station,
    recording: id,
    manifest_sha256: sha256Hex(manifestBytes),
    receipt_sha256: sha256Hex(encodeReceipt(receipt)),
    received_at: receipt.received_at,
    deletion_sha256: null,
    deleted_at: null,
  };
}
