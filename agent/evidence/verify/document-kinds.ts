// The kinds of signed documents of a vault (SPEC 4), each once: its file, its bound, how it is parsed, and who may sign it.
import {
  DELETION_BYTES_MAX,
  DELETION_TRUSTED_COMMENT,
  type DeletionRecord,
  parseDeletionRecord,
} from '../../../protocol/documents/deletion-record.ts';
import {
  DOCKING_RECORD_TRUSTED_COMMENT,
  type DockingRecord,
  parseDockingRecord,
} from '../../../protocol/documents/docking-record.ts';
import {
  KEY_DOCUMENT_BYTES_MAX,
  KEY_REVOCATION_TRUSTED_COMMENT,
  type KeyChange,
  type KeyRevocation,
  parseKeyChange,
  parseKeyRevocation,
} from '../../../protocol/documents/key-documents.ts';
import {
  type Manifest,
  MANIFEST_TRUSTED_COMMENT,
  parseManifest,
} from '../../../protocol/documents/manifest.ts';
import { type Order, ORDER_BYTES_MAX, parseOrder } from '../../../protocol/documents/order.ts';
import {
  parseReceipt,
  type Receipt,
  RECEIPT_BYTES_MAX,
  RECEIPT_TRUSTED_COMMENT,
} from '../../../protocol/documents/receipt.ts';
import {
  parseRestored,
  type Restored,
  RESTORED_BYTES_MAX,
  RESTORED_TRUSTED_COMMENT,
} from '../../../protocol/documents/restored.ts';
import { DELETION, DOCKING, MANIFEST, ORDER, RECEIPT } from '../../../protocol/format/file-names.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { BareKind, DocumentKind } from './signed-document.ts';
import { stationKeys, storeKeys } from './trusted-keys.ts';

export const MANIFEST_KIND: DocumentKind<Manifest> = {
  name: 'manifest',
  file: MANIFEST,
  bytesMax: MANIFEST_BYTES_MAX,
  trustedComment: MANIFEST_TRUSTED_COMMENT,
  parse: parseManifest,
  signers: (keys, manifest) => stationKeys(keys, manifest?.station),
};

export const DOCKING_KIND: DocumentKind<DockingRecord> = {
  name: 'docking',
  file: DOCKING,
  bytesMax: MANIFEST_BYTES_MAX,
  trustedComment: DOCKING_RECORD_TRUSTED_COMMENT,
  parse: parseDockingRecord,
  signers: (keys, record) => stationKeys(keys, record?.station),
};

export const RECEIPT_KIND: DocumentKind<Receipt> = {
  name: 'receipt',
  file: RECEIPT,
  bytesMax: RECEIPT_BYTES_MAX,
  trustedComment: RECEIPT_TRUSTED_COMMENT,
  parse: parseReceipt,
  signers: storeKeys,
};

export const DELETION_KIND: DocumentKind<DeletionRecord> = {
  name: 'deletion',
  file: DELETION,
  bytesMax: DELETION_BYTES_MAX,
  trustedComment: DELETION_TRUSTED_COMMENT,
  parse: parseDeletionRecord,
  signers: storeKeys,
};

/** Its signatures are by roles: order-check.ts. */
export const ORDER_KIND: BareKind<Order> = {
  name: 'order',
  file: ORDER,
  bytesMax: ORDER_BYTES_MAX,
  parse: parseOrder,
};

export function restoredKind(file: string): DocumentKind<Restored> {
  return {
    name: 'restored',
    file,
    bytesMax: RESTORED_BYTES_MAX,
    trustedComment: RESTORED_TRUSTED_COMMENT,
    parse: parseRestored,
    signers: storeKeys,
  };
}

/** Both keys sign it: known-keys.ts. */
export function keyChangeKind(file: string): BareKind<KeyChange> {
  return { name: 'key-change', file, bytesMax: KEY_DOCUMENT_BYTES_MAX, parse: parseKeyChange };
}

export function keyRevocationKind(file: string): DocumentKind<KeyRevocation> {
  return {
    name: 'key-revocation',
    file,
    bytesMax: KEY_DOCUMENT_BYTES_MAX,
    trustedComment: KEY_REVOCATION_TRUSTED_COMMENT,
    parse: parseKeyRevocation,
    signers: storeKeys,
  };
}
