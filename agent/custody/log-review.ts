// Gathers what the custody log of earlier runs says, while its segments are looked through: recordings that must be in the spool, and
// differences that were found. Bounded; judges nothing.
import type { CustodyEntry, CustodyEventName } from '../../protocol/custody-entry.ts';
import { isRecordingId, isSegmentId } from '../../protocol/ids.ts';
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
  'quarantined',
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
  /** Differences by `keyOf`; `acknowledged` where a person has seen them since. */
  readonly differences = new Map<string, Difference & { readonly acknowledged: boolean }>();
  /** Segments that were dropped here, in whatever run: the store may still name them. */
  readonly dropped = new Set<string>();
  /** Resolves when all of the earlier runs was told. */
  readonly whole: Promise<void>;
  /** Recordings that this run settled while earlier ones were told: what an older entry says of them is over. */
  readonly #settled = new Set<string>();
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
    else this.#settle(event, String(facts[event === 'quarantined' ? 'name' : 'recording']));
  }

  appended({ event, facts }: Pick<CustodyEntry, 'event' | 'facts'>): void {
    if (event === 'segment-dropped') this.#dropped(facts);
    if (event !== 'receipted' && event !== 'quarantined') return;
    const recording = String(facts[event === 'quarantined' ? 'name' : 'recording']);
    this.unsettled.delete(recording);
    if (!this.#isWhole && isRecordingId(recording) && this.#settled.size < RECORDINGS_MAX)
      this.#settled.add(recording);
  }

  lookedThrough(): void {
    this.#isWhole = true;
    this.#settled.clear();
    this.#done();
  }

  /** The spool was compared with it: that is done once. */
  compared(): void {
    this.unsettled.clear();
  }

  #settle(event: CustodyEntry['event'], recording: string): void {
    if (event !== 'spooled') this.unsettled.delete(recording);
    else if (
      isRecordingId(recording) &&
      !this.#settled.has(recording) &&
      this.unsettled.size < RECORDINGS_MAX
    )
      this.unsettled.add(recording);
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
