// How old the documents of one folder are, by the store's own clock: those of a deleted recording from its deletion on, others from their receipt
// on, but not from before the station's own time (SPEC 10.3). Reads and verifies; changes nothing.
import { join } from 'node:path';
import type { DroppedDocuments } from '../../../protocol/custody/custody-facts.ts';
import { type DockingRecord, parseDockingRecord } from '../../../protocol/documents/docking-record.ts';
import {
  documentNames,
  itemDocument,
  type ItemKind,
  payloadlessKindIn,
} from '../../../protocol/documents/item-documents.ts';
import { verifyDocument } from '../../../protocol/documents/minisign.ts';
import {
  parseReceipt,
  RECEIPT_BYTES_MAX,
  RECEIPT_TRUSTED_COMMENT,
} from '../../../protocol/documents/receipt.ts';
import { type SignedUnder, underOf } from '../../../protocol/documents/retention.ts';
import { parseStaffReport } from '../../../protocol/documents/staff-report.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { listIfThere } from '../../../protocol/format/durable.ts';
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { readDocument } from '../vault/vault-dockings.ts';
import { MANIFEST, RECEIPT, RECORDING_NAMES } from '../vault/vault-layout.ts';
import type { RecordingName } from '../vault/vault.ts';
import type { RetentionDeps } from './deps.ts';
import { familyKey, subjectOf } from './order-book.ts';
import { type FactsKeys, readRecording } from './recording-facts.ts';

const DAY_MS = 86_400_000;

/** A document that names no policy and has no time. */
const NOT_UNDER: SignedUnder = { policySha256: undefined, signedAt: undefined };

/** Documents whose end can be computed. */
export interface AgedDocuments extends RecordingName {
  /** As its receipt calls it. */
  readonly kind: ItemKind;
  /** Since when they are no longer needed for what they are about, ms since 1970. */
  readonly sinceMs: number;
  readonly receivedMs: number;
  /** What the store's log says of them before they go. */
  readonly named: DroppedDocuments;
  /** Recordings that a docking record names. */
  readonly recordings: readonly string[];
  readonly under: SignedUnder;
  readonly family: string | undefined;
}

/**
 * `stays`: whatever its age, because it is not deleted, does not hold, or has something beside it that is not its own; `receivedMs` is then by
 * its receipt, as far as that can be read. `family` is of a recording with its sidecars.
 */
export type DocumentAge =
  | ({ readonly age: 'counts' } & AgedDocuments)
  | { readonly age: 'stays'; readonly receivedMs: number | undefined; readonly family?: string };

/** Looks at one folder. Errors: the system's. */
export async function documentAge(
  deps: Pick<RetentionDeps, 'files' | 'layout'>,
  name: RecordingName,
  keys: FactsKeys,
): Promise<DocumentAge> {
  const names = await listIfThere(deps.files, deps.layout.recording(name));
  const kind = names.includes(MANIFEST) ? undefined : payloadlessKindIn(new Set(names));
  return kind === undefined
    ? ofRecording(deps, name, keys, names)
    : ofDocument(deps, name, kind, keys, names);
}

async function ofRecording(
  deps: Pick<RetentionDeps, 'files' | 'layout'>,
  name: RecordingName,
  keys: FactsKeys,
  names: readonly string[],
): Promise<DocumentAge> {
  const facts = await readRecording(deps, name, keys);
  if (facts.kind !== 'deleted' && facts.kind !== 'kept') return { age: 'stays', receivedMs: undefined };
  const receivedMs = Date.parse(facts.receipt.received_at);
  const whole = names.every((each) => RECORDING_NAMES.has(each));
  const family = familyKey(subjectOf(facts.manifest, facts.receipt.received_at));
  if (facts.kind === 'kept' || facts.unfinished !== 'no' || !whole)
    return { age: 'stays', receivedMs, family };
  return {
    age: 'counts',
    ...name,
    kind: 'recording',
    sinceMs: Math.max(Date.parse(facts.record.deleted_at), receivedMs),
    receivedMs,
    named: {
      station: name.station,
      recording: name.recording,
      manifest_sha256: facts.manifestSha256,
      receipt_sha256: facts.receiptSha256,
      received_at: facts.receipt.received_at,
      deletion_sha256: facts.recordSha256,
      deleted_at: facts.record.deleted_at,
    },
    recordings: [],
    under: underOf(facts.manifest),
    family,
  };
}

async function ofDocument(
  { files, layout }: Pick<RetentionDeps, 'files' | 'layout'>,
  name: RecordingName,
  kind: ItemKind,
  keys: FactsKeys,
  names: readonly string[],
): Promise<DocumentAge> {
  const folder = layout.recording(name);
  const document = await readDocument(files, join(folder, itemDocument(kind).name), MANIFEST_BYTES_MAX);
  const receipt = await readDocument(files, join(folder, RECEIPT), RECEIPT_BYTES_MAX);
  if (document === undefined || receipt === undefined) return { age: 'stays', receivedMs: undefined };
  try {
    const { record, ofMs } = readSigned(kind, document.bytes, document.signature, keys);
    verifyDocument(receipt.bytes, receipt.signature, RECEIPT_TRUSTED_COMMENT, keys.store);
    const given = parseReceipt(receipt.bytes);
    const sha256 = sha256Hex(document.bytes);
    const fits =
      given.kind === kind &&
      given.recording === name.recording &&
      given.station === name.station &&
      given.manifest_sha256 === sha256;
    const receivedMs = Date.parse(given.received_at);
    if (!fits || !names.every((each) => documentNames(kind).has(each))) return { age: 'stays', receivedMs };
    const entries = record?.entries ?? [];
    const recordings = entries.flatMap(({ recording }) => (recording === null ? [] : [recording]));
    return {
      age: 'counts',
      ...name,
      kind,
      sinceMs: Math.max(receivedMs, ofMs),
      receivedMs,
      named: {
        station: name.station,
        recording: name.recording,
        manifest_sha256: sha256,
        receipt_sha256: sha256Hex(receipt.bytes),
        received_at: given.received_at,
        deletion_sha256: null,
        deleted_at: null,
      },
      recordings,
      under: record === undefined ? NOT_UNDER : underOf(record),
      family: undefined,
    };
  } catch (error) {
    if (error instanceof DockError) return { age: 'stays', receivedMs: undefined };
    throw error;
  }
}

/**
 * A docking record, and of what time a document is by its station (ms since 1970): the store's clock may have been slow when it came. A key that is
 * gone from the file since is no fault: the receipt says that it verified when the document came.
 */
function readSigned(
  kind: ItemKind,
  bytes: Uint8Array,
  signature: string,
  keys: FactsKeys,
): { readonly record?: DockingRecord; readonly ofMs: number } {
  try {
    verifyDocument(bytes, signature, itemDocument(kind).trustedComment, keys.station);
  } catch (error) {
    if (!isDockError(error, 'signature.unknown-key')) throw error;
  }
  if (kind === 'docking') {
    const record = parseDockingRecord(bytes);
    return { record, ofMs: Date.parse(record.docked_at) };
  }
  // A day of the station lasts until the end of the next one in UTC.
  if (kind === 'staff-report') return { ofMs: Date.parse(parseStaffReport(bytes).day) + 2 * DAY_MS };
  itemDocument(kind).content(bytes);
  return { ofMs: Number.NEGATIVE_INFINITY };
}
