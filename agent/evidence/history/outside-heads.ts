// Gathers the heads of custody logs that the store signed, in receipts and witnesses: they confirm every entry before them, and nobody who
// rewrites a station's log can change them.
import { RECEIPT, SIGNATURE_SUFFIX, WITNESS } from '../../../protocol/format/file-names.ts';
import { join } from 'node:path';
import { checkReceipt } from '../verify/receipt-check.ts';
import type { CheckedDocking } from '../verify/docking-check.ts';
import type { CheckedRecording } from '../verify/recording-check.ts';
import { HeadBook, type NamedHead } from '../verify/head-book.ts';
import { receiptHeadRemarks } from '../verify/receipt-heads.ts';
import { below, type Remark } from '../verify/remark.ts';
import { checkWitnesses } from '../verify/witness-check.ts';
import { witnessHeadRemarks } from '../verify/witness-heads.ts';
import { documentsBeginning, type HistoryPlace, type StationPlace } from './places.ts';
import type { OutsideHead } from './proof-book.ts';
import type { DocumentsDeps } from './subject-documents.ts';

/** Heads of one log, by its keeper. */
export type HeadsOf = (keeper: string) => readonly OutsideHead[];

/** Heads in the receipts of checked documents. */
export function headsIn(checked: readonly (CheckedRecording | CheckedDocking)[]): OutsideHead[] {
  return checked.flatMap(({ receipt, where }) =>
    receipt === undefined || receipt.custody_head === null
      ? []
      : [headOf(receipt.custody_head, where, receipt.received_at)],
  );
}

function headOf(head: OutsideHead['head'], where: string, signedAt: string): OutsideHead {
  return { kind: 'receipt', head, where: below(where, RECEIPT), signedAt };
}

/** Heads in the receipts of other documents; one whose signature does not hold is passed over. Errors: the machine's. */
export async function headsOfReceipts(
  deps: DocumentsDeps,
  place: StationPlace,
  station: string,
  ids: Iterable<string>,
): Promise<OutsideHead[]> {
  const heads: OutsideHead[] = [];
  const names = [RECEIPT, RECEIPT + SIGNATURE_SUFFIX];
  for (const id of ids)
    for (const { folder, where } of await documentsBeginning(deps.files, place, id)) {
      const question = { ...deps, folder, where, names, expected: false, own: undefined };
      const { value, keyId } = await checkReceipt(question);
      if (keyId === undefined || value?.station !== station || value.custody_head === null) continue;
      heads.push(headOf(value.custody_head, where, value.received_at));
    }
  return heads;
}

/** Heads in the witnesses of a vault, by keeper, and what does not hold of these. Errors: the signal's reason; the machine's. */
export async function headsOfWitnesses(
  deps: DocumentsDeps,
  place: HistoryPlace,
): Promise<{ readonly headsOf: HeadsOf; readonly remarks: readonly Remark[] }> {
  const heads = new Map<string, OutsideHead[]>();
  const remarks: Remark[] = [];
  for (const receiver of place.receivers) {
    const where = below(receiver, WITNESS);
    const folder = join(place.path, receiver, WITNESS);
    const checked = await checkWitnesses({ ...deps, folder, where, receiver });
    remarks.push(...checked.remarks);
    for (const { witness, where: at } of checked.witnesses)
      for (const { keeper, custody_head: head } of witness.keepers) {
        if (head === null) continue;
        const known = heads.get(keeper) ?? [];
        heads.set(keeper, known);
        known.push({ kind: 'witness', head, where: at, signedAt: witness.made_at });
      }
  }
  return { headsOf: (keeper) => heads.get(keeper) ?? [], remarks };
}

/** Heads that the store signed and that the log of `keeper` does not hold: something was cut off, exchanged or put back. `book` has seen all of it. */
export function headRemarks(heads: readonly OutsideHead[], book: HeadBook, keeper: string): Remark[] {
  const of = (wanted: OutsideHead['kind']): OutsideHead[] => heads.filter(({ kind }) => kind === wanted);
  return [...receiptHeadRemarks(of('receipt'), book), ...witnessHeadRemarks(of('witness'), book, keeper)];
}

/** ... where no log of it is here: each of its segments was let go, or taken away. `dropped`: ends of those let go. */
export function headsWithoutLog(
  heads: readonly OutsideHead[],
  keeper: string,
  dropped: readonly NamedHead[],
): Remark[] {
  const book = new HeadBook();
  for (const end of dropped) book.drop(end);
  return headRemarks(heads, book, keeper);
}
