// Reads the custody log of one keeper from its first byte to its last, checks all of it, and gives the entries that belong to a life, each
// with what it is worth.
import type { PublicKey } from '../../../protocol/documents/minisign.ts';
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { checkCustody, type CheckedCustody } from '../verify/custody-check.ts';
import { droppedEnd } from '../verify/custody-links.ts';
import { HeadBook, type NamedHead } from '../verify/head-book.ts';
import type { ReadFiles } from '../verify/read-files.ts';
import type { Remark } from '../verify/remark.ts';
import { VouchedEntries } from '../verify/vouched-entries.ts';
import type { HistoryLog, Step } from './history.ts';
import { headRemarks } from './outside-heads.ts';
import { ProofBook, type EntryRef, type OutsideHead } from './proof-book.ts';
import type { PickedEntry, StepPicker } from './step-picker.ts';

/** A log, and what is known of it from elsewhere. */
export interface LogQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  readonly where: string;
  readonly kind: HistoryLog['kind'];
  /** Undefined in a spool: the log says whose it is. */
  readonly keeper: string | undefined;
  readonly keysOf: (keeper: string | undefined) => readonly PublicKey[];
  readonly heads: readonly OutsideHead[];
  /** Ends of segments that were let go, as another log says. */
  readonly dropped: readonly NamedHead[];
  /** Segments that say nothing, because an old key of the store may have signed them. */
  readonly unbelieved: ReadonlySet<string>;
  /** When a key of that keeper was revoked; undefined where it was not. */
  readonly revokedAt: (keeper: string, keyId: string) => string | undefined;
  /** Hears of each entry that belongs to the life, those that are not listed for their number too, and whether somebody vouches for it. */
  readonly follow?: (entry: CustodyEntry, isVouched: boolean) => void;
  readonly signal: AbortSignal;
}

/** A log, read. */
export interface ProvenLog {
  readonly log: HistoryLog;
  readonly steps: readonly Step[];
  readonly between: readonly Step[];
  readonly remarks: readonly Remark[];
  /** Hex ids of the keys whose checkpoints hold. */
  readonly keyIds: ReadonlySet<string>;
  /** Ends of segments that this log says were let go. */
  readonly dropped: readonly NamedHead[];
}

/** Reads it; undefined where there is none. Errors: the signal's reason; the machine's. */
export async function provenLog(question: LogQuestion, picker: StepPicker): Promise<ProvenLog | undefined> {
  const reading = new Reading(question, picker);
  const checked = await checkCustody({ ...question, station: question.keeper, ...reading.context });
  if (checked === undefined || checked.segments === 0) return undefined;
  return reading.result(checked);
}

class Reading {
  readonly #question: LogQuestion;
  readonly #picker: StepPicker;
  readonly #book = new HeadBook();
  readonly #proofs = new ProofBook(this.#book);
  readonly #dropped: { readonly end: NamedHead; readonly ref: EntryRef }[] = [];
  /** Entries that belong to the life and have not been followed yet. */
  readonly #picked = new WeakSet<CustodyEntry>();
  readonly #vouched = new VouchedEntries((entry, segment, keyId) =>
    this.#follow(entry, keyId !== undefined && this.#isBelieved(segment)),
  );
  #keeper: string | undefined;
  #first: string | null = null;
  #last: string | null = null;

  constructor(question: LogQuestion, picker: StepPicker) {
    this.#question = question;
    this.#picker = picker;
    this.#keeper = question.keeper;
    for (const { head } of question.heads) this.#book.want(head);
    for (const end of question.dropped) this.#book.drop(end);
  }

  get context(): Pick<Parameters<typeof checkCustody>[0], 'book' | 'visit' | 'ended' | 'isTaken'> {
    const { kind, keeper } = this.#question;
    return {
      book: this.#book,
      visit: (entry, place) => {
        const ref = this.#proofs.take(entry, place);
        this.#see(entry, ref);
        if (this.#picker.take(entry, ref)) this.#picked.add(entry);
        this.#vouched.take(entry, place);
      },
      ended: (segment, signedBy) => this.#vouched.ended(segment, signedBy),
      isTaken: kind === 'station' && keeper !== undefined,
    };
  }

  result({ linked, remarks, segments, entries }: CheckedCustody): ProvenLog {
    this.#vouched.close();
    for (const { segment, signedBy } of linked)
      if (signedBy !== undefined) this.#proofs.ended(segment, signedBy);
    this.#proofs.confirm(this.#question.heads);
    const { steps, between, moreSteps, moreBetween } = this.#picker;
    return {
      log: {
        keeper: this.#keeper ?? '',
        kind: this.#question.kind,
        segments,
        entries,
        from_at: this.#first,
        to_at: this.#last,
        from_the_start: linked.some(({ link }) => link === null),
        more_steps: moreSteps,
        more_between: moreBetween,
      },
      steps: steps.map((picked) => this.#step(picked)),
      between: between.map((picked) => this.#step(picked)),
      remarks: [...remarks, ...headRemarks(this.#question.heads, this.#book, this.#keeper ?? '')],
      keyIds: new Set(linked.flatMap(({ keyIds }) => [...keyIds])),
      dropped: this.#dropped
        .filter(({ ref }) => this.#isBelieved(ref.segment) && this.#proofs.vouchedBy(ref) !== undefined)
        .map(({ end }) => end),
    };
  }

  #see(entry: CustodyEntry, ref: EntryRef): void {
    const { event, facts, at } = entry;
    this.#first ??= at;
    this.#last = at;
    if (event === 'segment-opened' && this.#keeper === undefined && typeof facts['station'] === 'string')
      this.#keeper = facts['station'];
    const end = droppedEnd(entry);
    if (end !== undefined) this.#dropped.push({ end, ref });
  }

  /** Anybody can put lines behind the last checkpoint: they let nothing go. */
  #follow(entry: CustodyEntry, isVouched: boolean): void {
    if (this.#picked.has(entry)) this.#question.follow?.(entry, isVouched);
    const end = isVouched ? droppedEnd(entry) : undefined;
    if (end === undefined) return;
    // In a vault a station's word that it let a segment go explains nothing: it does so once the vault holds it.
    if (this.#question.kind === 'store' || this.#question.keeper === undefined) this.#book.drop(end);
  }

  #isBelieved(segment: string): boolean {
    return !this.#question.unbelieved.has(segment);
  }

  #step({ entry, ref }: PickedEntry): Step {
    const { at, event, facts } = entry;
    const { segment, sequence } = ref;
    const keeper = this.#keeper ?? '';
    return { at, keeper, event, facts, segment, sequence, ...this.#worth(keeper, ref) };
  }

  #worth(keeper: string, ref: EntryRef): Pick<Step, 'proof' | 'key_id' | 'confirmed_by' | 'doubt'> {
    const keyId = this.#proofs.vouchedBy(ref);
    if (keyId === undefined)
      return { proof: 'claimed', key_id: null, confirmed_by: null, doubt: 'no-signature' };
    if (!this.#isBelieved(ref.segment))
      return { proof: 'claimed', key_id: keyId, confirmed_by: null, doubt: 'old-key' };
    const outside = this.#proofs.confirmedBy(ref);
    const revoked = this.#question.revokedAt(keeper, keyId);
    if (outside !== undefined && (revoked === undefined || outside.signedAt < revoked))
      return { proof: 'confirmed', key_id: keyId, confirmed_by: outside.where, doubt: null };
    if (revoked !== undefined)
      return { proof: 'claimed', key_id: keyId, confirmed_by: null, doubt: 'revoked-key' };
    return { proof: 'signed', key_id: keyId, confirmed_by: null, doubt: null };
  }
}
