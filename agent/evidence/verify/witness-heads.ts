// Compares the custody heads that the store's witnesses name with the log that is held.
import type { HeadBook } from './head-book.ts';
import type { ReceiptHead } from './receipt-heads.ts';
import { finding, type Remark } from './remark.ts';

/** One finding for each head of `keeper` that its log does not hold; `book` has seen all segments. `where` of a head: its witness. */
export function witnessHeadRemarks(
  witnesses: Iterable<ReceiptHead>,
  book: HeadBook,
  keeper: string,
): Remark[] {
  const remarks: Remark[] = [];
  for (const { head, where } of witnesses) {
    const answer = book.compare(head);
    if (answer === 'good' || answer === 'dropped') continue;
    const { segment, sequence, sha256 } = head;
    const message = `witness: it names entry ${sequence} of custody segment ${segment} of ${keeper} with SHA-256 ${sha256}: ${answer}`;
    remarks.push(finding('witness.head-differs', where, message, { keeper, segment, sequence }));
  }
  return remarks;
}
