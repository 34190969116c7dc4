// What the store holds of the custody log, as far as it said so, and what is asked or sent next. Pure; custody-push.ts talks.
//
// What it said of ended segments is remembered over connections and starts (ledger-file.ts), so that thousands of them are not asked
// about again. A store that lost them (restored from a backup, or set up again) is found out by two questions at each connect: about the
// oldest segment, and about the one after the newest that the store names.
//
// A segment of which it takes nothing does not keep the later ones from it: a log by a new key must arrive although the store refuses the end
// of the one before, by a key that was revoked. It waits, and is tried again with growing pauses.
import type { SegmentId } from '../../protocol/format/ids.ts';
import type { ShownLess } from './store-rollback.ts';
import type { KnownSegment } from '../custody/custody-segments.ts';

/** A segment of the log as far as pushing needs it. */
export type PushedSegment = Readonly<Pick<KnownSegment, 'segment' | 'lastSequence' | 'held'>>;

/** What is remembered of the store. */
export interface AcknowledgedSource {
  /** Segments in the order in which they were opened, with the newest entry that a checkpoint covers. */
  segments(): readonly PushedSegment[];
  /** The store has signed that it holds all of a segment. */
  storeHolds(segment: SegmentId): void;
  /** The store does not hold what it held of a segment: nothing is known of that one and of all after it. */
  storeLost(segment: SegmentId): void;
}

/** One thing to do: ask what is held of a segment, or send what comes after entry `held`. */
export interface AcknowledgedStep {
  readonly segment: SegmentId;
  readonly held: number | undefined;
  /** So few entries of the newest segment that a batch is better sent with those that will follow. */
  readonly isSmall: boolean;
}

/** From so many entries on a batch is not small: some 20 KiB. */
const SMALL_ENTRIES = 64;
/** Batches after one entry that the store answers with nothing, until the segment has to wait for the others. */
const REFUSALS_MAX = 2;

/** A store that shows less than it had signed for is asked so often, over at least so long: two may answer, one of which is none of ours. */
const LESS_ANSWERS = 3;
const LESS_MS = 2000;
/** ... and so long after the question before. */
const LESS_PAUSE_MS = 700;

/** The newest segment that the store had signed for, while it shows less of it. */
interface Doubt extends ShownLess {
  readonly sinceMs: number;
  readonly answers: number;
  readonly askAtMs: number;
}

/** One word of the store: when it came, monotonic, and whether it repeats the nonce of the question that was asked last. */
interface Answer {
  readonly atMs: number;
  readonly isFresh: boolean;
}

/** Batches of a segment that were sent after an entry and brought nothing. */
interface Refusals {
  readonly held: number;
  readonly count: number;
}

/** What one store acknowledged of the log of this station. */
export class Acknowledged {
  readonly #source: AcknowledgedSource;
  /** Entries that the store signed for in this connection. */
  readonly #said = new Map<SegmentId, number>();
  /** Segments of which it took nothing of late. */
  readonly #refusals = new Map<SegmentId, Refusals>();
  /** The most that the store ever signed for in this run. */
  readonly #most = new Map<SegmentId, number>();
  #doubt: Doubt | undefined;
  /** Ended segments of which it showed less since then: they are remembered as held until it is known what that means, for a start may come between. */
  readonly #shownOfEnded = new Set<SegmentId>();
  #less: ShownLess | undefined;
  /** Segments that are asked about although they count as held. */
  readonly #spots = new Set<SegmentId>();

  constructor(source: AcknowledgedSource) {
    this.#source = source;
  }

  /** The connection came or went. */
  forget(): void {
    const segments = this.#source.segments();
    const [oldest, newest] = [segments[0], segments.at(-1)];
    this.#said.clear();
    this.#refusals.clear();
    this.#spots.clear();
    if (newest !== undefined) this.#spots.add(newest.segment);
    if (oldest?.held === true) this.#spots.add(oldest.segment);
  }

  /** It shows less of our log than it had signed for, and is asked whether that is so. */
  get isDoubtful(): boolean {
    return this.#doubt !== undefined;
  }

  /** It does: it was restored from a backup. Until `forgetAcknowledged`. */
  get showsLess(): ShownLess | undefined {
    return this.#less;
  }

  /** When the question about that is due; undefined where there is none. */
  get doubtAtMs(): number | undefined {
    return this.#doubt?.askAtMs;
  }

  /** What it had signed for counts no more: it said that it was restored. */
  forgetAcknowledged(): void {
    const [oldest] = this.#source.segments();
    if (oldest !== undefined) this.#source.storeLost(oldest.segment);
    this.#most.clear();
    this.#doubt = undefined;
    this.#less = undefined;
    this.#shownOfEnded.clear();
    this.forget();
  }

  /** What is next; undefined where the store holds everything that it takes. */
  next(nowMs: number): AcknowledgedStep | undefined {
    if (this.#doubt !== undefined) {
      if (nowMs < this.#doubt.askAtMs) return undefined;
      this.#doubt = { ...this.#doubt, askAtMs: nowMs + LESS_PAUSE_MS };
      return { segment: this.#doubt.segment, held: undefined, isSmall: false };
    }
    const [spot] = this.#spots;
    if (spot !== undefined) return { segment: spot, held: undefined, isSmall: false };
    const segments = this.#source.segments();
    const open = segments.find((each) => this.#isOpen(each) && !this.#isRefused(each.segment));
    if (open === undefined) return undefined;
    const held = this.#heldOf(open);
    const mayGrow = open === segments.at(-1) && this.#less === undefined;
    const isSmall = mayGrow && open.lastSequence - (held ?? 0) < SMALL_ENTRIES;
    return { segment: open.segment, held, isSmall };
  }

  /** Whether there is a segment of which the store took nothing of late. */
  get hasRefusals(): boolean {
    return this.#refusals.size > 0;
  }

  /** One more batch of each segment that waits, or of the newest alone. */
  tryRefused(onlyNewest = false): void {
    const newest = this.#source.segments().at(-1)?.segment;
    for (const [segment, { held, count }] of this.#refusals)
      if (!onlyNewest || segment === newest)
        this.#refusals.set(segment, { held, count: Math.min(count, REFUSALS_MAX - 1) });
  }

  /** No answer came: what is held of it is asked again. True where the segment has to wait from now on. */
  doubt(segment: SegmentId): boolean {
    const held = this.#said.get(segment);
    if (held !== undefined) {
      const known = this.#refusals.get(segment);
      this.#refusals.set(segment, { held, count: known?.held === held ? known.count + 1 : 1 });
    }
    this.#said.delete(segment);
    return held !== undefined && this.#isRefused(segment);
  }

  /** The store said that it holds entries up to that one, which is ours, or none. True where that is the whole segment. */
  learned({ segment, lastSequence, held }: PushedSegment, sequence: number, answer: Answer): boolean {
    this.#answered(segment);
    this.#said.set(segment, sequence);
    if (sequence < this.#acknowledged({ segment, lastSequence, held }))
      this.#shownLess(segment, sequence, answer);
    else {
      this.#most.set(segment, sequence);
      if (this.#doubt?.segment === segment) this.#doubt = undefined;
    }
    if (sequence > (this.#refusals.get(segment)?.held ?? sequence)) this.#refusals.delete(segment);
    if (sequence >= lastSequence) this.#source.storeHolds(segment);
    else if (held) this.#shownOfEnded.add(segment);
    if (this.#doubt === undefined) {
      for (const each of this.#shownOfEnded) this.#source.storeLost(each);
      this.#shownOfEnded.clear();
    }
    return sequence >= lastSequence;
  }

  /** The store holds something else: nothing that we could send would follow it, and nothing of ours is what it holds. */
  differs(segment: SegmentId, answer: Answer): void {
    this.#answered(segment);
    this.#said.set(segment, Number.MAX_SAFE_INTEGER);
    if (this.#doubt?.segment === segment) this.#shownLess(segment, 0, answer);
  }

  /** The segment that the store says was begun last there: one after it that counts as held is looked at. */
  newestAtStore(segment: SegmentId): void {
    const segments = this.#source.segments();
    const at = segments.findIndex((each) => each.segment === segment);
    const behind = at < 0 ? undefined : segments[at + 1];
    if (behind?.held === true && !this.#said.has(behind.segment)) this.#spots.add(behind.segment);
  }

  /**
   * Of an older segment that says nothing: it may have been dropped there, or set aside. The newest one that it had signed for decides, and what it said
   * of the later ones is not true any more. Only answers to questions that were asked in doubt do: the broker may have kept any other one.
   */
  #shownLess(segment: SegmentId, shown: number, { atMs, isFresh }: Answer): void {
    const segments = this.#source.segments();
    const at = segments.findIndex((each) => each.segment === segment);
    for (const later of segments.slice(at + 1)) this.#said.delete(later.segment);
    if (this.#less !== undefined) return;
    const newest = segments.findLast((each) => this.#acknowledged(each) > 0);
    if (newest === undefined) return;
    const acknowledged = this.#acknowledged(newest);
    this.#most.set(newest.segment, acknowledged); // it counts as held no more
    const known = this.#doubt ?? { sinceMs: atMs, answers: 0, askAtMs: atMs };
    const isIt = newest.segment === segment;
    const doubt = { ...known, segment: newest.segment, acknowledged, shown: isIt ? shown : 0 };
    this.#doubt = isFresh && isIt ? { ...doubt, answers: known.answers + 1 } : doubt;
    if (this.#doubt.answers < LESS_ANSWERS || atMs - this.#doubt.sinceMs < LESS_MS) return;
    this.#less = { segment: newest.segment, acknowledged, shown };
    this.#doubt = undefined;
  }

  /** The most that the store ever signed for, in this run or of an ended segment. */
  #acknowledged({ segment, lastSequence, held }: PushedSegment): number {
    return Math.max(this.#most.get(segment) ?? 0, held ? lastSequence : 0);
  }

  #isOpen(each: PushedSegment): boolean {
    return each.lastSequence > 0 && (this.#heldOf(each) ?? -1) < each.lastSequence;
  }

  #isRefused(segment: SegmentId): boolean {
    return (this.#refusals.get(segment)?.count ?? 0) >= REFUSALS_MAX;
  }

  #answered(segment: SegmentId): void {
    this.#spots.delete(segment);
  }

  #heldOf({ segment, lastSequence, held }: PushedSegment): number | undefined {
    return this.#said.get(segment) ?? (held ? lastSequence : undefined);
  }
}
