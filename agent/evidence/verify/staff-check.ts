// Checks the folder of a report or a text of the staff (SPEC 4.17): names, document, signature, receipt. Whether a text opens is not asked here: that
// takes an identity, and `bodydock report` finds it.
import { documentNames, itemDocument, NO_CHUNKS_SHA256 } from '../../../protocol/documents/item-documents.ts';
import {
  parseStaffReport,
  parseStaffText,
  type StaffDocument,
  type StaffKind,
} from '../../../protocol/documents/staff-report.ts';
import type { Receipt } from '../../../protocol/documents/receipt.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { DockingQuestion } from './docking-check.ts';
import type { HeldDocument } from './log-account.ts';
import { listFolder, oddNames } from './read-files.ts';
import { checkReceipt, receiptHead, type StationHead } from './receipt-check.ts';
import { below, finding, type Remark } from './remark.ts';
import { checkDocument, type DocumentKind } from './signed-document.ts';
import { revokedRemarks, stationKeys } from './trusted-keys.ts';

const DAY_MS = 86_400_000;
/** After the begin of its day in UTC: by then the day is over everywhere, and a station that runs has made it. */
const MADE_WITHIN_MS = 3 * DAY_MS;

/** One folder. `document` is a claim unless `keyId` is there. */
export interface CheckedStaff {
  readonly where: string;
  readonly name: string;
  readonly kind: StaffKind;
  readonly document: StaffDocument | undefined;
  readonly sha256: string | undefined;
  /** Key whose signature on it holds. */
  readonly keyId: string | undefined;
  /** Only where its signature holds. */
  readonly receipt: Receipt | undefined;
  readonly receiptKeyId: string | undefined;
  readonly receiptSha256: string | undefined;
  readonly remarks: readonly Remark[];
}

/** As the log could contradict it. */
export interface StaffFacts extends HeldDocument {
  readonly kind: 'document';
  readonly receivedAt: string | undefined;
  readonly head: StationHead | undefined;
}

function documentKind(kind: StaffKind): DocumentKind<StaffDocument> {
  const { name: file, trustedComment } = itemDocument(kind);
  return {
    name: kind,
    file,
    bytesMax: MANIFEST_BYTES_MAX,
    trustedComment,
    parse: kind === 'staff-report' ? parseStaffReport : parseStaffText,
    signers: (keys, document) => stationKeys(keys, document?.station),
  };
}

/** Checks a folder; undefined where there is none of that name. Errors: only those of the machine. */
export async function checkStaff(
  question: DockingQuestion & { readonly document: StaffKind },
): Promise<CheckedStaff | undefined> {
  const { files, folder, where, name, keys, vault, document: kind } = question;
  const base = { where, name, kind };
  const names = await listFolder(files, folder, where);
  if (names === undefined) return undefined;
  if (!Array.isArray(names)) return { ...base, ...NOTHING, remarks: [names] };
  const checked = await checkDocument(files, folder, where, documentKind(kind), keys);
  const { bytes, value, keyId } = checked;
  const own =
    bytes === undefined || value === undefined
      ? undefined
      : { kind, ...itemDocument(kind).content(bytes), manifest_sha256: sha256Hex(bytes), ...EMPTY, vault };
  const receipt = await checkReceipt({ ...question, names, expected: false, own });
  const revoked =
    keyId === undefined || value === undefined
      ? []
      : revokedRemarks(kind, below(where, itemDocument(kind).name), keys, {
          station: value.station,
          keyId,
          receipt,
        });
  return {
    ...base,
    document: value,
    sha256: bytes && sha256Hex(bytes),
    keyId,
    receipt: receipt.keyId === undefined ? undefined : receipt.value,
    receiptKeyId: receipt.keyId,
    receiptSha256: receipt.bytes && sha256Hex(receipt.bytes),
    remarks: [
      ...oddNames(where, names, documentNames(kind)),
      ...checked.remarks,
      ...(value === undefined ? [] : placeRemarks(question, value)),
      ...revoked,
      ...receipt.remarks,
    ],
  };
}

const EMPTY = { sealed_size_bytes: 0, chunks_sha256: NO_CHUNKS_SHA256 };
const NOTHING = {
  document: undefined,
  sha256: undefined,
  keyId: undefined,
  receipt: undefined,
  receiptKeyId: undefined,
  receiptSha256: undefined,
};

function placeRemarks(
  { where, name, station }: DockingQuestion,
  { type, record, station: named }: StaffDocument,
): Remark[] {
  const place = below(where, itemDocument(type).name);
  const fields = [
    [`${type}.other-record`, 'record', name, record],
    [`${type}.other-station`, 'station', station ?? named, named],
  ] as const;
  return fields
    .filter(([, , expected, found]) => expected !== found)
    .map(([code, field, expected, found]) => {
      const message = `${type}: ${field}: expected ${expected.slice(0, 64)}, found ${found}`;
      return finding(code, place, message, { expected, found });
    });
}

/** Facts of one that lies in the folder of that station, where known. */
export function staffFacts(checked: CheckedStaff, station: string | undefined): StaffFacts {
  const { name, where, kind, document, sha256, keyId, receipt, receiptSha256 } = checked;
  const beganMs = document && Date.parse(`${document.day}T00:00:00.000Z`);
  const owner = station ?? document?.station;
  const isMade = beganMs !== undefined && keyId !== undefined;
  return {
    kind: 'document',
    documentKind: kind,
    name,
    where,
    station: owner,
    sha256,
    receiptSha256,
    receiptVault: receipt?.vault,
    made: isMade ? { keyId, at: new Date(beganMs).toISOString() } : undefined,
    doneAt: isMade ? new Date(beganMs + MADE_WITHIN_MS).toISOString() : undefined,
    receivedAt: receipt?.received_at,
    head: receiptHead(receipt, owner),
  };
}
