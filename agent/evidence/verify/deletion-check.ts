// Checks the deletion record in a recording's folder (SPEC 4.7): its signature, what it says of the documents beside it, and when the
// recording was due. Whether orders, holds and the store's log agree needs more than one folder: deletion-judge.ts.
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  DELETION_BYTES_MAX,
  DELETION_TRUSTED_COMMENT,
  parseDeletionRecord,
  type DeletionRecord,
} from '../../../protocol/documents/deletion-record.ts';
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import type { Receipt } from '../../../protocol/documents/receipt.ts';
import { notBefore, retentionOf } from '../../../protocol/documents/retention.ts';
import { DELETION, SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import type { ReadFiles } from './read-files.ts';
import { below, finding, type Remark } from './remark.ts';
import { checkDocument, type CheckedDocument } from './signed-document.ts';
import { storeKeys, type TrustedKeys } from './trusted-keys.ts';

/** A folder in which a deletion record may lie. */
export interface DeletionQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  readonly where: string;
  readonly keys: TrustedKeys;
  readonly vault: string | undefined;
}

/** The documents that it must fit. */
export interface BesideDeletion {
  readonly manifest: CheckedDocument<Manifest>;
  readonly receipt: CheckedDocument<Receipt>;
}

const NONE: CheckedDocument<DeletionRecord> = {
  bytes: undefined,
  value: undefined,
  keyId: undefined,
  remarks: [],
};

/** Checks the deletion record of a folder, where there is one. Errors: only those of the machine. */
export async function checkDeletion(
  question: DeletionQuestion,
  names: readonly string[],
  beside: BesideDeletion,
): Promise<CheckedDocument<DeletionRecord>> {
  if (![DELETION, DELETION + SIGNATURE_SUFFIX].some((name) => names.includes(name))) return NONE;
  const { files, folder, where, keys, vault } = question;
  const checked = await checkDocument(files, folder, where, {
    name: 'deletion',
    file: DELETION,
    bytesMax: DELETION_BYTES_MAX,
    trustedComment: DELETION_TRUSTED_COMMENT,
    parse: parseDeletionRecord,
    keys: () => storeKeys(keys),
  });
  if (checked.value === undefined) return checked;
  const place = below(where, DELETION);
  const fields = differing(place, checked.value, beside, vault);
  return {
    ...checked,
    remarks: [...checked.remarks, ...fields, ...dueRemarks(place, checked.value, beside)],
  };
}

function differing(
  place: string,
  record: DeletionRecord,
  { manifest, receipt }: BesideDeletion,
  vault: string | undefined,
): Remark[] {
  const fields: readonly (readonly [string, string | number | undefined, string | number])[] = [
    ['recording', manifest.value?.recording, record.recording],
    ['station', manifest.value?.station, record.station],
    ['manifest_sha256', manifest.bytes && sha256Hex(manifest.bytes), record.manifest_sha256],
    ['receipt_sha256', receipt.bytes && sha256Hex(receipt.bytes), record.receipt_sha256],
    ['sealed_size_bytes', manifest.value?.sealed.size_bytes, record.sealed_size_bytes],
    ['vault', vault ?? receipt.value?.vault, record.vault],
  ];
  return fields
    .filter(([, expected, found]) => expected !== undefined && expected !== found)
    .map(([field, expected = '', found]) => {
      const message = `deletion record: ${field}: expected ${expected}, found ${found}`;
      return finding('deletion.differs', place, message, { field, expected, found });
    });
}

/** The due time follows from manifest and receipt; an order may come before it, expiry may not. */
function dueRemarks(place: string, record: DeletionRecord, { manifest, receipt }: BesideDeletion): Remark[] {
  if (manifest.value === undefined || receipt.value === undefined) return [];
  const { days, basis, from_at, due_at } = record.retention;
  const due = retentionOf(manifest.value, receipt.value.received_at, days);
  const remarks: Remark[] = [];
  if (basis !== due.basis || from_at !== due.from_at || due_at !== due.due_at) {
    const message = `deletion record: ${days} days by ${basis} from ${from_at} to ${due_at}; manifest and receipt make it ${due.basis} from ${due.from_at} to ${due.due_at}`;
    remarks.push(finding('deletion.wrong-due', place, message, { expected: due.due_at, found: due_at }));
  }
  const { sealed_at: sealedAt } = manifest.value;
  const laterMs = notBefore(due, receipt.value.received_at, sealedAt, Date.parse(record.deleted_at));
  const dueAt = new Date(Math.max(Date.parse(due.due_at), laterMs)).toISOString();
  if (record.reason === 'expired' && record.deleted_at < dueAt) {
    const message = `deletion record: deleted at ${record.deleted_at}, due at ${dueAt}`;
    remarks.push(
      finding('deletion.too-early', place, message, { deleted_at: record.deleted_at, due_at: dueAt }),
    );
  }
  return remarks;
}
