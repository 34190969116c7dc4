// Checks the receipt that lies beside a document (SPEC 4.2): its signature, and field by field whether it confirms that document.
import type { Receipt } from '../../../protocol/documents/receipt.ts';
import { RECEIPT, SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import type { HeadBook, NamedHead } from './custody-links.ts';
import type { ReadFiles } from './read-files.ts';
import { below, finding, type Finding, note, type Remark, type RemarkCode } from './remark.ts';
import { checkDocument, type CheckedDocument } from './signed-document.ts';
import { RECEIPT_KIND } from './document-kinds.ts';
import type { LoggedHead } from './store-log.ts';
import type { TrustedKeys } from './trusted-keys.ts';

/** What a receipt should say of what lies beside it. `vault` is the vault that holds it, where known. */
export type Receiptable = Pick<
  Receipt,
  'kind' | 'recording' | 'station' | 'manifest_sha256' | 'sealed_size_bytes' | 'chunks_sha256'
> & { readonly vault: string | undefined };

/** A folder in which a receipt may lie. */
export interface ReceiptQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  readonly where: string;
  readonly names: readonly string[];
  /** True where one must be there. */
  readonly expected: boolean;
  readonly keys: TrustedKeys;
  /** Undefined where the document beside it cannot be read: then only the signature counts. */
  readonly own: Receiptable | undefined;
}

/** A receipt, checked. `confirms`: its signature holds, and it is about what lies beside it. */
export interface CheckedReceipt extends CheckedDocument<Receipt> {
  readonly confirms: boolean;
}

/** Checks the receipt in a folder, where there is one. Errors: only those of the machine. */
export async function checkReceipt(question: ReceiptQuestion): Promise<CheckedReceipt> {
  const { files, folder, where, names, keys, own } = question;
  const there = [RECEIPT, RECEIPT + SIGNATURE_SUFFIX].some((name) => names.includes(name));
  if (!there && !question.expected) {
    const remarks = [note('receipt.none', where, 'no receipt lies here')];
    return { bytes: undefined, value: undefined, keyId: undefined, confirms: false, remarks };
  }
  const checked = await checkDocument(files, folder, where, RECEIPT_KIND, keys);
  if (checked.value === undefined || own === undefined) return { ...checked, confirms: false };
  const fields = receiptRemarks(below(where, RECEIPT), checked.value, own);
  const confirms = checked.keyId !== undefined && fields.length === 0;
  return { ...checked, confirms, remarks: [...checked.remarks, ...fields] };
}

/** Every field in which a receipt is not about this document; empty where it is. One of another kind has other sizes by that alone. */
function receiptRemarks(place: string, receipt: Receipt, own: Receiptable): Remark[] {
  const about: readonly Field[] = [
    ['receipt.wrong-kind', 'kind', own.kind, receipt.kind],
    ['receipt.wrong-recording', 'recording', own.recording, receipt.recording],
    ['receipt.wrong-station', 'station', own.station, receipt.station],
    ['receipt.wrong-manifest', 'manifest_sha256', own.manifest_sha256, receipt.manifest_sha256],
    ['receipt.wrong-vault', 'vault', own.vault ?? receipt.vault, receipt.vault],
  ];
  const held: readonly Field[] = [
    ['receipt.wrong-size', 'sealed_size_bytes', own.sealed_size_bytes, receipt.sealed_size_bytes],
    ['receipt.wrong-chunks', 'chunks_sha256', own.chunks_sha256, receipt.chunks_sha256],
  ];
  return [...about, ...(own.kind === receipt.kind ? held : [])]
    .filter(([, , expected, found]) => expected !== found)
    .map(([code, field, expected, found]) => {
      const message = `receipt: ${field}: expected ${expected}, found ${found}`;
      return finding(code, place, message, { field, expected, found });
    });
}

type Field = readonly [RemarkCode, string, string | number, string | number];

// Compares the custody heads that receipts, and the store's own log, name with the log that is held. Many receipts name few segments, so they
// are reported together.

/** A head with the receipt that names it. */
export interface ReceiptHead {
  readonly head: NamedHead;
  /** Where the receipt lies. */
  readonly where: string;
}

/** The head that a receipt names, and whose log it must be in. */
export interface StationHead extends NamedHead {
  readonly station: string;
}

/** Of a document in the folder of that station, where known; undefined where no receipt lies beside it, or it names none. */
export function receiptHead(
  receipt: Receipt | undefined,
  station: string | undefined,
): StationHead | undefined {
  const head = receipt?.custody_head ?? undefined;
  if (receipt === undefined || head === undefined) return undefined;
  const { segment, sequence, sha256 } = head;
  return { segment, sequence, sha256, station: station ?? receipt.station };
}

const CODES = {
  'segment-missing': 'receipt.custody-segment-missing',
  'head-missing': 'receipt.custody-head-missing',
  'head-differs': 'receipt.custody-head-differs',
} as const satisfies Readonly<Record<string, RemarkCode>>;

/** One finding for each kind of fault and segment; `book` has seen all segments. */
export function receiptHeadRemarks(receipts: Iterable<ReceiptHead>, book: HeadBook): Remark[] {
  const faults = new Map<
    string,
    { readonly code: keyof typeof CODES; readonly first: ReceiptHead; count: number }
  >();
  for (const receipt of receipts) {
    const code = book.faultOf(receipt.head);
    if (code === undefined) continue;
    const key = `${code} ${receipt.head.segment}`;
    const known = faults.get(key);
    if (known === undefined) faults.set(key, { code, first: receipt, count: 1 });
    else known.count++;
  }
  return [...faults.values()].map(({ code, first, count }) => remark(code, first, count, book));
}

function remark(
  code: keyof typeof CODES,
  { head, where }: ReceiptHead,
  count: number,
  book: HeadBook,
): Remark {
  const { segment, sequence, sha256 } = head;
  const named = `receipt: names entry ${sequence} of custody segment ${segment} with SHA-256 ${sha256}`;
  const found = {
    'segment-missing': 'the segment is not here',
    'head-missing': `the segment ends here with entry ${book.lastOf(segment)}`,
    'head-differs': 'that entry is another one here',
  }[code];
  const more = count > 1 ? ` (so do ${count - 1} more receipts with this segment)` : '';
  return finding(CODES[code], where, `${named}; ${found}${more}`, { segment, sequence, receipts: count });
}

/** Of heads that the vault held, by the store's log, what is not here any more: one finding for each segment (SPEC 4.15.22). */
export function missingHeads(heads: readonly LoggedHead[], book: HeadBook, where: string): Finding[] {
  return heads.flatMap((head) => {
    const fault = book.faultOf(head);
    if (fault === undefined) return [];
    const { station, segment, sequence } = head;
    const message = `the store's log says that the vault held entry ${sequence} of segment ${segment} of ${station}: ${fault}`;
    return [finding('log.tail-missing', where, message, { station, segment, sequence })];
  });
}
