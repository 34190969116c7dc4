// How each entry of one keeper's custody log is vouched for. Takes the entries while the log is checked, and answers afterwards. Pure.
//
// An entry is signed where a good checkpoint stands behind it, or a good signature over the whole file, and the chain holds from the one
// to the other. It is confirmed where somebody else signed a later head of the same unbroken chain: the store in a receipt or a witness.
//
// Memory: a few numbers for each unbroken run of entries, and for each head that others signed.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { linkOf, type SegmentLink } from '../verify/custody-links.ts';
import type { EntryPlace } from '../verify/custody-segment.ts';
import type { HeadBook, NamedHead } from '../verify/head-book.ts';

/** Where an entry stands: in which segment, in which of its unbroken runs. */
export interface EntryRef {
  readonly segment: string;
  readonly sequence: number;
  readonly run: number;
}

/** A head that somebody else signed. */
export interface OutsideHead {
  readonly kind: 'receipt' | 'witness';
  readonly head: NamedHead;
  /** Where the document lies. */
  readonly where: string;
  /** When it was signed, RFC 3339 UTC. */
  readonly signedAt: string;
}

/** Entries that follow each other without a break. */
interface Run {
  readonly first: number;
  last: number;
  /** The last checkpoint in it that holds. */
  vouched: { readonly sequence: number; readonly keyId: string } | undefined;
}

interface Segment {
  readonly runs: Run[];
  readonly link: SegmentLink;
  /** Key that signed the whole file. */
  signedBy: string | undefined;
  /** How far heads reach that others signed, the one signed first in front. */
  readonly confirmed: { readonly run: number; readonly sequence: number; readonly outside: OutsideHead }[];
}

/** The proofs of one log; `book` is the one that the log is checked with. */
export class ProofBook {
  readonly #book: HeadBook;
  readonly #segments = new Map<string, Segment>();

  constructor(book: HeadBook) {
    this.#book = book;
  }

  /** Takes the next entry; gives what it is asked for by later. */
  take(entry: CustodyEntry, { segment: id, follows, vouchedBy }: EntryPlace): EntryRef {
    const { sequence } = entry;
    const segment = this.#segments.get(id) ?? newSegment(entry);
    this.#segments.set(id, segment);
    let run = segment.runs.at(-1);
    if (run === undefined || !follows) {
      run = { first: sequence, last: sequence, vouched: undefined };
      segment.runs.push(run);
    }
    run.last = sequence;
    if (vouchedBy !== undefined && follows) run.vouched = { sequence, keyId: vouchedBy };
    return { segment: id, sequence, run: segment.runs.length - 1 };
  }

  /** A signature over a whole segment holds. */
  ended(segment: string, signedBy: string): void {
    const known = this.#segments.get(segment);
    if (known !== undefined) known.signedBy = signedBy;
  }

  /** Hex id of the key that vouches for an entry; undefined where none does. */
  vouchedBy({ segment, sequence, run }: EntryRef): string | undefined {
    const known = this.#segments.get(segment);
    const { vouched } = known?.runs[run] ?? {};
    return vouched !== undefined && vouched.sequence >= sequence ? vouched.keyId : known?.signedBy;
  }

  /** Takes all heads that others signed; called once, behind the last entry. */
  confirm(heads: readonly OutsideHead[]): void {
    for (const outside of heads.toSorted((a, b) => (a.signedAt < b.signedAt ? -1 : 1)))
      this.#walkBack(outside);
  }

  /** What was signed first of all that stands behind the entry; undefined where nothing does. */
  confirmedBy({ segment, sequence, run }: EntryRef): OutsideHead | undefined {
    const known = this.#segments.get(segment)?.confirmed ?? [];
    return known.find((each) => each.run === run && each.sequence >= sequence)?.outside;
  }

  /** From segment to segment as long as the chain holds, and an earlier signature does not reach as far already. */
  #walkBack(outside: OutsideHead): void {
    let at: SegmentLink = outside.head;
    while (at !== undefined && at !== null) {
      const { sequence } = at;
      const segment = this.#segments.get(at.segment);
      const run = segment && this.#book.compare(at) === 'good' ? runWith(segment, sequence) : undefined;
      if (segment === undefined || run === undefined) return;
      if (segment.confirmed.some((each) => each.run === run && each.sequence >= sequence)) return;
      segment.confirmed.push({ run, sequence, outside });
      if (run !== 0 || segment.runs[0]?.first !== 1) return;
      at = segment.link;
    }
  }
}

function newSegment(first: CustodyEntry): Segment {
  return { runs: [], link: linkOf(first), signedBy: undefined, confirmed: [] };
}

/** The one run that holds this sequence; undefined where none does, or several say so. */
function runWith({ runs }: Segment, sequence: number): number | undefined {
  const found = runs.flatMap(({ first, last }, at) => (first <= sequence && sequence <= last ? [at] : []));
  return found.length === 1 ? found[0] : undefined;
}
