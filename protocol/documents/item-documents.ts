// Documents of signed items: what a station makes, pushes and gets a receipt for (SPEC 4.2, 6.1). What differs between their types, once, for both ends:
// another type is another row of ITEM_DOCUMENTS, at the station and at the receiver.
import { DockError } from '../format/errors.ts';
import { DOCKING, MANIFEST, RECEIPT, REPORT, signed, TEXT } from '../format/file-names.ts';
import { parseRecordingId, type RecordingId, type StationId } from '../format/ids.ts';
import { DOCKING_RECORD_TRUSTED_COMMENT, parseDockingRecord } from './docking-record.ts';
import { MANIFEST_TRUSTED_COMMENT, parseManifest } from './manifest.ts';
import { underOf } from './retention.ts';
import { parseStaffReport, parseStaffText, staffTrustedComment } from './staff-report.ts';

/** `chunks_sha256` of the receipt of a document without payload: the SHA-256 of nothing. */
export const NO_CHUNKS_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** `kind` of offers and receipts: a key of ITEM_DOCUMENTS. */
export type ItemKind = string;

/** What a document says of itself, as an offer and a receipt must name it. */
export interface ItemContent {
  readonly station: StationId;
  /** Its id: that of the recording, or of the document itself. */
  readonly recording: RecordingId;
  /** 0 where it has no payload. */
  readonly sealedSizeBytes: number;
  readonly chunksSha256: string;
  /** Digest of the policy that it names; undefined: none. */
  readonly policySha256: string | undefined;
}

/** One type. */
export interface ItemDocument {
  /** Its file; the signature is beside it. */
  readonly name: string;
  readonly trustedComment: string;
  /** Sealed bytes and their digests belong to it. */
  readonly hasPayload: boolean;
  /** Errors: those of parsing it. */
  content(bytes: Uint8Array): ItemContent;
}

/** What is the same for all documents without payload, from what they say of themselves. */
export function withoutPayload({ station, record }: { station: StationId; record: string }): ItemContent {
  return {
    station,
    recording: parseRecordingId(record),
    sealedSizeBytes: 0,
    chunksSha256: NO_CHUNKS_SHA256,
    policySha256: undefined,
  };
}

/** All types, by kind. */
export const ITEM_DOCUMENTS: Map<ItemKind, ItemDocument> = new Map([
  [
    'recording',
    {
      name: MANIFEST,
      trustedComment: MANIFEST_TRUSTED_COMMENT,
      hasPayload: true,
      content: (bytes) => {
        const { station, recording, sealed, policy_sha256: policySha256 } = parseManifest(bytes);
        const { size_bytes: sealedSizeBytes, chunks_sha256: chunksSha256 } = sealed;
        return { station, recording, sealedSizeBytes, chunksSha256, policySha256 };
      },
    },
  ],
  [
    'docking',
    {
      name: DOCKING,
      trustedComment: DOCKING_RECORD_TRUSTED_COMMENT,
      hasPayload: false,
      content: (bytes) => {
        const record = parseDockingRecord(bytes);
        return { ...withoutPayload(record), policySha256: underOf(record).policySha256 };
      },
    },
  ],
  [
    'staff-report',
    {
      name: REPORT,
      trustedComment: staffTrustedComment('staff-report'),
      hasPayload: false,
      content: (bytes) => withoutPayload(parseStaffReport(bytes)),
    },
  ],
  [
    'staff-text',
    {
      name: TEXT,
      trustedComment: staffTrustedComment('staff-text'),
      hasPayload: false,
      content: (bytes) => withoutPayload(parseStaffText(bytes)),
    },
  ],
]);

/** Errors: "document.unknown-kind". */
export function itemDocument(kind: ItemKind): ItemDocument {
  const found = ITEM_DOCUMENTS.get(kind);
  if (found !== undefined) return found;
  throw new DockError('document.unknown-kind', `no document is called ${kind}`, { retry: 'never' });
}

/** Types without payload: each is one document, and comes whole in its offer. */
export function payloadlessKinds(): ItemKind[] {
  return [...ITEM_DOCUMENTS].flatMap(([kind, { hasPayload }]) => (hasPayload ? [] : [kind]));
}

/** The type without payload whose document is among the names in a folder. */
export function payloadlessKindIn(names: ReadonlySet<string>): ItemKind | undefined {
  return payloadlessKinds().find((kind) => names.has(itemDocument(kind).name));
}

/** All names that the folder of such a document may have. */
export function documentNames(kind: ItemKind): ReadonlySet<string> {
  return new Set(signed(itemDocument(kind).name, RECEIPT));
}
