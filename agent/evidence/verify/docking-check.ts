// Checks the folder of one part of a docking record (SPEC 4.6): names, document, signature, receipt, and what one part can say against
// itself. Parts, chains, entries and the custody log need more than one folder and are checked elsewhere.
import type { DockingEntry, DockingRecord } from '../../../protocol/documents/docking-record.ts';
import { type Receipt } from '../../../protocol/documents/receipt.ts';
import { NO_CHUNKS_SHA256 } from '../../../protocol/documents/item-documents.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { DOCKING, DOCKING_NAMES } from '../../../protocol/format/file-names.ts';
import { parseRecordingId } from '../../../protocol/format/ids.ts';
import { listFolder, oddNames, type ReadFiles } from './read-files.ts';
import { type CheckedReceipt, checkReceipt, type Receiptable } from './receipt-check.ts';
import { below, finding, type Remark } from './remark.ts';
import { checkDocument, type CheckedDocument } from './signed-document.ts';
import { DOCKING_KIND } from './document-kinds.ts';
import { revokedRemarks, type TrustedKeys } from './trusted-keys.ts';

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

/** Checks a folder; undefined where there is none of that name. Errors: only those of the machine. */
export async function checkDocking(question: DockingQuestion): Promise<CheckedDocking | undefined> {
  const { files, folder, where, name, keys } = question;
  const names = await listFolder(files, folder, where);
  if (names === undefined) return undefined;
  if (!Array.isArray(names)) return { ...NOTHING, where, name, remarks: [names] };
  const document = await checkDocument(files, folder, where, DOCKING_KIND, keys);
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
function receiptableDocking(
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

// What SPEC 4.6 asks of one part of a docking record beyond the shape of its fields. Pure.

/** Why an entry was not taken (SPEC 4.3, `not-taken`), or was not reached before the docking ended. */
const WAIT_REASONS: ReadonlySet<string> = new Set([
  'changing',
  'unreadable',
  'too-damaged',
  'camera-failed',
  'spool-full',
  'spool-failed',
  'quarantined',
  'agent-failed',
  'not-reached',
]);
const REJECT_REASONS: ReadonlySet<string> = new Set(['empty', 'unknown-kind', 'odd-name', 'damaged']);
/** Broken entries that are told of one part. */
const TOLD_MAX = 8;

/** Every rule that the part breaks, in words; empty for a good one. */
function brokenDockingRules(record: DockingRecord): string[] {
  return [...clock(record), ...end(record), ...inventory(record), ...order(record), ...entries(record)];
}

/** SPEC 9.1: what was measured follows from the two times. */
function clock({ camera_clock: clock }: DockingRecord): string[] {
  if (clock === null) return [];
  const offset = Date.parse(clock.claimed_at) - Date.parse(clock.read_at);
  if (offset === clock.offset_ms) return [];
  return [
    `camera_clock.offset_ms is ${clock.offset_ms}; ${clock.claimed_at} less ${clock.read_at} is ${offset}`,
  ];
}

function end({ ended, ended_at: endedAt }: DockingRecord): string[] {
  if (ended === 'cut-off' || endedAt !== null) return [];
  return [`ended as ${ended} without a time`];
}

/** Without a listing there is nothing that it could have shown; after a cut the log may still tell of single files. */
function inventory({ inventory, entries, later, ended }: DockingRecord): string[] {
  if (inventory !== null || ended === 'cut-off' || (later === 0 && entries.length === 0)) return [];
  return ['entries without an inventory'];
}

function order({ entries }: DockingRecord): string[] {
  const first = entries.findIndex(({ later }) => later);
  if (first < 0 || entries.slice(first).every(({ later }) => later)) return [];
  return ['an entry of the first listing comes after a later one'];
}

function entries({ entries }: DockingRecord): string[] {
  const broken = entries.flatMap((entry, at) => {
    const why = brokenEntry(entry);
    return why === undefined ? [] : [`entry ${at} ${why}`];
  });
  if (broken.length <= TOLD_MAX) return broken;
  return [...broken.slice(0, TOLD_MAX), `${broken.length - TOLD_MAX} more entries`];
}

function brokenEntry({ fate, reason }: DockingEntry): string | undefined {
  if (reason === null) return undefined;
  const known = fate === 'waiting' ? WAIT_REASONS : REJECT_REASONS;
  return known.has(reason) ? undefined : `is ${fate} for the unknown reason ${reason}`;
}
