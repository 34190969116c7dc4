// Reads the custody log of one keeper from its first byte to its last, checks all of it, and gives the entries that belong to a life, each
// with what it is worth.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import { CUSTODY, RECEIPT, SIGNATURE_SUFFIX } from '../../../protocol/format/file-names.ts';
import type { CheckedCustody } from '../verify/custody-check.ts';
import { droppedEnd, HeadBook, linkOf, type NamedHead, type SegmentLink } from '../verify/custody-links.ts';
import type { EntryPlace } from '../verify/custody-segment.ts';
import type { CheckedDocking } from '../verify/docking-check.ts';
import type { ReadFiles } from '../verify/read-files.ts';
import { checkReceipt, missingHeads, receiptHeadRemarks } from '../verify/receipt-check.ts';
import type { CheckedRecording } from '../verify/recording-check.ts';
import { below, type Remark } from '../verify/remark.ts';
import { trustedUntil, type TrustedKeys } from '../verify/trusted-keys.ts';
import { type LogReading, readLog } from '../verify/covered-entries.ts';
import type { LoggedHead } from '../verify/store-log.ts';
import type { HistoryLog, Step } from './history.ts';
import type { DocumentsDeps } from './subject-documents.ts';
import { documentsBeginning, type Related, type StationPlace } from './subjects.ts';

/** A log, and what is known of it from elsewhere. */
export interface LogQuestion {
  readonly files: ReadFiles;
  readonly folder: string;
  readonly where: string;
  readonly kind: HistoryLog['kind'];
  /** Undefined in a spool: the log says whose it is. */
  readonly keeper: string | undefined;
  readonly keys: TrustedKeys;
  readonly heads: readonly OutsideHead[];
  /** Ends of segments that were dropped, as another log says. */
  readonly dropped: readonly NamedHead[];
  /** What the vault held of that log, as the store's log says. */
  readonly held: readonly LoggedHead[];
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
  /** Ends of segments that this log says were dropped. */
  readonly dropped: readonly NamedHead[];
}

/** Reads it; undefined where there is none. Errors: the signal's reason; the machine's. */
export async function provenLog(question: LogQuestion, picker: StepPicker): Promise<ProvenLog | undefined> {
  const reading = new Reading(question, picker);
  const checked = await reading.read();
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
  #keeper: string | undefined;
  #first: string | null = null;
  #last: string | null = null;

  constructor(question: LogQuestion, picker: StepPicker) {
    this.#question = question;
    this.#picker = picker;
    this.#keeper = question.keeper;
    for (const { head } of question.heads) this.#book.want(head);
    for (const end of question.dropped) this.#book.drop(end);
    for (const head of question.held) this.#book.hold(head);
  }

  read(): ReturnType<typeof readLog> {
    const reading: LogReading = {
      ...this.#question,
      station: this.#question.keeper,
      book: this.#book,
      visit: (entry, place) => {
        const ref = this.#proofs.take(entry, place);
        this.#see(entry, ref);
        if (this.#picker.take(entry, ref)) this.#picked.add(entry);
      },
    };
    return readLog(reading, (entry, _, keyId) => this.#follow(entry, keyId !== undefined));
  }

  result({ linked, remarks, segments, entries }: CheckedCustody): ProvenLog {
    for (const { segment, signedBy } of linked)
      if (signedBy !== undefined) this.#proofs.ended(segment, signedBy);
    const { where } = this.#question;
    const held = this.#question.held.map((head) => ({
      head,
      where: below(head.receiver, CUSTODY),
      signedAt: head.at,
    }));
    this.#proofs.confirm([...this.#question.heads, ...held]);
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
      remarks: [
        ...remarks,
        ...receiptHeadRemarks(this.#question.heads, this.#book),
        ...missingHeads(this.#question.held, this.#book, where),
      ],
      keyIds: new Set(linked.flatMap(({ keyIds }) => [...keyIds])),
      dropped: this.#dropped
        .filter(({ ref }) => this.#proofs.vouchedBy(ref) !== undefined)
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

  /** Anybody can put lines after the last checkpoint: they let nothing go. */
  #follow(entry: CustodyEntry, isVouched: boolean): void {
    if (this.#picked.has(entry) || entry.event === 'head') this.#question.follow?.(entry, isVouched);
    const end = isVouched ? droppedEnd(entry) : undefined;
    if (end === undefined) return;
    // In a vault a station's word that it let a segment go explains nothing: it does so once the vault holds it.
    if (this.#question.kind === 'store' || this.#question.keeper === undefined) this.#book.drop(end);
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
    const outside = this.#proofs.confirmedBy(ref);
    const revoked = trustedUntil(this.#question.keys, keeper, keyId);
    if (outside !== undefined && (revoked === undefined || outside.signedAt < revoked))
      return { proof: 'confirmed', key_id: keyId, confirmed_by: outside.where, doubt: null };
    if (revoked !== undefined)
      return { proof: 'claimed', key_id: keyId, confirmed_by: null, doubt: 'revoked-key' };
    return { proof: 'signed', key_id: keyId, confirmed_by: null, doubt: null };
  }
}

// How each entry of one keeper's custody log is vouched for. Takes the entries while the log is checked, and answers afterwards. Pure.
//
// An entry is signed where a good checkpoint follows it, or a good signature over the whole file, and the chain holds from the one
// to the other. It is confirmed where the store signed a later head of the same unbroken chain of a station, in a receipt or in its own log.
//
// Memory: a few numbers for each unbroken run of entries, and for each head that others signed.

/** Where an entry stands: in which segment, in which of its unbroken runs. */
interface EntryRef {
  readonly segment: string;
  readonly sequence: number;
  readonly run: number;
}

/** A head that somebody else signed. */
interface OutsideHead {
  readonly head: NamedHead;
  /** Where the document or the log lies. */
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
class ProofBook {
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

  /** Takes all heads that others signed; called once, after the last entry. */
  confirm(heads: readonly OutsideHead[]): void {
    for (const outside of heads.toSorted((a, b) => (a.signedAt < b.signedAt ? -1 : 1)))
      this.#walkBack(outside);
  }

  /** What was signed first of all that stands after the entry; undefined where nothing does. */
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

// Picks from a log, entry by entry, what belongs to a life: the subject's own steps, and what else happened at that keeper between the
// first and the last of them and matters for what they are worth. Pure.

/** Steps that are listed of one log; a docking of 10,000 files has more, and its record lists them. */
export const STEPS_MAX = 2000;
/** Behind those: steps of the docking itself, of which there are few. */
const KEPT_MAX = 2 * STEPS_MAX;
/** Other events that are listed of one log. */
export const BETWEEN_MAX = 500;

/** An entry with its place in the log. */
interface PickedEntry {
  readonly entry: CustodyEntry;
  readonly ref: EntryRef;
}

/** Events of which the last one before the first step says what held then. */
const IN_FORCE: ReadonlySet<CustodyEntry['event']> = new Set([
  'agent-started',
  'configuration',
  'policy',
  'clock-state',
]);
/** Events that matter for everything that is logged around them. */
const AROUND: ReadonlySet<CustodyEntry['event']> = new Set([
  ...IN_FORCE,
  'agent-stopped',
  'clock-stepped',
  'key-changed',
  'proof-installed',
  'chain-broken',
  'difference-found',
  'difference-gone',
  'difference-acknowledged',
]);
/** Events of a docking that belong to the life of each recording that was met in it. */
const OF_DOCKING: ReadonlySet<CustodyEntry['event']> = new Set([
  'docked',
  'undocked',
  'camera-clock',
  'camera-clock-set',
  'inventory',
  'docking-recorded',
]);

/** Listed also where there are many others before. */
const KEPT: ReadonlySet<CustodyEntry['event']> = new Set([...OF_DOCKING, 'receipted']);

/** Picks from one log. */
export class StepPicker {
  readonly #related: Related;
  readonly #steps: PickedEntry[] = [];
  readonly #inForce = new Map<string, PickedEntry>();
  /** What happened since the first step; as many as `#sure` of them lie before a later step. */
  readonly #between: PickedEntry[] = [];
  #sure = 0;
  #moreBetween = 0;
  #sureMore = 0;
  #moreSteps = 0;

  constructor(related: Related) {
    this.#related = related;
  }

  /** Takes the next entry of the log; true where it is of the life, listed or not. */
  take(entry: CustodyEntry, ref: EntryRef): boolean {
    const isStep = this.#concerns(entry);
    if (isStep) this.#step({ entry, ref });
    else if (AROUND.has(entry.event)) this.#around({ entry, ref });
    return isStep;
  }

  get steps(): readonly PickedEntry[] {
    return this.#steps;
  }
  get moreSteps(): number {
    return this.#moreSteps;
  }
  /** What held before the first step, and what happened until the last one. */
  get between(): readonly PickedEntry[] {
    if (this.#steps.length === 0) return [];
    return [...this.#inForce.values(), ...this.#between.slice(0, this.#sure)];
  }
  get moreBetween(): number {
    return this.#sureMore;
  }

  #step(picked: PickedEntry): void {
    const places = KEPT.has(picked.entry.event) ? KEPT_MAX : STEPS_MAX;
    if (this.#steps.length < places) this.#steps.push(picked);
    else this.#moreSteps++;
    this.#sure = this.#between.length;
    this.#sureMore = this.#moreBetween;
  }

  #around(picked: PickedEntry): void {
    const { event } = picked.entry;
    if (this.#steps.length === 0) {
      this.#inForce.delete(event); // the newest one stands last
      if (IN_FORCE.has(event)) this.#inForce.set(event, picked);
    } else if (this.#between.length < BETWEEN_MAX) this.#between.push(picked);
    else this.#moreBetween++;
  }

  #concerns({ event, facts }: CustodyEntry): boolean {
    const { subject, dockings, records } = this.#related;
    const { station, recording, docking, path_sha256: path, name } = facts;
    // An entry of the store says whose recording it is about; ids are the stations' word.
    if (typeof station === 'string' && station !== subject.station) return false;
    if (subject.kind === 'recording' && recording === subject.id) return true;
    if (typeof recording === 'string' && records.has(recording)) return true;
    if (event === 'quarantined' && typeof name === 'string') return name === subject.id || records.has(name);
    if (event === 'difference-found' || event === 'difference-gone') return facts['subject'] === subject.id;
    if (typeof docking !== 'string') return false;
    const paths = dockings.get(docking);
    if (paths === undefined) return false;
    if (subject.kind === 'docking' || OF_DOCKING.has(event)) return true;
    return (event === 'seen' || event === 'not-taken') && typeof path === 'string' && paths.has(path);
  }
}

// Gathers the heads of custody logs that the store signed in receipts: they confirm every entry before them, and nobody who rewrites a
// station's log can change them.

/** Heads in the receipts of checked documents. */
export function headsIn(checked: readonly (CheckedRecording | CheckedDocking)[]): OutsideHead[] {
  return checked.flatMap(({ receipt, where }) =>
    receipt === undefined || receipt.custody_head === null
      ? []
      : [headOf(receipt.custody_head, where, receipt.received_at)],
  );
}

function headOf(head: OutsideHead['head'], where: string, signedAt: string): OutsideHead {
  return { head, where: below(where, RECEIPT), signedAt };
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

/** Heads of a log of which nothing is here: each of its segments was dropped, or taken away. `dropped`: ends of those let go. */
export function headsWithoutLog(heads: readonly OutsideHead[], dropped: readonly NamedHead[]): Remark[] {
  const book = new HeadBook();
  for (const end of dropped) book.drop(end);
  return receiptHeadRemarks(heads, book);
}
