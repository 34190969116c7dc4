// Compares the custody heads that receipts name with the log that is held. Many receipts name few segments, so they are told together.
import type { HeadBook, NamedHead } from './head-book.ts';
import { finding, type Remark, type RemarkCode } from './remark.ts';

/** A head with the receipt that names it. */
export interface ReceiptHead {
  readonly head: NamedHead;
  /** Where the receipt lies. */
  readonly where: string;
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
    const code = book.compare(receipt.head);
    if (code === 'good' || code === 'dropped') continue;
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
