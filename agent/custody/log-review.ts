// Gathers what the custody log of earlier runs says, while its segments are looked through: recordings that must be in the spool, what left it
// by no entry, and differences that were found. Bounded; judges nothing.
import type { CustodyEntry, CustodyEventName } from '../../protocol/custody/custody-entry.ts';
import { isRecordingId, isSegmentId } from '../../protocol/format/ids.ts';
import type { CustodyListener } from './custody-scrub.ts';

/** What does not fit: the store's log against ours (the first three), or our spool against our log. */
export const DIFFERENCES = ['cut-tail', 'rewritten', 'older-image', 'spool-lost'] as const;
export type DifferenceKind = (typeof DIFFERENCES)[number];

/** One difference, as its entry in the log names it (SPEC 4.3.5). */
export interface Difference {
  readonly difference: DifferenceKind;
  /** A segment; for `spool-lost` a recording. */
  readonly subject: string;
  /** The entry that the store holds; null for `spool-lost`. */
  readonly sequence: number | null;
  readonly sha256: string | null;
}

/** Of recordings as many as a spool may hold; of differences far more than a station ever has. */
const RECORDINGS_MAX = 1_000_000;
export const DIFFERENCES_MAX = 2000;

const EVENTS: ReadonlySet<CustodyEventName> = new Set([
  'spooled',
  'receipted',
  'docking-recorded',
  'quarantined',
  'spool-reclaimed',
  'spool-documents-dropped',
  'difference-found',
  'difference-gone',
  'difference-acknowledged',
  'segment-dropped',
]);

/** Listens to one custody log. */
export class LogReview implements CustodyListener {
  readonly events = EVENTS;
  /** Spooled, and neither receipted nor set aside since. */
  readonly unsettled = new Set<string>();
  /** Receipted, and not reclaimed nor set aside since: recordings, and docking records by their `record`. */
  readonly receipted = new Set<string>();
  /** Docking records, receipted or not, that were not reclaimed nor set aside since. */
  readonly records = new Set<string>();
  /** Differences by `keyOf`; `acknowledged` where a person has seen them since. */
  readonly differences = new Map<string, Difference & { readonly acknowledged: boolean }>();
  /** Segments that were dropped here, in whatever run: the store may still name them. */
  readonly dropped = new Set<string>();
  /** Resolves when all of the earlier runs was told. */
  readonly whole: Promise<void>;
  /** What this run settled while earlier ones were told: what an older entry says of it is over. */
  readonly #settled = new Set<string>();
  /** The same of what left the spool in this run. */
  readonly #left = new Set<string>();
  #isWhole = false;
  #done: () => void = () => undefined;

  constructor() {
    this.whole = new Promise((resolve) => (this.#done = resolve));
  }

  earlier({ event, facts }: Pick<CustodyEntry, 'event' | 'facts'>): void {
    if (event === 'segment-dropped') this.#dropped(facts);
    else if (event === 'difference-found') this.#found(facts);
    else if (event === 'difference-gone') this.#gone(facts);
    else if (event === 'difference-acknowledged') this.#acknowledged();
    else this.#settle(event, namedBy(event, facts));
  }

  appended({ event, facts }: Pick<CustodyEntry, 'event' | 'facts'>): void {
    if (event === 'segment-dropped') this.#dropped(facts);
    if (event !== 'receipted' && !isLeaving(event)) return;
    const recording = namedBy(event, facts);
    this.unsettled.delete(recording);
    if (isLeaving(event)) this.#leaves(recording);
    if (this.#isWhole || !isRecordingId(recording)) return;
    add(this.#settled, recording);
    if (isLeaving(event)) add(this.#left, recording);
  }

  /** What that event says left the spool did so by an entry. */
  hasLeft({ event, facts }: Pick<CustodyEntry, 'event' | 'facts'>): boolean {
    const name = namedBy(event, facts);
    return ![this.unsettled, this.receipted, this.records].some((names) => names.has(name));
  }

  lookedThrough(): void {
    this.#isWhole = true;
    this.#settled.clear();
    this.#left.clear();
    this.#done();
  }

  /** The spool was compared with it: that is done once. */
  compared(): void {
    for (const names of [this.unsettled, this.receipted, this.records]) names.clear();
  }

  #settle(event: CustodyEntry['event'], recording: string): void {
    if (event !== 'spooled' && event !== 'docking-recorded') this.unsettled.delete(recording);
    if (isLeaving(event)) return this.#leaves(recording);
    if (!isRecordingId(recording) || this.#left.has(recording)) return;
    if (event === 'receipted') add(this.receipted, recording);
    else if (event === 'docking-recorded') add(this.records, recording);
    else if (!this.#settled.has(recording)) add(this.unsettled, recording);
  }

  #leaves(recording: string): void {
    this.receipted.delete(recording);
    this.records.delete(recording);
  }

  #dropped({ segment }: CustodyEntry['facts']): void {
    if (typeof segment === 'string' && this.dropped.size < RECORDINGS_MAX) this.dropped.add(segment);
  }

  #found(facts: CustodyEntry['facts']): void {
    const found = parseDifference(facts);
    if (found !== undefined && this.differences.size < DIFFERENCES_MAX)
      this.differences.set(keyOf(found), { ...found, acknowledged: false });
  }

  #gone(facts: CustodyEntry['facts']): void {
    const found = parseDifference(facts);
    if (found !== undefined) this.differences.delete(keyOf(found));
  }

  #acknowledged(): void {
    for (const [key, found] of this.differences) this.differences.set(key, { ...found, acknowledged: true });
  }
}

/** Of every event but those of differences and segments. */
function namedBy(event: CustodyEventName, facts: CustodyEntry['facts']): string {
  return String(facts[NAMED_BY[event] ?? 'recording']);
}

/** The fact that names what an event is about, where it is not `recording`. */
const NAMED_BY: Partial<Record<CustodyEventName, string>> = {
  quarantined: 'name',
  'docking-recorded': 'record',
};

/** What it names is not in the spool any more, or its documents alone are. */
function isLeaving(event: CustodyEventName): boolean {
  return event === 'quarantined' || event === 'spool-reclaimed' || event === 'spool-documents-dropped';
}

function add(names: Set<string>, name: string): void {
  if (names.size < RECORDINGS_MAX) names.add(name);
}

/** What makes a difference one: the same segment may be ahead by ever more entries. */
export function keyOf({ difference, subject }: Pick<Difference, 'difference' | 'subject'>): string {
  return `${difference} ${subject}`;
}

/** The difference that an entry names; undefined where it names none that is known here. */
export function parseDifference(facts: CustodyEntry['facts']): Difference | undefined {
  const difference = DIFFERENCES.find((each) => each === facts['difference']);
  const { subject, sequence, sha256 } = facts;
  if (difference === undefined || typeof subject !== 'string') return undefined;
  if (difference === 'spool-lost')
    return isRecordingId(subject) ? { difference, subject, sequence: null, sha256: null } : undefined;
  if (!isSegmentId(subject) || typeof sequence !== 'number' || typeof sha256 !== 'string') return undefined;
  return { difference, subject, sequence, sha256 };
}
