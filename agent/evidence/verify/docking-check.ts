// Checks the folder of one part of a docking record (SPEC 4.6): names, document, signature, receipt, and what one part can say against
// itself. Parts, chains, entries and the custody log need more than one folder and are checked elsewhere.
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  DOCKING_RECORD_TRUSTED_COMMENT,
  parseDockingRecord,
  type DockingRecord,
} from '../../../protocol/documents/docking-record.ts';
import { parseRecordingId } from '../../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { NO_CHUNKS_SHA256, type Receipt } from '../../../protocol/documents/receipt.ts';
import { DOCKING, DOCKING_NAMES } from '../../../protocol/format/file-names.ts';
import { brokenDockingRules } from './docking-rules.ts';
import { oddNames } from './folder-names.ts';
import { listFolder, type ReadFiles } from './read-files.ts';
import { checkReceipt, type CheckedReceipt, type Receiptable } from './receipt-check.ts';
import { below, finding, type Remark } from './remark.ts';
import { revokedRemarks } from './revoked-key.ts';
import { checkDocument, type CheckedDocument } from './signed-document.ts';
import { stationKeys, type TrustedKeys } from './trusted-keys.ts';

/** One folder and what is expected of it. */
export interface DockingQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  /** The folder's name in remarks. */
  readonly where: string;
  /** Its last part, which must be the record's id. */
  readonly name: string;
  /** The station in whose folder it lies, and the vault's id, where known. */
  readonly station: string | undefined;
  readonly vault: string | undefined;
  readonly keys: TrustedKeys;
}

/** One part of a docking record, checked. `record` is a claim unless `keyId` is there. */
export interface CheckedDocking {
  readonly where: string;
  readonly name: string;
  readonly record: DockingRecord | undefined;
  readonly recordSha256: string | undefined;
  /** Key whose signature on it holds. */
  readonly keyId: string | undefined;
  /** Only where its signature holds. */
  readonly receipt: Receipt | undefined;
  /** Hex id of the key whose signature on it holds. */
  readonly receiptKeyId: string | undefined;
  readonly receiptSha256: string | undefined;
  readonly remarks: readonly Remark[];
}

/** What reads and verifies a docking record again: docking-entries.ts needs its entries a second time. */
export function dockingKind(keys: TrustedKeys): Parameters<typeof checkDocument<DockingRecord>>[3] {
  return {
    name: 'docking',
    file: DOCKING,
    bytesMax: MANIFEST_BYTES_MAX,
    trustedComment: DOCKING_RECORD_TRUSTED_COMMENT,
    parse: parseDockingRecord,
    keys: (record) => stationKeys(keys, record?.station),
  };
}

/** Checks a folder; undefined where there is none of that name. Errors: only those of the machine. */
export async function checkDocking(question: DockingQuestion): Promise<CheckedDocking | undefined> {
  const { files, folder, where, name, keys } = question;
  const names = await listFolder(files, folder, where);
  if (names === undefined) return undefined;
  if (!Array.isArray(names)) return { ...NOTHING, where, name, remarks: [names] };
  const document = await checkDocument(files, folder, where, dockingKind(keys));
  const own =
    document.bytes &&
    document.value &&
    receiptableDocking(document.value, sha256Hex(document.bytes), question.vault);
  const receipt = await checkReceipt({ ...question, names, expected: false, own });
  return {
    where,
    name,
    record: document.value,
    recordSha256: document.bytes && sha256Hex(document.bytes),
    keyId: document.keyId,
    receipt: receipt.keyId === undefined ? undefined : receipt.value,
    receiptKeyId: receipt.keyId,
    receiptSha256: receipt.bytes && sha256Hex(receipt.bytes),
    remarks: [
      ...oddNames(where, names, DOCKING_NAMES),
      ...document.remarks,
      ...(document.value === undefined ? [] : placeRemarks(question, document.value)),
      ...revokedRecord(question, document, receipt),
      ...receipt.remarks,
    ],
  };
}

const NOTHING = {
  record: undefined,
  recordSha256: undefined,
  keyId: undefined,
  receipt: undefined,
  receiptKeyId: undefined,
  receiptSha256: undefined,
};

/** What the receipt of a docking record should say. */
export function receiptableDocking(
  { record, station }: DockingRecord,
  recordSha256: string,
  vault: string | undefined,
): Receiptable {
  const nothing = { sealed_size_bytes: 0, chunks_sha256: NO_CHUNKS_SHA256 };
  const digest = { manifest_sha256: recordSha256 };
  return { kind: 'docking', recording: parseRecordingId(record), station, ...digest, ...nothing, vault };
}

function placeRemarks({ where, name, station }: DockingQuestion, record: DockingRecord): Remark[] {
  const place = below(where, DOCKING);
  const remarks = brokenDockingRules(record).map((rule) =>
    finding('docking.rule', place, `docking record: ${rule}`),
  );
  if (record.record !== name) {
    const message = `docking record: the folder is named ${name.slice(0, 64)}, the document names record ${record.record}`;
    remarks.push(finding('docking.other-record', place, message, { expected: name, found: record.record }));
  }
  if (station !== undefined && record.station !== station) {
    const message = `docking record: it lies in the folder of station ${station} and names station ${record.station}`;
    remarks.push(
      finding('docking.other-station', place, message, { expected: station, found: record.station }),
    );
  }
  return remarks;
}

function revokedRecord(
  { where, keys }: DockingQuestion,
  { keyId, value }: CheckedDocument<DockingRecord>,
  receipt: CheckedReceipt,
): Remark[] {
  if (keyId === undefined || value === undefined) return [];
  return revokedRemarks('docking', below(where, DOCKING), keys, { station: value.station, keyId, receipt });
}
